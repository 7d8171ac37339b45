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

struct file_operations;
struct module;

/* [I] set by cdev_add()  [l] under chrdev.c's lock */
struct cdev {
	struct kobject kobj;
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
 * register_chrdev - reserve the minor numbers 0..255 of @major, or of a free one if that is 0, for @fops.
 * unregister_chrdev - take that back. Sleep. Thread context.
 * Return 0, or -EBUSY (reserved already), -EINVAL, -ENOMEM; register_chrdev(0) the major number.
 */
int register_chrdev_region(dev_t first, unsigned int count, const char *name);
int alloc_chrdev_region(dev_t *first, unsigned int minor, unsigned int count, const char *name);
void unregister_chrdev_region(dev_t first, unsigned int count);
int register_chrdev(unsigned int major, const char *name, const struct file_operations *fops);
void unregister_chrdev(unsigned int major, const char *name);

/*
 * cdev_init - of the caller's memory; cdev_alloc - in memory of its own, NULL if there is none. cdev_add - from now on
 *   opening one of @count numbers from @first on calls @cdev's functions. cdev_del - not any more.
 * Sleep. Thread context. cdev_add() returns 0, or -EBUSY as Linux 6.1 does for numbers of another's.
 */
void cdev_init(struct cdev *cdev, const struct file_operations *fops);
struct cdev *cdev_alloc(void);
int cdev_add(struct cdev *cdev, dev_t first, unsigned int count);
void cdev_del(struct cdev *cdev);

/* chrdev_find - the driver of @device, or NULL. Its module may go: try_module_get(). Sleeps. */
struct cdev *chrdev_find(dev_t device);

/* chrdev_number - the first number reserved as @name; 0: none is. Sleeps. */
dev_t chrdev_number(const char *name);

/*
 * chrdev_walk - call @look for each reserved range and added device: @undo is the function that takes it back. Sleeps.
 */
void chrdev_walk(void (*look)(dev_t first, const char *name, unsigned long made_at,
			      const char *undo, void *arg),
		 void *arg);
