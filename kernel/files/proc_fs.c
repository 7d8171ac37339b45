/* proc_fs.c: files in /proc.
 * SPDX-License-Identifier: MIT
 *
 * A file's operations are kept in its entry, as those of any other file; the entry belongs to the node, and is freed with
 * it, when it has no name any more and nobody has it open. The module is free to go once it has removed the file: what is
 * open is released then (node.h, file_release_all()).
 */
#include "kernel/files/proc_fs.h"

#include "kernel/base/hooks.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"
#include "lib/err.h"

/* [I] */
struct proc_dir_entry {
	struct dentry *node;
	struct file_operations fops;
	void *data;
	int (*show)(struct seq_file *seq, void *unused);
	const struct seq_operations *seq;
	unsigned int seq_private; /* bytes */
};

static const char *path_of(const struct proc_dir_entry *entry)
{
	return entry ? entry->node->path : "/proc";
}

static void entry_free(struct dentry *node)
{
	kfree(node->owner);
}

static struct proc_dir_entry *add(const char *name, struct proc_dir_entry *parent, umode_t mode,
				  const struct proc_dir_entry *like, unsigned long made_at)
{
	struct proc_dir_entry *entry = kmalloc(sizeof(*entry), GFP_KERNEL);
	struct node_info info = { .mode = mode,
				  .when_gone = -EIO,
				  .undo = "proc_remove()",
				  .made_at = made_at,
				  .gone = file_release_all,
				  .free = entry_free };

	if (!entry)
		return NULL;
	*entry = *like;
	info.private = entry->data;
	info.owner = entry;
	info.fops = S_ISREG(mode) ? &entry->fops : NULL;
	entry->node = node_add(path_of(parent), name, &info);
	if (IS_ERR(entry->node)) {
		if (PTR_ERR(entry->node) == -EEXIST)
			pr_warn("proc_dir_entry '%s/%s' already registered\n", path_of(parent) + 1,
				name);
		kfree(entry);
		return NULL;
	}
	return entry;
}

static umode_t file_mode(umode_t mode)
{
	return S_IFREG | (mode & 0777 ? mode & 0777 : 0444);
}

static struct proc_dir_entry from_ops(const struct proc_ops *ops, void *data)
{
	return (struct proc_dir_entry){ .data = data,
					.fops = { .open = ops->proc_open,
						  .read = ops->proc_read,
						  .write = ops->proc_write,
						  .llseek = ops->proc_lseek,
						  .release = ops->proc_release,
						  .poll = ops->proc_poll,
						  .unlocked_ioctl = ops->proc_ioctl,
						  .mmap = ops->proc_mmap } };
}

struct proc_dir_entry *proc_create_data(const char *name, umode_t mode,
					struct proc_dir_entry *parent, const struct proc_ops *ops,
					void *data)
{
	const struct proc_dir_entry like = from_ops(ops, data);

	return add(name, parent, file_mode(mode), &like, _RET_IP_);
}

struct proc_dir_entry *proc_create(const char *name, umode_t mode, struct proc_dir_entry *parent,
				   const struct proc_ops *ops)
{
	const struct proc_dir_entry like = from_ops(ops, NULL);

	return add(name, parent, file_mode(mode), &like, _RET_IP_);
}

static int single_entry_open(struct inode *inode, struct file *file)
{
	const struct proc_dir_entry *entry = file->f_path.dentry->owner;

	return single_open(file, entry->show, entry->data);
}

struct proc_dir_entry *proc_create_single_data(const char *name, umode_t mode,
					       struct proc_dir_entry *parent,
					       int (*show)(struct seq_file *seq, void *unused),
					       void *data)
{
	const struct proc_dir_entry like = { .data = data,
					     .show = show,
					     .fops = { .open = single_entry_open,
						       .read = seq_read,
						       .llseek = seq_lseek,
						       .release = single_release } };

	return add(name, parent, file_mode(mode), &like, _RET_IP_);
}

static int seq_entry_open(struct inode *inode, struct file *file)
{
	const struct proc_dir_entry *entry = file->f_path.dentry->owner;

	return entry->seq_private ? seq_open_private(file, entry->seq, (int)entry->seq_private) :
				    seq_open(file, entry->seq);
}

static int seq_entry_release(struct inode *inode, struct file *file)
{
	const struct proc_dir_entry *entry = file->f_path.dentry->owner;

	return entry->seq_private ? seq_release_private(inode, file) : seq_release(inode, file);
}

struct proc_dir_entry *proc_create_seq_private(const char *name, umode_t mode,
					       struct proc_dir_entry *parent,
					       const struct seq_operations *ops, unsigned int size,
					       void *data)
{
	const struct proc_dir_entry like = { .data = data,
					     .seq = ops,
					     .seq_private = size,
					     .fops = { .open = seq_entry_open,
						       .read = seq_read,
						       .llseek = seq_lseek,
						       .release = seq_entry_release } };

	return add(name, parent, file_mode(mode), &like, _RET_IP_);
}

struct proc_dir_entry *proc_mkdir_data(const char *name, umode_t mode,
				       struct proc_dir_entry *parent, void *data)
{
	const struct proc_dir_entry like = { .data = data };

	return add(name, parent, S_IFDIR | (mode ?: 0555), &like, _RET_IP_);
}

/* ---- Away ---- */

void proc_remove(struct proc_dir_entry *entry)
{
	if (entry)
		node_remove(entry->node);
}

static struct dentry *find(const char *name, const struct proc_dir_entry *parent)
{
	struct dentry *node = node_find_in(path_of(parent), name);

	if (!node)
		warn_report("name '%s'", name);
	return node;
}

int remove_proc_subtree(const char *name, struct proc_dir_entry *parent)
{
	struct dentry *node = find(name, parent);

	if (!node)
		return -ENOENT;
	node_remove(node);
	node_put(node);
	return 0;
}

void remove_proc_entry(const char *name, struct proc_dir_entry *parent)
{
	struct dentry *node = find(name, parent);

	if (!node)
		return;
	if (!node_is_empty(node))
		warn_report("remove_proc_entry: removing non-empty directory '%s'", node->path);
	node_remove(node);
	node_put(node);
}

void *pde_data(const struct inode *inode)
{
	return inode->i_private;
}

void proc_set_size(struct proc_dir_entry *entry, loff_t size)
{
	entry->node->inode.i_size = size;
}
