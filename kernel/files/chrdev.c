/* chrdev.c: the numbers of character devices.
 * SPDX-License-Identifier: MIT
 *
 * Two lists under a mutex: ranges that are reserved, and drivers of ranges. The tables that Linux has for speed
 * would be longer than the lists.
 */
#include "kernel/files/chrdev.h"

#include "kernel/base/hooks.h"
#include "kernel/core/slab.h"
#include "kernel/files/device.h"
#include "kernel/files/file.h"
#include "kernel/files/node.h"
#include "kernel/locking/sleep/mutex.h"
#include "lib/err.h"
#include "lib/string.h"

#define MAJOR_MAX 511
/* Where Linux looks for a free major number: downwards in the first range, then in the second. */
#define DYNAMIC_FIRST 254
#define DYNAMIC_LAST  234
#define DYNAMIC_MORE  384

/* [I] but for the lists, under lock */
struct region {
	struct list_head list;
	dev_t first;
	unsigned int count;
	char name[64];
	struct cdev *cdev; /* register_chrdev()'s own, or NULL */
	unsigned long made_at;
	const char *undo;
};

static DEFINE_MUTEX(lock);
static LIST_HEAD(regions); /* under lock */
static LIST_HEAD(cdevs);   /* under lock */

static bool overlap(dev_t a, unsigned int a_count, dev_t b, unsigned int b_count)
{
	return (u64)a < (u64)b + b_count && (u64)b < (u64)a + a_count;
}

/* ---- Ranges ---- */

/* The caller holds lock. */
static bool is_reserved(dev_t first, unsigned int count)
{
	const struct region *region;

	list_for_each_entry(region, &regions, list) {
		if (overlap(region->first, region->count, first, count))
			return true;
	}
	return false;
}

/* The caller holds lock. Returns a major number none of whose minor numbers is reserved, or 0. */
static unsigned int free_major(void)
{
	for (unsigned int major = DYNAMIC_FIRST; major >= DYNAMIC_LAST; major--) {
		if (!is_reserved(MKDEV(major, 0), MINORMASK + 1))
			return major;
	}
	for (unsigned int major = MAJOR_MAX; major >= DYNAMIC_MORE; major--) {
		if (!is_reserved(MKDEV(major, 0), MINORMASK + 1))
			return major;
	}
	return 0;
}

/* Reserve what @new says; with major number 0, in a free one. */
static int reserve(struct region *new)
{
	int error = 0;

	if (MAJOR(new->first) > MAJOR_MAX || new->count > MINORMASK + 1 - MINOR(new->first)) {
		kfree(new);
		return -EINVAL;
	}
	mutex_lock(&lock);
	if (!MAJOR(new->first))
		new->first |= MKDEV(free_major(), 0);
	if (!MAJOR(new->first) || is_reserved(new->first, new->count))
		error = -EBUSY;
	else
		list_add_tail(&new->list, &regions);
	mutex_unlock(&lock);
	if (error)
		kfree(new);
	return error;
}

static struct region *region_of(dev_t first, unsigned int count, const char *name)
{
	struct region *region = kmalloc(sizeof(*region), GFP_KERNEL);

	if (region) {
		*region = (struct region){ .first = first, .count = count };
		strscpy(region->name, name, sizeof(region->name));
	}
	return region;
}

int register_chrdev_region(dev_t first, unsigned int count, const char *name)
{
	struct region *region = region_of(first, count, name);

	if (!region)
		return -ENOMEM;
	if (!MAJOR(first)) {
		kfree(region);
		return -EINVAL;
	}
	region->made_at = _RET_IP_;
	region->undo = "unregister_chrdev_region()";
	return reserve(region);
}

int alloc_chrdev_region(dev_t *first, unsigned int minor, unsigned int count, const char *name)
{
	struct region *region = region_of(MKDEV(0, minor), count, name);
	int error;

	if (!region)
		return -ENOMEM;
	region->made_at = _RET_IP_;
	region->undo = "unregister_chrdev_region()";
	error = reserve(region);
	if (!error)
		*first = region->first;
	return error;
}

void unregister_chrdev_region(dev_t first, unsigned int count)
{
	struct region *region, *next;
	LIST_HEAD(gone);

	mutex_lock(&lock);
	list_for_each_entry_safe(region, next, &regions, list) {
		if (region->first == first && region->count == count)
			list_move(&region->list, &gone);
	}
	mutex_unlock(&lock);
	list_for_each_entry_safe(region, next, &gone, list)
		kfree(region);
}

/* ---- Drivers ---- */

static void cdev_release(struct kobject *kobj)
{
	kobject_put(kobj->parent);
}

static void cdev_free(struct kobject *kobj)
{
	kobject_put(kobj->parent);
	kfree(container_of(kobj, struct cdev, kobj));
}

static const struct kobj_type cdev_type = { .release = cdev_release };
static const struct kobj_type cdev_dynamic_type = { .release = cdev_free };

void cdev_init(struct cdev *cdev, const struct file_operations *fops)
{
	*cdev = (struct cdev){ .ops = fops };
	kobject_init(&cdev->kobj, &cdev_type);
	INIT_LIST_HEAD(&cdev->list);
}

struct cdev *cdev_alloc(void)
{
	struct cdev *cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);

	if (cdev) {
		kobject_init(&cdev->kobj, &cdev_dynamic_type);
		INIT_LIST_HEAD(&cdev->list);
	}
	return cdev;
}

static int add(struct cdev *cdev, dev_t first, unsigned int count, unsigned long made_at)
{
	if (!count)
		return -EINVAL;
	kobject_get(cdev->kobj.parent);
	mutex_lock(&lock);
	cdev->dev = first;
	cdev->count = count;
	cdev->made_at = made_at;
	list_add_tail(&cdev->list, &cdevs);
	mutex_unlock(&lock);
	return 0;
}

int cdev_add(struct cdev *cdev, dev_t first, unsigned int count)
{
	return add(cdev, first, count, _RET_IP_);
}

void cdev_del(struct cdev *cdev)
{
	mutex_lock(&lock);
	if (cdev->count)
		list_del_init(&cdev->list);
	cdev->count = 0;
	mutex_unlock(&lock);
	kobject_put(&cdev->kobj);
}

void cdev_set_parent(struct cdev *cdev, struct kobject *parent)
{
	cdev->kobj.parent = parent;
}

int cdev_device_add(struct cdev *cdev, struct device *dev)
{
	int error;

	if (dev->devt) {
		cdev_set_parent(cdev, &dev->kobj);
		error = add(cdev, dev->devt, 1, 0); // The device says who has made it.
		if (error)
			return error;
	}
	error = device_add_at(dev, "cdev_device_del()", _RET_IP_);
	if (error && dev->devt)
		cdev_del(cdev);
	return error;
}

void cdev_device_del(struct cdev *cdev, struct device *dev)
{
	device_del(dev);
	if (dev->devt)
		cdev_del(cdev);
}

struct cdev *chrdev_get(dev_t device)
{
	struct cdev *cdev, *found = NULL;

	mutex_lock(&lock);
	list_for_each_entry(cdev, &cdevs, list) {
		if (overlap(cdev->dev, cdev->count, device, 1))
			found = cdev;
	}
	if (found && try_module_get(found->owner))
		kobject_get(&found->kobj);
	else
		found = NULL;
	mutex_unlock(&lock);
	return found;
}

void cdev_put(struct cdev *cdev)
{
	struct module *owner = cdev->owner;

	kobject_put(&cdev->kobj);
	module_put(owner);
}

/* ---- Both at once ---- */

int __register_chrdev(unsigned int major, unsigned int minor, unsigned int count, const char *name,
		      const struct file_operations *fops)
{
	struct region *region = region_of(MKDEV(major, minor), count, name);
	struct cdev *cdev = cdev_alloc();
	int error = -ENOMEM;

	if (!region || !cdev) {
		kfree(region);
	} else {
		region->made_at = _RET_IP_;
		region->undo = "unregister_chrdev()";
		region->cdev = cdev;
		error = reserve(region);
	}
	if (error) {
		kfree(cdev);
		return error;
	}
	cdev->owner = fops->owner;
	cdev->ops = fops;
	error = add(cdev, region->first, count, 0); // The range says who has made it.
	return error ?: major ? 0 : (int)MAJOR(region->first);
}

void __unregister_chrdev(unsigned int major, unsigned int minor, unsigned int count,
			 const char *name)
{
	struct cdev *cdev = NULL;
	struct region *region;

	mutex_lock(&lock);
	list_for_each_entry(region, &regions, list) {
		if (region->first == MKDEV(major, minor) && region->count == count)
			cdev = region->cdev;
	}
	mutex_unlock(&lock);
	if (cdev)
		cdev_del(cdev);
	unregister_chrdev_region(MKDEV(major, minor), count);
}

/* ---- For those who look ---- */

dev_t chrdev_number(const char *name)
{
	const struct region *region;
	dev_t number = 0;

	mutex_lock(&lock);
	list_for_each_entry(region, &regions, list) {
		if (!number && !strcmp(region->name, name))
			number = region->first;
	}
	mutex_unlock(&lock);
	return number;
}

void chrdev_walk(void (*look)(dev_t first, const char *name, unsigned long made_at,
			      const char *undo, void *arg),
		 void *arg)
{
	const struct region *region;
	const struct cdev *cdev;

	mutex_lock(&lock);
	list_for_each_entry(region, &regions, list)
		look(region->first, region->name, region->made_at, region->undo, arg);
	list_for_each_entry(cdev, &cdevs, list)
		look(cdev->dev, "", cdev->made_at, "cdev_del()", arg);
	mutex_unlock(&lock);
}
