/* device.c: devices and classes.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/device.h"

#include "kernel/base/hooks.h"
#include "kernel/core/kstrdup.h"
#include "kernel/locking/sleep/mutex.h"
#include "lib/err.h"
#include "lib/string.h"

static DEFINE_MUTEX(lock);
static LIST_HEAD(devices); /* under lock: those that were added */

/* The top of the directories of classes. */
static struct kobject sys_class = { .name = "class", .path = "/sys/class", .kref = KREF_INIT(1) };

/* ---- Classes ---- */

static void class_free(struct kobject *kobj)
{
	struct class *class = container_of(kobj, struct class, kobj);

	if (class->class_release)
		class->class_release(class);
}

static const struct kobj_type class_type = { .release = class_free };

static int class_add(struct class *class, const char *undo, unsigned long made_at)
{
	int error;

	kobject_init(&class->kobj, &class_type);
	class->kobj.parent = &sys_class;
	error = kobject_set_name(&class->kobj, "%s", class->name) ?:
			kobject_add_at(&class->kobj, undo, made_at);
	return error ?: sysfs_create_groups(&class->kobj, class->class_groups);
}

int class_register(struct class *class)
{
	return class_add(class, "class_unregister()", _RET_IP_);
}

void class_unregister(struct class *class)
{
	kobject_put(&class->kobj);
}

static void created_class_free(struct class *class)
{
	kfree(class);
}

struct class *class_create(struct module *owner, const char *name)
{
	struct class *class = kzalloc(sizeof(*class), GFP_KERNEL);
	int error;

	if (!class)
		return ERR_PTR(-ENOMEM);
	class->name = name;
	class->owner = owner;
	class->class_release = created_class_free;
	error = class_add(class, "class_destroy()", _RET_IP_);
	if (error) {
		class_unregister(class);
		return ERR_PTR(error);
	}
	return class;
}

void class_destroy(struct class *class)
{
	if (!IS_ERR_OR_NULL(class))
		class_unregister(class);
}

/* ---- Attributes ---- */

static ssize_t device_show(struct kobject *kobj, struct attribute *attr, char *to)
{
	struct device_attribute *own = container_of(attr, struct device_attribute, attr);

	return own->show ? own->show(container_of(kobj, struct device, kobj), own, to) : -EIO;
}

static ssize_t device_store(struct kobject *kobj, struct attribute *attr, const char *from,
			    size_t size)
{
	struct device_attribute *own = container_of(attr, struct device_attribute, attr);

	return own->store ? own->store(container_of(kobj, struct device, kobj), own, from, size) :
			    -EIO;
}

int device_create_file(struct device *dev, const struct device_attribute *attr)
{
	return sysfs_create_file(&dev->kobj, &attr->attr);
}

void device_remove_file(struct device *dev, const struct device_attribute *attr)
{
	sysfs_remove_file(&dev->kobj, &attr->attr);
}

static const struct sysfs_ops device_ops = { .show = device_show, .store = device_store };

/* ---- Devices ---- */

static void free_managed(struct device *dev)
{
	struct list_head *each, *next;

	list_for_each_safe(each, next, &dev->managed)
		kfree(each);
	INIT_LIST_HEAD(&dev->managed);
}

static void device_free(struct kobject *kobj)
{
	struct device *dev = container_of(kobj, struct device, kobj);

	free_managed(dev);
	if (dev->release)
		dev->release(dev);
	else if (dev->class && dev->class->dev_release)
		dev->class->dev_release(dev);
}

static const struct kobj_type device_type = { .release = device_free, .sysfs_ops = &device_ops };

void device_initialize(struct device *dev)
{
	kobject_init(&dev->kobj, &device_type);
	INIT_LIST_HEAD(&dev->list);
	INIT_LIST_HEAD(&dev->managed);
}

int dev_set_name(struct device *dev, const char *name, ...)
{
	va_list args;
	int error;

	va_start(args, name);
	error = kobject_set_name_vargs(&dev->kobj, name, args);
	va_end(args);
	return error;
}

/* Make the file in /dev. */
static int make_node(struct device *dev, const char *undo, unsigned long made_at)
{
	struct node_info info = {
		.mode = 0600, .device = dev->devt, .undo = undo, .made_at = made_at
	};
	struct dentry *node;

	if (!dev->devt)
		return 0;
	if (dev->class && dev->class->devnode)
		kfree(dev->class->devnode(dev, &info.mode));
	info.mode |= S_IFCHR;
	node = node_add("/dev", kobject_name(&dev->kobj), &info);
	if (IS_ERR(node))
		return (int)PTR_ERR(node);
	dev->node = node;
	return 0;
}

int device_add_at(struct device *dev, const char *undo, unsigned long made_at)
{
	int error;

	if (dev->init_name && dev_set_name(dev, "%s", dev->init_name))
		return -ENOMEM;
	dev->init_name = NULL;
	if (!dev->kobj.name)
		return -EINVAL;
	if (!dev->kobj.parent)
		dev->kobj.parent = dev->class ? &dev->class->kobj : NULL;
	error = kobject_add_at(&dev->kobj, undo, dev->devt ? 0 : made_at);
	if (!error && dev->class)
		error = sysfs_create_groups(&dev->kobj, dev->class->dev_groups);
	error = error ?: sysfs_create_groups(&dev->kobj, dev->groups);
	error = error ?: make_node(dev, undo, made_at);
	if (error) {
		kobject_del(&dev->kobj);
		return error;
	}
	mutex_lock(&lock);
	list_add_tail(&dev->list, &devices);
	mutex_unlock(&lock);
	return 0;
}

int device_add(struct device *dev)
{
	return device_add_at(dev, "device_del()", _RET_IP_);
}

int device_register(struct device *dev)
{
	device_initialize(dev);
	return device_add_at(dev, "device_unregister()", _RET_IP_);
}

void device_del(struct device *dev)
{
	mutex_lock(&lock);
	list_del_init(&dev->list);
	mutex_unlock(&lock);
	if (dev->node)
		node_remove(dev->node);
	dev->node = NULL;
	kobject_del(&dev->kobj);
}

struct device *get_device(struct device *dev)
{
	if (dev)
		kobject_get(&dev->kobj);
	return dev;
}

void put_device(struct device *dev)
{
	if (dev)
		kobject_put(&dev->kobj);
}

void device_unregister(struct device *dev)
{
	device_del(dev);
	put_device(dev);
}

static void created_device_free(struct device *dev)
{
	kfree(dev);
}

static struct device *create(struct device *like, const char *name, va_list args,
			     unsigned long made_at)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	int error;

	if (!dev)
		return ERR_PTR(-ENOMEM);
	*dev = *like;
	dev->release = created_device_free;
	device_initialize(dev);
	error = kobject_set_name_vargs(&dev->kobj, name, args) ?:
			device_add_at(dev, "device_destroy()", made_at);
	if (error) {
		put_device(dev);
		return ERR_PTR(error);
	}
	return dev;
}

struct device *device_create(struct class *class, struct device *parent, dev_t devt, void *data,
			     const char *name, ...)
{
	struct device like = { .class = class, .parent = parent, .devt = devt, .driver_data = data };
	struct device *dev;
	va_list args;

	if (IS_ERR_OR_NULL(class))
		return ERR_PTR(-ENODEV);
	va_start(args, name);
	dev = create(&like, name, args, _RET_IP_);
	va_end(args);
	return dev;
}

struct device *device_create_with_groups(struct class *class, struct device *parent, dev_t devt,
					 void *data, const struct attribute_group **groups,
					 const char *name, ...)
{
	struct device like = { .class = class,
			       .parent = parent,
			       .devt = devt,
			       .driver_data = data,
			       .groups = groups };
	struct device *dev;
	va_list args;

	if (IS_ERR_OR_NULL(class))
		return ERR_PTR(-ENODEV);
	va_start(args, name);
	dev = create(&like, name, args, _RET_IP_);
	va_end(args);
	return dev;
}

void device_destroy(struct class *class, dev_t devt)
{
	struct device *dev, *found = NULL;

	mutex_lock(&lock);
	list_for_each_entry(dev, &devices, list) {
		if (dev->class == class && dev->devt == devt)
			found = dev;
	}
	mutex_unlock(&lock);
	if (found)
		device_unregister(found);
}

const char *dev_driver_string(const struct device *dev)
{
	if (dev->driver)
		return dev->driver->name;
	if (dev->bus)
		return dev->bus->name;
	return dev->class ? dev->class->name : "";
}

/* ---- Memory that goes with a device: a list's head in front of each piece ---- */

void *devm_kmalloc(struct device *dev, size_t size, gfp_t flags)
{
	struct list_head *piece = kmalloc(sizeof(*piece) + size, flags);

	if (!piece)
		return NULL;
	mutex_lock(&lock);
	list_add(piece, &dev->managed);
	mutex_unlock(&lock);
	return piece + 1;
}

void devm_kfree(struct device *dev, const void *memory)
{
	struct list_head *piece = (struct list_head *)memory - 1;

	mutex_lock(&lock);
	list_del(piece);
	mutex_unlock(&lock);
	kfree(piece);
}

char *devm_kstrdup(struct device *dev, const char *string, gfp_t flags)
{
	char *copy = string ? devm_kmalloc(dev, strlen(string) + 1, flags) : NULL;

	return copy ? strcpy(copy, string) : NULL;
}
