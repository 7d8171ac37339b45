/* simple_attr.h: files that hold one number, read and written by a function.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/file.h"

/*
 * simple_attr_open - for an open() to call: @get reads the number of inode->i_private, @set writes it, @format prints it.
 * simple_attr_read, simple_attr_write, simple_attr_release - for the file's operations.
 * Sleep. Thread context. Return 0 or the size; -ENOMEM, -EACCES (NULL was given for it), -EINVAL, -EFAULT, or the function's error.
 */
int simple_attr_open(struct inode *inode, struct file *file, int (*get)(void *data, u64 *value),
		     int (*set)(void *data, u64 value), const char *format);
ssize_t simple_attr_read(struct file *file, char __user *to, size_t size, loff_t *pos);
ssize_t simple_attr_write(struct file *file, const char __user *from, size_t size, loff_t *pos);
int simple_attr_release(struct inode *inode, struct file *file);

/* File operations @fops of such a file. */
#define DEFINE_SIMPLE_ATTRIBUTE(fops, get, set, format)                                            \
	static int fops##_open(struct inode *inode, struct file *file)                             \
	{                                                                                          \
		return simple_attr_open(inode, file, get, set, format);                            \
	}                                                                                          \
	static const struct file_operations fops = { .owner = THIS_MODULE,                         \
						     .open = fops##_open,                          \
						     .release = simple_attr_release,               \
						     .read = simple_attr_read,                     \
						     .write = simple_attr_write,                   \
						     .llseek = default_llseek }
