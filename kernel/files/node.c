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

/* Whether @path is that of @name in @dir. */
static bool is_path(const char *path, const char *dir, const char *name)
{
	size_t length = strlen(dir);

	return !strncmp(path, dir, length) && path[length] == '/' &&
	       !strcmp(path + length + 1, name);
}

/* The caller holds nodes_lock. */
static struct dentry *find(const char *dir, const char *name)
{
	struct dentry *node;

	list_for_each_entry(node, &nodes, all) {
		if (is_path(node->path, dir, name))
			return node;
	}
	return NULL;
}

static void node_free(struct kref *users)
{
	struct dentry *node = container_of(users, struct dentry, users);

	if (node->free)
		node->free(node);
	lockdep_unregister_key((struct lock_class_key *)node);
	kfree(node->path);
	kfree(node);
}

void node_put(struct dentry *node)
{
	kref_put(&node->users, node_free);
}

struct dentry *node_find_in(const char *dir, const char *name)
{
	struct dentry *node;

	mutex_lock(&nodes_lock);
	node = find(dir, name);
	if (node)
		kref_get(&node->users);
	mutex_unlock(&nodes_lock);
	return node;
}

struct dentry *node_find(const char *path)
{
	return *path == '/' ? node_find_in("", path + 1) : NULL;
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
		.when_gone = info->when_gone,
		.undo = info->undo,
		.made_at = info->made_at,
		.gone = info->gone,
		.free = info->free,
	};
	init_rwsem(&node->inside);
	if (info->when_gone)
		lockdep_set_class_and_name(&node->inside, info->key ?: node,
					   info->key ? "kn->active" : path);
	lockdep_set_function(&node->inside);
	INIT_LIST_HEAD(&node->files);
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
	taken = find("", path + 1);
	node->inode.i_ino = ++last_ino;
	if (!taken)
		list_add_tail(&node->all, &nodes);
	mutex_unlock(&nodes_lock);
	if (taken) {
		node->free = NULL; // It is still the caller's.
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

bool node_is_empty(const struct dentry *node)
{
	const struct dentry *each;
	bool is_empty = true;

	mutex_lock(&nodes_lock);
	list_for_each_entry(each, &nodes, all) {
		if (each != node && lies_in(each->path, node->path))
			is_empty = false;
	}
	mutex_unlock(&nodes_lock);
	return is_empty;
}

/* Nobody finds it any more. Wait for who is inside, and let nobody in. */
static void close_node(struct dentry *node)
{
	if (!node->when_gone)
		return;
	down_write(&node->inside);
	node->is_gone = true;
	if (node->gone)
		node->gone(node);
	up_write(&node->inside);
}

bool node_remove(struct dentry *node)
{
	struct dentry *each, *next;
	bool removed = false;
	LIST_HEAD(gone);

	mutex_lock(&nodes_lock);
	list_for_each_entry_safe(each, next, &nodes, all) {
		if (each == node || lies_in(each->path, node->path)) {
			list_move(&each->all, &gone);
			removed |= each == node;
		}
	}
	mutex_unlock(&nodes_lock);
	list_for_each_entry_safe(each, next, &gone, all) {
		close_node(each);
		node_put(each);
	}
	return removed;
}

/* The caller's open file keeps the node. What it entered for it leaves in the end, so it is inside again, gone or not. */
bool node_remove_self(struct dentry *node)
{
	bool removed;

	up_read(&node->inside);
	removed = node_remove(node);
	down_read(&node->inside);
	return removed;
}

int node_enter(struct dentry *node)
{
	if (!node->when_gone)
		return 0;
	down_read(&node->inside);
	if (!node->is_gone)
		return 0;
	up_read(&node->inside);
	return node->when_gone;
}

void node_leave(struct dentry *node)
{
	if (node->when_gone)
		up_read(&node->inside);
}

void node_walk(void (*look)(struct dentry *node, void *arg), void *arg)
{
	struct dentry *node;

	mutex_lock(&nodes_lock);
	list_for_each_entry(node, &nodes, all)
		look(node, arg);
	mutex_unlock(&nodes_lock);
}
