/* miscdevice.h: devices that are alone: one number of major number 10, one file in /dev.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/device.h"

#define MISC_MAJOR         10
#define MISC_DYNAMIC_MINOR 255

/* [I] set before it is registered, or by misc_register() */
struct miscdevice {
	int minor;        /* [I] MISC_DYNAMIC_MINOR: a free one, which is stored here */
	const char *name; /* [I] */
	const struct file_operations *fops; /* [I] */
	struct device *parent;
	struct device *this_device; /* [I] set by misc_register() */
	const struct attribute_group **groups;
	const char *
		nodename; /* instead of @name, in /dev; "a/b" is in a directory there. NULL: the same */
	umode_t mode;     /* 0: 0600 */
	struct list_head list;
};

/*
 * misc_register - @misc is there, and opening its file calls its functions: file->private_data is @misc at first. Its open() is
 *   called under the mutex that these two take.
 * misc_deregister - not any more. Sleep. Thread context. Return 0, or -EBUSY (the number is taken), -EEXIST, -ENOMEM.
 */
int misc_register(struct miscdevice *misc);
void misc_deregister(struct miscdevice *misc);

#define module_misc_device(misc)                                                                   \
	static int __init misc##_init(void)                                                        \
	{                                                                                          \
		return misc_register(&(misc));                                                     \
	}                                                                                          \
	module_init(misc##_init);                                                                  \
	static void __exit misc##_exit(void)                                                       \
	{                                                                                          \
		misc_deregister(&(misc));                                                          \
	}                                                                                          \
	module_exit(misc##_exit)
