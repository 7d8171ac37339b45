/* file.c: opening, reading, writing and closing: what system calls do on the way to a module's functions.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/file.h"

#include "kernel/core/slab.h"
#include "kernel/files/chrdev.h"
#include "kernel/files/poll.h"
#include "kernel/files/uaccess.h"
#include "lib/err.h"
#include "lib/string.h"

/* Flags that are open()'s alone: the file does not keep them. */
#define OPEN_ONLY (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC)

/* ---- Open and close ---- */

static DEFINE_MUTEX(opened_lock); /* the lists of nodes' files */

/* The driver's functions, and a reference to it. */
static int chrdev_begin(struct file *file)
{
	file->f_cdev = chrdev_get(file->f_inode->i_rdev);
	if (!file->f_cdev)
		return -ENXIO;
	file->f_inode->i_cdev = file->f_cdev;
	file->f_op = fops_get(file->f_cdev->ops);
	return file->f_op ? 0 : -ENXIO;
}

static int file_begin(struct file *file)
{
	struct inode *inode = file->f_inode;
	int error = 0;

	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (S_ISCHR(inode->i_mode) && !inode->i_fop)
		error = chrdev_begin(file);
	else if (!(file->f_op = fops_get(inode->i_fop)))
		error = -ENODEV;
	if (!error && file->f_op->open)
		error = file->f_op->open(inode, file);
	return error;
}

/* Give back what file_begin() took, whether it succeeded or not. */
static void file_end(struct file *file)
{
	fops_put(file->f_op);
	if (file->f_cdev)
		cdev_put(file->f_cdev);
	node_put(file->f_path.dentry);
	kfree(file);
}

static int file_open(struct file *file, struct dentry *node)
{
	int error = node_enter(node);

	if (error)
		return error;
	error = file_begin(file);
	if (!error) {
		mutex_lock(&opened_lock);
		list_add(&file->f_opened, &node->files);
		mutex_unlock(&opened_lock);
		atomic_inc(&node->opened);
	}
	node_leave(node);
	return error;
}

struct file *filp_open(const char *path, int flags, umode_t mode)
{
	struct dentry *node = node_find(path);
	struct file *file;
	int error;

	if (!node)
		return ERR_PTR(-ENOENT);
	file = kzalloc(sizeof(*file), GFP_KERNEL);
	if (!file) {
		node_put(node);
		return ERR_PTR(-ENOMEM);
	}
	file->f_path.dentry = node;
	file->f_inode = &node->inode;
	file->f_flags = (unsigned int)(flags & ~OPEN_ONLY) | O_LARGEFILE;
	file->f_mode = ((unsigned int)flags + 1) & (FMODE_READ | FMODE_WRITE);
	error = file_open(file, node);
	if (error) {
		file_end(file);
		return ERR_PTR(error);
	}
	return file;
}

static void release(struct file *file)
{
	if (file->f_op->release && !file->f_released)
		file->f_op->release(file->f_inode, file);
	file->f_released = true;
}

void file_release_all(struct dentry *node)
{
	struct file *file;

	list_for_each_entry(file, &node->files, f_opened)
		release(file);
}

int filp_close(struct file *file, fl_owner_t id)
{
	struct dentry *node = file->f_path.dentry;
	bool early = node->gone; // Then it may be released when the node is removed.
	int error = 0;

	if (file->f_op->flush)
		error = file->f_op->flush(file, id);
	if (early)
		down_read(&node->inside);
	mutex_lock(&opened_lock);
	list_del(&file->f_opened);
	mutex_unlock(&opened_lock);
	release(file);
	if (early)
		up_read(&node->inside);
	file_end(file);
	return error;
}

/* ---- Read, write and ioctl ---- */

ssize_t vfs_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct dentry *node = file->f_path.dentry;
	ssize_t result;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!file->f_op->read)
		return -EINVAL;
	result = node_enter(node);
	if (result)
		return result;
	result = file->f_op->read(file, to, size, pos);
	node_leave(node);
	return result;
}

ssize_t vfs_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct dentry *node = file->f_path.dentry;
	ssize_t result;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!file->f_op->write)
		return -EINVAL;
	result = node_enter(node);
	if (result)
		return result;
	result = file->f_op->write(file, from, size, pos);
	node_leave(node);
	return result;
}

ssize_t file_read(struct file *file, char __user *to, size_t size)
{
	loff_t pos = file->f_pos;
	ssize_t result = vfs_read(file, to, size, file->f_mode & FMODE_STREAM ? NULL : &pos);

	if (result >= 0)
		file->f_pos = pos;
	return result;
}

ssize_t file_write(struct file *file, const char __user *from, size_t size)
{
	loff_t pos = file->f_pos;
	ssize_t result = vfs_write(file, from, size, file->f_mode & FMODE_STREAM ? NULL : &pos);

	if (result >= 0)
		file->f_pos = pos;
	return result;
}

long vfs_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct dentry *node = file->f_path.dentry;
	long result;

	if (!file->f_op->unlocked_ioctl)
		return -ENOTTY;
	result = node_enter(node);
	if (result)
		return result;
	result = file->f_op->unlocked_ioctl(file, command, argument);
	node_leave(node);
	return result == -ENOIOCTLCMD ? -ENOTTY : result;
}

__poll_t vfs_poll(struct file *file, poll_table *table)
{
	struct dentry *node = file->f_path.dentry;
	__poll_t mask;

	if (!file->f_op->poll)
		return DEFAULT_POLLMASK;
	if (node_enter(node))
		return DEFAULT_POLLMASK | EPOLLERR;
	mask = file->f_op->poll(file, table);
	node_leave(node);
	return mask;
}

/* ---- What modules may name as theirs ---- */

loff_t no_llseek(struct file *file, loff_t offset, int whence)
{
	return -ESPIPE;
}

loff_t noop_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos;
}

loff_t fixed_size_llseek(struct file *file, loff_t offset, int whence, loff_t size)
{
	loff_t to = offset;

	if (whence == SEEK_CUR)
		to += file->f_pos;
	else if (whence == SEEK_END)
		to += size;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (to < 0)
		return -EINVAL;
	file->f_pos = to;
	return to;
}

loff_t default_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, file->f_inode->i_size);
}

int nonseekable_open(struct inode *inode, struct file *file)
{
	return 0;
}

int stream_open(struct inode *inode, struct file *file)
{
	file->f_mode |= FMODE_STREAM;
	return 0;
}

int simple_open(struct inode *inode, struct file *file)
{
	if (inode->i_private)
		file->private_data = inode->i_private;
	return 0;
}

ssize_t simple_read_from_buffer(void __user *to, size_t size, loff_t *pos, const void *from,
				size_t available)
{
	loff_t at = *pos;
	size_t failed;

	if (at < 0)
		return -EINVAL;
	if ((size_t)at >= available || !size)
		return 0;
	size = min(size, available - (size_t)at);
	failed = copy_to_user(to, (const char *)from + at, size);
	if (failed == size)
		return -EFAULT;
	*pos = at + (loff_t)(size - failed);
	return (ssize_t)(size - failed);
}

ssize_t simple_write_to_buffer(void *to, size_t available, loff_t *pos, const void __user *from,
			       size_t size)
{
	loff_t at = *pos;
	size_t failed;

	if (at < 0)
		return -EINVAL;
	if ((size_t)at >= available || !size)
		return 0;
	size = min(size, available - (size_t)at);
	failed = copy_from_user((char *)to + at, from, size);
	if (failed == size)
		return -EFAULT;
	*pos = at + (loff_t)(size - failed);
	return (ssize_t)(size - failed);
}

ssize_t memory_read_from_buffer(void *to, size_t size, loff_t *pos, const void *from,
				size_t available)
{
	loff_t at = *pos;

	if (at < 0)
		return -EINVAL;
	if ((size_t)at >= available)
		return 0;
	size = min(size, available - (size_t)at);
	memcpy(to, (const char *)from + at, size);
	*pos = at + (loff_t)size;
	return (ssize_t)size;
}
