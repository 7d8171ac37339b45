/* debugfs.c: files in /sys/kernel/debug.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/debugfs.h"

#include "kernel/base/hooks.h"
#include "kernel/files/uaccess.h"
#include "kernel/module.h"
#include "lib/err.h"

static const char *path_of(const struct dentry *parent)
{
	return parent ? parent->path : "/sys/kernel/debug";
}

static struct dentry *add(const char *name, struct dentry *parent, const struct node_info *info)
{
	if (IS_ERR(parent))
		return parent;
	return node_add(path_of(parent), name, info);
}

struct dentry *debugfs_create_dir(const char *name, struct dentry *parent)
{
	const struct node_info info = { .mode = S_IFDIR | 0700,
					.undo = "debugfs_remove()",
					.made_at = _RET_IP_ };

	return add(name, parent, &info);
}

static struct dentry *add_file(const char *name, umode_t mode, struct dentry *parent, void *data,
			       const struct file_operations *fops, unsigned long made_at)
{
	const struct node_info info = { .mode = S_IFREG | (mode & 0777),
					.private = data,
					.fops = fops,
					.when_gone = -EIO,
					.undo = "debugfs_remove()",
					.made_at = made_at };

	return add(name, parent, &info);
}

struct dentry *debugfs_create_file(const char *name, umode_t mode, struct dentry *parent,
				   void *data, const struct file_operations *fops)
{
	return add_file(name, mode, parent, data, fops, _RET_IP_);
}

void debugfs_remove(struct dentry *dentry)
{
	if (!IS_ERR_OR_NULL(dentry))
		node_remove(dentry);
}

struct dentry *debugfs_lookup(const char *name, struct dentry *parent)
{
	return IS_ERR(parent) ? NULL : node_find_in(path_of(parent), name);
}

void debugfs_lookup_and_remove(const char *name, struct dentry *parent)
{
	struct dentry *node = debugfs_lookup(name, parent);

	if (!node)
		return;
	node_remove(node);
	node_put(node);
}

/*
 * ---- Numbers: the functions that read and write one of a type, and what makes its file ----
 * One whose mode lets nobody write has no function for that: root may open it even so.
 */

static void add_number(const char *name, umode_t mode, struct dentry *parent, void *value,
		       const struct file_operations *fops, const struct file_operations *fops_ro,
		       unsigned long made_at)
{
	add_file(name, mode, parent, value, mode & 0222 ? fops : fops_ro, made_at);
}

#define NUMBER(name, type, format)                                                                 \
	static int name##_get(void *data, u64 *value)                                              \
	{                                                                                          \
		*value = READ_ONCE(*(type *)data);                                                 \
		return 0;                                                                          \
	}                                                                                          \
	static int name##_set(void *data, u64 value)                                               \
	{                                                                                          \
		WRITE_ONCE(*(type *)data, (type)value);                                            \
		return 0;                                                                          \
	}                                                                                          \
	DEFINE_SIMPLE_ATTRIBUTE(name##_fops, name##_get, name##_set, format);                      \
	DEFINE_SIMPLE_ATTRIBUTE(name##_fops_ro, name##_get, NULL, format);                         \
	void debugfs_create_##name(const char *file, umode_t mode, struct dentry *parent,          \
				   type *value)                                                    \
	{                                                                                          \
		add_number(file, mode, parent, value, &name##_fops, &name##_fops_ro, _RET_IP_);    \
	}                                                                                          \
	static_assert(1, "a semicolon follows")

NUMBER(u8, u8, "%llu\n");
NUMBER(u16, u16, "%llu\n");
NUMBER(u32, u32, "%llu\n");
NUMBER(u64, u64, "%llu\n");
NUMBER(ulong, unsigned long, "%llu\n");
NUMBER(size_t, size_t, "%llu\n");
NUMBER(x8, u8, "0x%02llx\n");
NUMBER(x16, u16, "0x%04llx\n");
NUMBER(x32, u32, "0x%08llx\n");
NUMBER(x64, u64, "0x%016llx\n");

static int atomic_t_get(void *data, u64 *value)
{
	*value = (u64)atomic_read((atomic_t *)data);
	return 0;
}

static int atomic_t_set(void *data, u64 value)
{
	atomic_set((atomic_t *)data, (int)value);
	return 0;
}

DEFINE_SIMPLE_ATTRIBUTE(atomic_t_fops, atomic_t_get, atomic_t_set, "%lld\n");
DEFINE_SIMPLE_ATTRIBUTE(atomic_t_fops_ro, atomic_t_get, NULL, "%lld\n");

void debugfs_create_atomic_t(const char *name, umode_t mode, struct dentry *parent, atomic_t *value)
{
	add_number(name, mode, parent, value, &atomic_t_fops, &atomic_t_fops_ro, _RET_IP_);
}

/* A truth value is read as a letter, and written as kstrtobool() reads it: this one's text is its own. */
static ssize_t bool_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	const bool *value = file->f_inode->i_private;

	return simple_read_from_buffer(to, size, pos, READ_ONCE(*value) ? "Y\n" : "N\n", 2);
}

static ssize_t bool_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	bool value;
	int error = kstrtobool_from_user(from, size, &value);

	if (!error)
		WRITE_ONCE(*(bool *)file->f_inode->i_private, value);
	return error ?: (ssize_t)size;
}

static const struct file_operations bool_fops = { .read = bool_read, .write = bool_write };
static const struct file_operations bool_fops_ro = { .read = bool_read };

void debugfs_create_bool(const char *name, umode_t mode, struct dentry *parent, bool *value)
{
	add_number(name, mode, parent, value, &bool_fops, &bool_fops_ro, _RET_IP_);
}
