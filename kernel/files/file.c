/* file.c: opening, reading, writing and closing: what system calls do on the way to a module's functions.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/file.h"

#include "kernel/core/slab.h"
#include "kernel/files/chrdev.h"
#include "kernel/files/uaccess.h"
#include "kernel/module.h"
#include "lib/err.h"
#include "lib/string.h"

/* Flags that are open()'s alone: the file does not keep them. */
#define OPEN_ONLY (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC)

/* ---- Open and close ---- */

static const struct file_operations *operations_of(struct inode *inode)
{
	if (inode->i_fop || !S_ISCHR(inode->i_mode))
		return inode->i_fop;
	inode->i_cdev = chrdev_find(inode->i_rdev);
	return inode->i_cdev ? inode->i_cdev->ops : NULL;
}

static int file_begin(struct file *file)
{
	const struct file_operations *fops = operations_of(file->f_inode);
	int error = 0;

	if (S_ISDIR(file->f_inode->i_mode))
		return -EISDIR;
	if (!fops)
		return -ENXIO;
	if (!try_module_get(fops->owner))
		return -ENODEV;
	file->f_op = fops;
	if (fops->open)
		error = fops->open(file->f_inode, file);
	if (error)
		module_put(fops->owner);
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
	mutex_init(&file->f_pos_lock);
	error = file_begin(file);
	if (error) {
		node_put(node);
		kfree(file);
		return ERR_PTR(error);
	}
	atomic_inc(&node->opened);
	return file;
}

int filp_close(struct file *file, fl_owner_t id)
{
	struct module *owner = file->f_op->owner;
	int error = 0;

	if (file->f_op->flush)
		error = file->f_op->flush(file, id);
	if (file->f_op->release)
		file->f_op->release(file->f_inode, file);
	module_put(owner);
	node_put(file->f_path.dentry);
	kfree(file);
	return error;
}

/* ---- Read and write ---- */

ssize_t vfs_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!file->f_op->read)
		return -EINVAL;
	return file->f_op->read(file, to, size, pos);
}

ssize_t vfs_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!file->f_op->write)
		return -EINVAL;
	return file->f_op->write(file, from, size, pos);
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
