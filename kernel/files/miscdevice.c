/* miscdevice.c: the devices of major number 10.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/miscdevice.h"

#include "kernel/base/hooks.h"
#include "kernel/core/kstrdup.h"
#include "kernel/files/chrdev.h"
#include "kernel/files/file.h"
#include "kernel/locking/sleep/mutex.h"
#include "lib/err.h"

/* Linux gives the free ones below it, downwards. */
#define DYNAMIC_MINORS 128

static DEFINE_MUTEX(misc_mtx); /* Linux's name: a module meets it in reports of lock orders */
static LIST_HEAD(miscs);       /* under misc_mtx */
static struct class misc_class = { .name = "misc" };

/* The caller holds misc_mtx. */
static struct miscdevice *find(int minor)
{
	struct miscdevice *misc;

	list_for_each_entry(misc, &miscs, list) {
		if (misc->minor == minor)
			return misc;
	}
	return NULL;
}

/*
 * On behalf of the module's open(): hand it the device. As on Linux it is called with misc_mtx held, so that the device is not
 * deregistered meanwhile; and so a module's open() must not register one, nor take a lock under which it does.
 */
static int misc_open(struct inode *inode, struct file *file)
{
	const struct file_operations *fops;
	struct miscdevice *misc;
	int error = -ENODEV;

	mutex_lock(&misc_mtx);
	misc = find((int)iminor(inode));
	fops = misc ? fops_get(misc->fops) : NULL;
	if (fops) {
		file->private_data = misc;
		replace_fops(file, fops);
		error = fops->open ? fops->open(inode, file) : 0;
	}
	mutex_unlock(&misc_mtx);
	return error;
}

static const struct file_operations misc_fops = { .open = misc_open };

/* With the first device: the numbers and the class. The caller holds misc_mtx. */
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

/* With the last. The caller holds misc_mtx. */
static void misc_end(void)
{
	if (!list_empty(&miscs))
		return;
	class_unregister(&misc_class);
	unregister_chrdev(MISC_MAJOR, "misc");
}

/* The caller holds misc_mtx. */
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

static char *misc_devnode(struct device *dev, umode_t *mode)
{
	const struct miscdevice *misc = dev_get_drvdata(dev);

	*mode = misc->mode ?: 0600;
	return misc->nodename ? kstrdup(misc->nodename, GFP_KERNEL) : NULL;
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

	mutex_lock(&misc_mtx);
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
	mutex_unlock(&misc_mtx);
	return error;
}

void misc_deregister(struct miscdevice *misc)
{
	mutex_lock(&misc_mtx);
	list_del(&misc->list);
	device_unregister(misc->this_device);
	misc_end();
	mutex_unlock(&misc_mtx);
}
