/* node.h: the names that modules give to files: /dev/..., /proc/..., /sys/...
 * SPDX-License-Identifier: MIT
 *
 * A node is a dentry: Linux has a name and an inode, which may have several; here each has one. Who finds a node has
 * a reference, and so has each open file: a name may go while a file is open.
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/core/kref.h"
#include "lib/list.h"
#include "lib/types.h"

struct cdev;
struct file;
struct file_operations;

#define S_IFMT        0170000
#define S_IFCHR       0020000
#define S_IFDIR       0040000
#define S_IFREG       0100000
#define S_IFLNK       0120000
#define S_ISCHR(mode) (((mode)&S_IFMT) == S_IFCHR)
#define S_ISDIR(mode) (((mode)&S_IFMT) == S_IFDIR)
#define S_ISREG(mode) (((mode)&S_IFMT) == S_IFREG)
#define S_ISLNK(mode) (((mode)&S_IFMT) == S_IFLNK)

/* The number of a device: its driver, and which of that driver's. */
#define MINORBITS           20
#define MINORMASK           ((1U << MINORBITS) - 1)
#define MAJOR(dev)          ((unsigned int)((dev) >> MINORBITS))
#define MINOR(dev)          ((unsigned int)((dev)&MINORMASK))
#define MKDEV(major, minor) ((dev_t)(((major) << MINORBITS) | (minor)))

struct inode {
	umode_t i_mode;                      /* [I] S_IF* and permissions */
	dev_t i_rdev;                        /* [I] of a device */
	struct cdev *i_cdev;                 /* its driver's, once it was opened */
	void *i_private;                     /* [I] what the module gave for it */
	const struct file_operations *i_fop; /* [I] NULL: the device's */
	loff_t i_size;
	unsigned long i_ino; /* [I] */
};

struct qstr {
	const unsigned char *name;
	unsigned int len;
};

#define DNAME_INLINE_LEN 32

/* [I] set when it is made  [a] atomic  [l] under the list's lock */
struct dentry {
	struct qstr d_name;                      /* [I] */
	unsigned char d_iname[DNAME_INLINE_LEN]; /* [I] the same, if it fits */
	struct inode *d_inode;                   /* [I] */

	struct inode inode;
	const char *path;      /* [I] from the root */
	void *owner;           /* [I] what node_info says */
	const char *undo;      /* [I] the function that should have removed it, for the report */
	unsigned long made_at; /* [I] */
	struct list_head all;  /* [l] */
	struct kref users;
	atomic_t opened; /* [a] how often */
};

static inline unsigned int imajor(const struct inode *inode)
{
	return MAJOR(inode->i_rdev);
}

static inline unsigned int iminor(const struct inode *inode)
{
	return MINOR(inode->i_rdev);
}

/* What a node is made of: @fops and @device are NULL and 0 as they do not apply. */
struct node_info {
	umode_t mode;
	const struct file_operations *fops;
	void *private;
	void *owner; /* of what its maker has to do with it: a kobject, for one */
	dev_t device;
	const char *undo;
	unsigned long made_at;
};

/*
 * node_add - there is now a file or directory @name in @dir ("" for the root's), which is not looked for.
 * node_remove - not any more; and what lies below it neither. Open files of it go on.
 * node_find - the node of the whole @path, with a reference that node_put() gives back.
 * Sleep. Thread context. node_add() returns a node, or ERR_PTR(-EEXIST), -ENOMEM, -EINVAL (a name that is empty);
 * node_find() NULL if there is none.
 */
struct dentry *node_add(const char *dir, const char *name, const struct node_info *info);
void node_remove(struct dentry *node);
struct dentry *node_find(const char *path);
void node_put(struct dentry *node);

/* node_walk - call @look, which must not sleep for long, for each node. Sleeps. Thread context. */
void node_walk(void (*look)(struct dentry *node, void *arg), void *arg);
