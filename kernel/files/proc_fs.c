/* proc_fs.c: files in /proc.
 * SPDX-License-Identifier: MIT
 *
 * A file's operations are kept in its entry, as those of any other file; the entry belongs to the node, and is
 * freed when nobody has either.
 */
#include "kernel/files/proc_fs.h"

#include "kernel/base/hooks.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"
#include "lib/err.h"
#include "lib/format.h"

/* [I] */
struct proc_dir_entry {
	struct dentry *node;
	struct file_operations fops;
	void *data;
	int (*show)(struct seq_file *seq, void *unused);
	const struct seq_operations *seq;
	struct list_head all; /* under lock */
};

static DEFINE_MUTEX(lock);
static LIST_HEAD(entries); /* under lock */

static const char *path_of(const struct proc_dir_entry *entry)
{
	return entry ? entry->node->path : "/proc";
}

static struct proc_dir_entry *add(const char *name, struct proc_dir_entry *parent, umode_t mode,
				  const struct proc_dir_entry *like, unsigned long made_at)
{
	struct proc_dir_entry *entry = kmalloc(sizeof(*entry), GFP_KERNEL);
	struct node_info info = { .mode = mode, .undo = "proc_remove()", .made_at = made_at };

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
	kref_get(&entry->node->users);
	mutex_lock(&lock);
	list_add(&entry->all, &entries);
	mutex_unlock(&lock);
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

	return seq_open(file, entry->seq);
}

struct proc_dir_entry *proc_create_seq_data(const char *name, umode_t mode,
					    struct proc_dir_entry *parent,
					    const struct seq_operations *ops, void *data)
{
	const struct proc_dir_entry like = { .data = data,
					     .seq = ops,
					     .fops = { .open = seq_entry_open,
						       .read = seq_read,
						       .llseek = seq_lseek,
						       .release = seq_release } };

	return add(name, parent, file_mode(mode), &like, _RET_IP_);
}

struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent)
{
	const struct proc_dir_entry like = { .data = NULL };

	return add(name, parent, S_IFDIR | 0555, &like, _RET_IP_);
}

/* ---- Away ---- */

/* The entries of nodes that are named no more go, once nobody but them knows the node. */
static void free_unnamed(void)
{
	struct proc_dir_entry *entry, *next;

	mutex_lock(&lock);
	list_for_each_entry_safe(entry, next, &entries, all) {
		if (kref_read(&entry->node->users) > 1)
			continue;
		list_del(&entry->all);
		node_put(entry->node);
		kfree(entry);
	}
	mutex_unlock(&lock);
}

void proc_remove(struct proc_dir_entry *entry)
{
	if (!entry)
		return;
	node_remove(entry->node);
	free_unnamed();
}

int remove_proc_subtree(const char *name, struct proc_dir_entry *parent)
{
	char path[128];
	struct dentry *node;

	snprintf(path, sizeof(path), "%s/%s", path_of(parent), name);
	node = node_find(path);
	if (!node) {
		warn_report("name '%s'", name);
		return -ENOENT;
	}
	node_remove(node);
	node_put(node);
	free_unnamed();
	return 0;
}

void remove_proc_entry(const char *name, struct proc_dir_entry *parent)
{
	remove_proc_subtree(name, parent);
}

void *pde_data(const struct inode *inode)
{
	return inode->i_private;
}

void proc_set_size(struct proc_dir_entry *entry, loff_t size)
{
	entry->node->inode.i_size = size;
}
