/* debugfs.h: files in /sys/kernel/debug.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/files/seq_file.h"
#include "kernel/files/simple_attr.h"

/*
 * Files and directories of debugfs: in @parent, or NULL for the top.
 * debugfs_create_dir - a directory; debugfs_create_file - a file: its inode's i_private is @data. debugfs_create_u32 and the
 *   like - one that holds the number *@value; without a bit for writing in @mode it cannot be written. debugfs_remove,
 *   debugfs_remove_recursive - take it away, with all in it; wait for its functions that run. debugfs_lookup - what is called
 *   so, or NULL; dput() gives it back. debugfs_lookup_and_remove - take that away.
 * Sleep. Thread context. Return it, or ERR_PTR(-EEXIST), -ENOMEM, -EINVAL; with such a parent, the same.
 */
struct dentry *debugfs_create_dir(const char *name, struct dentry *parent);
struct dentry *debugfs_create_file(const char *name, umode_t mode, struct dentry *parent,
				   void *data, const struct file_operations *fops);
#define debugfs_create_file_unsafe(name, mode, parent, data, fops)                                 \
	debugfs_create_file((name), (mode), (parent), (data), (fops))
#define DEFINE_DEBUGFS_ATTRIBUTE(fops, get, set, format)                                           \
	DEFINE_SIMPLE_ATTRIBUTE(fops, get, set, format)
void debugfs_create_u8(const char *name, umode_t mode, struct dentry *parent, u8 *value);
void debugfs_create_u16(const char *name, umode_t mode, struct dentry *parent, u16 *value);
void debugfs_create_u32(const char *name, umode_t mode, struct dentry *parent, u32 *value);
void debugfs_create_u64(const char *name, umode_t mode, struct dentry *parent, u64 *value);
void debugfs_create_ulong(const char *name, umode_t mode, struct dentry *parent,
			  unsigned long *value);
void debugfs_create_size_t(const char *name, umode_t mode, struct dentry *parent, size_t *value);
void debugfs_create_x8(const char *name, umode_t mode, struct dentry *parent, u8 *value);
void debugfs_create_x16(const char *name, umode_t mode, struct dentry *parent, u16 *value);
void debugfs_create_x32(const char *name, umode_t mode, struct dentry *parent, u32 *value);
void debugfs_create_x64(const char *name, umode_t mode, struct dentry *parent, u64 *value);
void debugfs_create_atomic_t(const char *name, umode_t mode, struct dentry *parent,
			     atomic_t *value);
void debugfs_create_bool(const char *name, umode_t mode, struct dentry *parent, bool *value);
void debugfs_remove(struct dentry *dentry);
struct dentry *debugfs_lookup(const char *name, struct dentry *parent);
void debugfs_lookup_and_remove(const char *name, struct dentry *parent);
#define debugfs_remove_recursive(dentry) debugfs_remove(dentry)

static inline bool debugfs_initialized(void)
{
	return true;
}
