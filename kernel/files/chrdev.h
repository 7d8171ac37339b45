/* chrdev.h: character devices: numbers that a module reserves, and the functions behind them.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. Numbers are reserved first: register_chrdev_region() or alloc_chrdev_region(). cdev_add() says what
 *      opening one of them calls. register_chrdev() does both, for a whole major number.
 *   2. That makes no file: device_create() does (device.h), or mknod. OPS= may open /dev/NAME even so, with
 *      the name that the numbers were reserved for.
 */
#pragma once

#include "kernel/files/kobject.h"

struct device;
struct file_operations;
struct module;

/* [I] set by cdev_add()  [l] under chrdev.c's lock */
struct cdev {
	struct kobject kobj; /* without a name: its references are the files that are open */
	struct module *owner;
	const struct file_operations *ops;
	struct list_head list;
	dev_t dev;             /* [I] */
	unsigned int count;    /* [l] how many numbers; 0: not added */
	unsigned long made_at; /* [I] */
};

/*
 * register_chrdev_region - reserve @count numbers from @first on. alloc_chrdev_region - of a major number that is free;
 *   the first is stored to *@first. unregister_chrdev_region - give them back.
 *   @name is copied.
 * register_chrdev - reserve the minor numbers 0..255 of @major, or of a free one if that is 0, for @fops. __register_chrdev - @count
 *   of them from @minor on. unregister_chrdev, __unregister_chrdev - take that back. Sleep. Thread context.
 * Return 0, or -EBUSY (reserved already), -EINVAL, -ENOMEM; register_chrdev(0) the major number.
 */
int register_chrdev_region(dev_t first, unsigned int count, const char *name);
int alloc_chrdev_region(dev_t *first, unsigned int minor, unsigned int count, const char *name);
void unregister_chrdev_region(dev_t first, unsigned int count);
int __register_chrdev(unsigned int major, unsigned int minor, unsigned int count, const char *name,
		      const struct file_operations *fops);
void __unregister_chrdev(unsigned int major, unsigned int minor, unsigned int count,
			 const char *name);
#define register_chrdev(major, name, fops) __register_chrdev((major), 0, 256, (name), (fops))
#define unregister_chrdev(major, name)     __unregister_chrdev((major), 0, 256, (name))

/*
 * cdev_init - of the caller's memory; cdev_alloc - in memory of its own, NULL if there is none. cdev_add - from now on
 *   opening one of @count numbers from @first on calls @cdev's functions. cdev_del - not any more; files that are open go on, and
 *   have references to it.
 * cdev_set_parent - @cdev lies in what @parent is of: it has a reference to that as long as there are any to itself.
 * cdev_device_add - cdev_add() for @dev's number and device_add(), @dev being the parent; cdev_device_del - both back.
 * Sleep. Thread context. Return 0, or -EINVAL (no number), or as device_add(). That the numbers are reserved nobody
 * looks at, as on Linux; of two drivers with the same number the last one has it.
 */
void cdev_init(struct cdev *cdev, const struct file_operations *fops);
struct cdev *cdev_alloc(void);
int cdev_add(struct cdev *cdev, dev_t first, unsigned int count);
void cdev_del(struct cdev *cdev);
void cdev_set_parent(struct cdev *cdev, struct kobject *parent);
int cdev_device_add(struct cdev *cdev, struct device *dev);
void cdev_device_del(struct cdev *cdev, struct device *dev);

/*
 * chrdev_get - the driver of @device, with a reference to it and its module, which cdev_put() gives back; NULL: there is
 *   none, or it goes. Sleep. Thread context.
 */
struct cdev *chrdev_get(dev_t device);
void cdev_put(struct cdev *cdev);

/* chrdev_number - the first number reserved as @name; 0: none is. Sleeps. */
dev_t chrdev_number(const char *name);

/*
 * chrdev_walk - call @look for each reserved range and added device: @undo is the function that takes it back. Sleeps.
 */
void chrdev_walk(void (*look)(dev_t first, const char *name, unsigned long made_at,
			      const char *undo, void *arg),
		 void *arg);
