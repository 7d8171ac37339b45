/* file.h: files, as modules implement them: the operations, and one that is open.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   There is no file system. What a module makes for programs to open, a device, a file in /proc, /sys or debugfs, is
 *   kept as what it is: a name and the functions that the module wants called (node.h). Somebody calls them only if
 *   the run is told to: OPS="echo hi >/dev/foo; cat /dev/foo" (programs.c); and then by threads that do what the
 *   system calls do: each open file has a position, its flags, and the module's private data.
 *
 *   So the locks in a module's read() and write() can be tried out, by several at once. What is not here: reading a
 *   directory, mapping a file, asynchronous notification. A module may name functions for them; they are not called.
 */
#pragma once

#include "kernel/files/node.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/module.h"
#include "lib/types.h"

struct file_lock;
struct iov_iter;
struct kiocb;
struct module;
struct page;
struct pipe_inode_info;
struct poll_table_struct;
struct vm_area_struct;

typedef unsigned int fmode_t;
typedef void *fl_owner_t;

#define FMODE_READ   1u
#define FMODE_WRITE  2u
#define FMODE_STREAM 0x200000u /* it has no position: the functions get NULL */

#define O_ACCMODE   00000003
#define O_RDONLY    00000000
#define O_WRONLY    00000001
#define O_RDWR      00000002
#define O_CREAT     00000100
#define O_EXCL      00000200
#define O_NOCTTY    00000400
#define O_TRUNC     00001000
#define O_APPEND    00002000
#define O_NONBLOCK  00004000
#define O_NDELAY    O_NONBLOCK
#define O_DSYNC     00010000
#define FASYNC      00020000
#define O_LARGEFILE 00100000
#define O_SYNC      04010000

#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif

/* What a module implements; NULL: it does not. As in Linux, but that fewer are called: see above. */
struct file_operations {
	struct module *owner; /* counted as in use while a file is open */
	loff_t (*llseek)(struct file *file, loff_t offset, int whence);
	ssize_t (*read)(struct file *file, char __user *to, size_t size, loff_t *pos);
	ssize_t (*write)(struct file *file, const char __user *from, size_t size, loff_t *pos);
	ssize_t (*read_iter)(struct kiocb *iocb, struct iov_iter *to);
	ssize_t (*write_iter)(struct kiocb *iocb, struct iov_iter *from);
	__poll_t (*poll)(struct file *file, struct poll_table_struct *wait);
	long (*unlocked_ioctl)(struct file *file, unsigned int command, unsigned long argument);
	long (*compat_ioctl)(struct file *file, unsigned int command, unsigned long argument);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	int (*open)(struct inode *inode, struct file *file);
	int (*flush)(struct file *file, fl_owner_t id);
	int (*release)(struct inode *inode, struct file *file);
	int (*fsync)(struct file *file, loff_t from, loff_t to, int datasync);
	int (*fasync)(int fd, struct file *file, int on);
	int (*lock)(struct file *file, int command, struct file_lock *lock);
};

struct path {
	struct dentry *dentry;
};

/* [I] set when it is opened, or by the module's open()  [t] by the thread that has it open */
struct file {
	struct path f_path;                 /* [I] */
	struct inode *f_inode;              /* [I] */
	const struct file_operations *f_op; /* [I] */
	unsigned int f_flags;               /* [I] O_* */
	fmode_t f_mode;                     /* [I] */
	loff_t f_pos;                       /* [t] */
	void *private_data;                 /* the module's */
	struct cdev *f_cdev;                /* [I] a reference to the driver, or NULL */
	struct list_head f_opened;          /* of f_path.dentry->files */
	bool f_released;                    /* under f_path.dentry->inside */
};

#define f_dentry f_path.dentry

static inline struct inode *file_inode(const struct file *file)
{
	return file->f_inode;
}

/*
 * filp_open - open the file @path, as a program's open() does: @flags are O_*, @mode means nothing.
 * filp_close - close @file: flush() and release() of the module are called. @id means nothing.
 * Sleep. Thread context. filp_open() returns the file, or as ERR_PTR() what the module's open() returned, -ENOENT (nothing of
 * that name was made), -ENXIO (a device whose number no driver has, or whose module goes), -ENODEV (the module of another
 * file goes, or it is being removed), -EISDIR, -ENOMEM.
 */
struct file *filp_open(const char *path, int flags, umode_t mode);
int filp_close(struct file *file, fl_owner_t id);

/*
 * vfs_read, vfs_write - read or write @size bytes at *@pos, by the module's function, to or from a program's memory
 *   (uaccess.h). file_read, file_write - at the file's own position, as a program does: an error leaves it.
 * vfs_ioctl - command @command: by the module's unlocked_ioctl(), whose -ENOIOCTLCMD is -ENOTTY, and so is that it has none.
 * Sleep. Thread context. Return the number of bytes, or -EBADF (not opened for it), -EINVAL (the module has no such function),
 * -ENODEV or -EIO (the file in /sys, or in /proc or debugfs, was removed), or the module's error.
 */
ssize_t vfs_read(struct file *file, char __user *to, size_t size, loff_t *pos);
ssize_t vfs_write(struct file *file, const char __user *from, size_t size, loff_t *pos);
ssize_t file_read(struct file *file, char __user *to, size_t size);
ssize_t file_write(struct file *file, const char __user *from, size_t size);
long vfs_ioctl(struct file *file, unsigned int command, unsigned long argument);

/* file_release_all - call release() of what is open of @node, which is removed, as /proc does. The caller holds inside for writing. */
void file_release_all(struct dentry *node);

/* fops_get - @fops, and its module is in use until fops_put(); NULL: it goes. replace_fops - in an open(): @fops, which were got,
 * are @file's from now on. May be called where try_module_get() may. */
#define fops_get(fops)                                                                             \
	({                                                                                         \
		const struct file_operations *__fops = (fops);                                     \
		__fops &&try_module_get(__fops->owner) ? __fops : NULL;                            \
	})
#define fops_put(fops)                                                                             \
	do {                                                                                       \
		const struct file_operations *__fops = (fops);                                     \
		if (__fops)                                                                        \
			module_put(__fops->owner);                                                 \
	} while (0)
#define replace_fops(file, fops)                                                                   \
	do {                                                                                       \
		struct file *__file = (file);                                                      \
		fops_put(__file->f_op);                                                            \
		__file->f_op = (fops);                                                             \
	} while (0)

/*
 * For modules to name as their llseek(), open() or release(). no_llseek: refuse to seek; noop_llseek: do not move;
 * default_llseek: anywhere; nonseekable_open: open, and do not seek; stream_open: there is no position; simple_open: private_data is
 * the inode's i_private.
 */
loff_t no_llseek(struct file *file, loff_t offset, int whence);
loff_t noop_llseek(struct file *file, loff_t offset, int whence);
loff_t default_llseek(struct file *file, loff_t offset, int whence);
loff_t fixed_size_llseek(struct file *file, loff_t offset, int whence, loff_t size);
int nonseekable_open(struct inode *inode, struct file *file);
int stream_open(struct inode *inode, struct file *file);
int simple_open(struct inode *inode, struct file *file);

/*
 * simple_read_from_buffer - copy what is at *@pos of a buffer of @available bytes, @size at most, to a program.
 * simple_write_to_buffer - the other way round. memory_read_from_buffer - to memory of the kernel's.
 * Sleep. Thread context. Move *@pos. Return the number of bytes; -EINVAL, -EFAULT.
 */
ssize_t simple_read_from_buffer(void __user *to, size_t size, loff_t *pos, const void *from,
				size_t available);
ssize_t simple_write_to_buffer(void *to, size_t available, loff_t *pos, const void __user *from,
			       size_t size);
ssize_t memory_read_from_buffer(void *to, size_t size, loff_t *pos, const void *from,
				size_t available);

struct fasync_struct;

/* fasync_helper - nobody asks for SIGIO here, so there is nobody to forget. kill_fasync - and nobody to tell. */
static inline int fasync_helper(int fd, struct file *file, int on, struct fasync_struct **list)
{
	return 0;
}

static inline void kill_fasync(struct fasync_struct **list, int sig, int band)
{
}
