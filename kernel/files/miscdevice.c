/* miscdevice.c: the devices of major number 10.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/miscdevice.h"

#include "kernel/base/hooks.h"
#include "kernel/files/chrdev.h"
#include "kernel/files/file.h"
#include "kernel/locking/sleep/mutex.h"
#include "lib/err.h"

/* Linux gives the free ones below it, downwards. */
#define DYNAMIC_MINORS 128

static DEFINE_MUTEX(lock);
static LIST_HEAD(miscs); /* under lock */
static struct class misc_class = { .name = "misc" };

/* The caller holds lock. */
static struct miscdevice *find(int minor)
{
	struct miscdevice *misc;

	list_for_each_entry(misc, &miscs, list) {
		if (misc->minor == minor)
			return misc;
	}
	return NULL;
}

/* On behalf of the module's open(): hand it the device. */
static int misc_open(struct inode *inode, struct file *file)
{
	const struct file_operations *fops;
	struct miscdevice *misc;
	int error;

	mutex_lock(&lock);
	misc = find((int)iminor(inode));
	fops = misc ? misc->fops : NULL;
	if (!fops || !try_module_get(fops->owner))
		fops = NULL;
	mutex_unlock(&lock);
	if (!fops)
		return -ENODEV;
	file->private_data = misc;
	file->f_op = fops;
	error = fops->open ? fops->open(inode, file) : 0;
	if (error)
		module_put(fops->owner);
	return error;
}

static const struct file_operations misc_fops = { .open = misc_open };

/* With the first device: the numbers and the class. The caller holds lock. */
static int misc_begin(void)
{
	int error;

	if (!list_empty(&miscs))
		return 0;
	error = register_chrdev(MISC_MAJOR, "misc", &misc_fops);
	if (error)
		return error;
	error = class_register(&misc_class);
	if (error)
		unregister_chrdev(MISC_MAJOR, "misc");
	return error;
}

/* With the last. The caller holds lock. */
static void misc_end(void)
{
	if (!list_empty(&miscs))
		return;
	class_unregister(&misc_class);
	unregister_chrdev(MISC_MAJOR, "misc");
}

/* The caller holds lock. */
static int take_minor(struct miscdevice *misc)
{
	int minor = DYNAMIC_MINORS - 1;

	if (misc->minor != MISC_DYNAMIC_MINOR)
		return find(misc->minor) ? -EBUSY : 0;
	while (minor >= 0 && find(minor))
		minor--;
	misc->minor = minor;
	return minor < 0 ? -EBUSY : 0;
}

static umode_t mode_of(const struct miscdevice *misc)
{
	return misc->mode ?: 0600;
}

static char *misc_devnode(struct device *dev, umode_t *mode)
{
	*mode = mode_of(dev_get_drvdata(dev));
	return NULL;
}

static int add_device(struct miscdevice *misc, unsigned long made_at)
{
	struct device *dev;
	int error;

	dev = device_create_with_groups(&misc_class, misc->parent, 0, misc, misc->groups, "%s",
					misc->name);
	if (IS_ERR(dev))
		return (int)PTR_ERR(dev);
	device_del(dev);
	dev->devt = MKDEV(MISC_MAJOR, (unsigned int)misc->minor);
	error = device_add_at(dev, "misc_deregister()", made_at);
	if (error)
		put_device(dev);
	misc->this_device = dev;
	return error;
}

int misc_register(struct miscdevice *misc)
{
	bool dynamic = misc->minor == MISC_DYNAMIC_MINOR;
	int error;

	mutex_lock(&lock);
	misc_class.devnode = misc_devnode;
	error = misc_begin();
	if (!error) {
		error = take_minor(misc) ?: add_device(misc, _RET_IP_);
		if (!error)
			list_add(&misc->list, &miscs);
		else
			misc_end();
	}
	if (error && dynamic)
		misc->minor = MISC_DYNAMIC_MINOR;
	mutex_unlock(&lock);
	return error;
}

void misc_deregister(struct miscdevice *misc)
{
	mutex_lock(&lock);
	list_del(&misc->list);
	device_unregister(misc->this_device);
	misc_end();
	mutex_unlock(&lock);
}
