/* node.c: the names of files, in one list: they are few.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/node.h"

#include "kernel/core/kstrdup.h"
#include "kernel/core/slab.h"
#include "kernel/locking/sleep/mutex.h"
#include "lib/err.h"
#include "lib/string.h"

static DEFINE_MUTEX(nodes_lock);
static LIST_HEAD(nodes); /* under nodes_lock, the eldest first */
static unsigned long last_ino;

/* The caller holds nodes_lock. */
static struct dentry *find(const char *path)
{
	struct dentry *node;

	list_for_each_entry(node, &nodes, all) {
		if (!strcmp(node->path, path))
			return node;
	}
	return NULL;
}

static void node_free(struct kref *users)
{
	struct dentry *node = container_of(users, struct dentry, users);

	kfree(node->path);
	kfree(node);
}

void node_put(struct dentry *node)
{
	kref_put(&node->users, node_free);
}

struct dentry *node_find(const char *path)
{
	struct dentry *node;

	mutex_lock(&nodes_lock);
	node = find(path);
	if (node)
		kref_get(&node->users);
	mutex_unlock(&nodes_lock);
	return node;
}

static void node_fill(struct dentry *node, const char *path, const struct node_info *info)
{
	const char *name = strrchr(path, '/') + 1;

	*node = (struct dentry){
		.d_name = { (const unsigned char *)name, (unsigned int)strlen(name) },
		.d_inode = &node->inode,
		.inode = { .i_mode = info->mode,
			   .i_rdev = info->device,
			   .i_private = info->private,
			   .i_fop = info->fops },
		.path = path,
		.owner = info->owner,
		.undo = info->undo,
		.made_at = info->made_at,
	};
	strscpy((char *)node->d_iname, name, sizeof(node->d_iname));
	kref_init(&node->users);
}

struct dentry *node_add(const char *dir, const char *name, const struct node_info *info)
{
	struct dentry *node;
	const char *path;
	bool taken;

	if (!name || !*name)
		return ERR_PTR(-EINVAL);
	node = kmalloc(sizeof(*node), GFP_KERNEL);
	path = kasprintf(GFP_KERNEL, "%s/%s", dir, name);
	if (!node || !path) {
		kfree(node);
		kfree(path);
		return ERR_PTR(-ENOMEM);
	}
	node_fill(node, path, info);
	mutex_lock(&nodes_lock);
	taken = find(path);
	node->inode.i_ino = ++last_ino;
	if (!taken)
		list_add_tail(&node->all, &nodes);
	mutex_unlock(&nodes_lock);
	if (taken) {
		node_put(node);
		return ERR_PTR(-EEXIST);
	}
	return node;
}

/* Whether @path is @top, or lies below it. */
static bool lies_in(const char *path, const char *top)
{
	size_t length = strlen(top);

	return !strncmp(path, top, length) && (path[length] == '/' || !path[length]);
}

void node_remove(struct dentry *node)
{
	struct dentry *each, *next;
	LIST_HEAD(gone);

	mutex_lock(&nodes_lock);
	list_for_each_entry_safe(each, next, &nodes, all) {
		if (each == node || lies_in(each->path, node->path))
			list_move(&each->all, &gone);
	}
	mutex_unlock(&nodes_lock);
	list_for_each_entry_safe(each, next, &gone, all)
		node_put(each);
}

void node_walk(void (*look)(struct dentry *node, void *arg), void *arg)
{
	struct dentry *node;

	mutex_lock(&nodes_lock);
	list_for_each_entry(node, &nodes, all)
		look(node, arg);
	mutex_unlock(&nodes_lock);
}
