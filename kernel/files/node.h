/* node.h: the names that modules give to files: /dev/..., /proc/..., /sys/...
 * SPDX-License-Identifier: MIT
 *
 * A node is a dentry: Linux has a name and an inode, which may have several; here each has one. Who finds a node has
 * a reference, and so has each open file: a name may go while a file is open. What was opened then goes on with a device.
 * With a file in /proc, /sys or debugfs it does not: who removes it waits for the functions of the module's that run, and
 * none is called any more. So the module may remove it and go. As on Linux it must not hold a lock that they take.
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/core/kref.h"
#include "kernel/locking/sleep/rwsem.h"
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
	struct cdev *i_cdev;                 /* of who opened it last */
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

/* [I] set when it is made  [a] atomic  [l] under the list's lock  [n] under inside */
struct dentry {
	struct qstr d_name;                      /* [I] */
	unsigned char d_iname[DNAME_INLINE_LEN]; /* [I] the same, if it fits */
	struct inode *d_inode;                   /* [I] */

	struct inode inode;
	const char *path;                  /* [I] from the root */
	void *owner;                       /* [I] what node_info says, and so for the next five */
	int when_gone;                     /* [I] */
	const char *undo;                  /* [I] */
	unsigned long made_at;             /* [I] */
	void (*gone)(struct dentry *node); /* [I] */
	void (*free)(struct dentry *node); /* [I] */
	struct rw_semaphore inside; /* for reading: by who calls a function of the module's */
	bool is_gone;               /* [n] */
	struct list_head files;     /* [n] open ones: file.c's */
	struct list_head all;       /* [l] */
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

/* What a node is made of: what does not apply is NULL and 0. */
struct node_info {
	umode_t mode;
	const struct file_operations *fops;
	void *private;
	void *owner; /* of what its maker has to do with it: a kobject, for one */
	dev_t device;
	int when_gone;    /* the error of using an open file when this is removed; 0: none */
	const void *key;  /* and of the class that its calls are of then; NULL: one of its own */
	const char *undo; /* the function that should have removed it, for the report */
	unsigned long made_at;
	void (*gone)(struct dentry *node); /* called when it is removed, nobody being inside; */
	void (*free)(struct dentry *node); /* called when nobody knows it any more */
};

/*
 * node_add - there is now a file or directory @name in @dir ("" for the root's), which is not looked for.
 * node_remove - not any more; and what lies below it neither. Waits for who is inside. Returns false if another has removed it.
 * node_remove_self - the same by who is inside, once, and stays there: it is not waited for.
 * node_find - the node of the whole @path, with a reference that node_put() gives back; node_find_in - of @name in @dir.
 * node_is_empty - whether nothing lies below it.
 * Sleep. Thread context. node_add() returns a node, or ERR_PTR(-EEXIST), -ENOMEM, -EINVAL (a name that is empty);
 * node_find() NULL if there is none.
 */
struct dentry *node_add(const char *dir, const char *name, const struct node_info *info);
bool node_remove(struct dentry *node);
bool node_remove_self(struct dentry *node);
struct dentry *node_find(const char *path);
struct dentry *node_find_in(const char *dir, const char *name);
bool node_is_empty(const struct dentry *node);
void node_put(struct dentry *node);

/* dput - node_put() by its Linux name; nothing of NULL. */
static inline void dput(struct dentry *node)
{
	if (node)
		node_put(node);
}

/*
 * node_enter - a function of the module's is about to be called: @node is not removed before node_leave(), unless it is a
 *   device. Sleep. Thread context. Returns 0, or what node_info.when_gone says: it is gone.
 */
int node_enter(struct dentry *node);
void node_leave(struct dentry *node);

/* node_walk - call @look, which must not sleep for long, for each node. Sleeps. Thread context. */
void node_walk(void (*look)(struct dentry *node, void *arg), void *arg);
