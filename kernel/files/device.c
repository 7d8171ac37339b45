/* device.c: devices and classes.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/device.h"

#include "kernel/base/hooks.h"
#include "kernel/core/panic.h"
#include "kernel/locking/sleep/mutex.h"
#include "lib/err.h"
#include "lib/string.h"

static DEFINE_MUTEX(lock);
static LIST_HEAD(devices); /* under lock: those that were added */

/* The tops of the directories of classes, and of devices without. */
static struct kobject sys_class = { .name = "class", .path = "/sys/class", .kref = KREF_INIT(1) };
static struct kobject sys_devices = { .name = "devices",
				      .path = "/sys/devices",
				      .kref = KREF_INIT(1) };

/* ---- Classes ---- */

static void class_free(struct kobject *kobj)
{
	struct class *class = container_of(kobj, struct class, kobj);

	if (class->class_release)
		class->class_release(class);
}

static ssize_t class_show(struct kobject *kobj, struct attribute *attr, char *to)
{
	struct class_attribute *own = container_of(attr, struct class_attribute, attr);

	return own->show ? own->show(container_of(kobj, struct class, kobj), own, to) : -EIO;
}

static ssize_t class_store(struct kobject *kobj, struct attribute *attr, const char *from,
			   size_t size)
{
	struct class_attribute *own = container_of(attr, struct class_attribute, attr);

	return own->store ? own->store(container_of(kobj, struct class, kobj), own, from, size) :
			    -EIO;
}

static const struct sysfs_ops class_ops = { .show = class_show, .store = class_store };
static const struct kobj_type class_type = { .release = class_free, .sysfs_ops = &class_ops };

int class_create_file(struct class *class, const struct class_attribute *attr)
{
	return sysfs_create_file(&class->kobj, &attr->attr);
}

void class_remove_file(struct class *class, const struct class_attribute *attr)
{
	sysfs_remove_file(&class->kobj, &attr->attr);
}

static int class_add(struct class *class, const char *undo, unsigned long made_at)
{
	int error;

	class->kobj = (struct kobject){ .parent = &sys_class }; // It may be its second time.
	kobject_init(&class->kobj, &class_type);
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

bool device_remove_file_self(struct device *dev, const struct device_attribute *attr)
{
	return sysfs_remove_file_self(&dev->kobj, &attr->attr);
}

static const struct sysfs_ops device_ops = { .show = device_show, .store = device_store };

/* ---- Devices ---- */

static void device_free(struct kobject *kobj)
{
	struct device *dev = container_of(kobj, struct device, kobj);

	devres_release_all(dev);
	if (dev->release)
		dev->release(dev);
	else if (dev->class && dev->class->dev_release)
		dev->class->dev_release(dev);
	else
		warn_report("Device '%s' does not have a release() function, it is broken and must "
			    "be fixed",
			    kobject_name(kobj));
}

static const struct kobj_type device_type = { .release = device_free, .sysfs_ops = &device_ops };

void device_initialize(struct device *dev)
{
	kobject_init(&dev->kobj, &device_type);
	mutex_init(&dev->mutex);
	lockdep_set_novalidate_class(&dev->mutex);
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
	char *name = NULL;

	if (!dev->devt)
		return 0;
	if (dev->class && dev->class->devnode)
		name = dev->class->devnode(dev, &info.mode);
	info.mode |= S_IFCHR;
	node = node_add("/dev", name ?: kobject_name(&dev->kobj), &info);
	kfree(name);
	if (IS_ERR(node))
		return (int)PTR_ERR(node);
	dev->node = node;
	return 0;
}

static struct kobject *parent_of(const struct device *dev)
{
	if (dev->class)
		return &dev->class->kobj;
	return dev->parent ? &dev->parent->kobj : &sys_devices;
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
		dev->kobj.parent = parent_of(dev);
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

static struct device *create(const struct device *like, const char *name, va_list args,
			     unsigned long made_at)
{
	struct device *dev;
	int error;

	if (IS_ERR_OR_NULL(like->class))
		return ERR_PTR(-ENODEV);
	dev = kmalloc(sizeof(*dev), GFP_KERNEL);
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
	const struct device like = {
		.class = class, .parent = parent, .devt = devt, .driver_data = data
	};
	struct device *dev;
	va_list args;

	va_start(args, name);
	dev = create(&like, name, args, _RET_IP_);
	va_end(args);
	return dev;
}

struct device *device_create_with_groups(struct class *class, struct device *parent, dev_t devt,
					 void *data, const struct attribute_group **groups,
					 const char *name, ...)
{
	const struct device like = { .class = class,
				     .parent = parent,
				     .devt = devt,
				     .driver_data = data,
				     .groups = groups };
	struct device *dev;
	va_list args;

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
