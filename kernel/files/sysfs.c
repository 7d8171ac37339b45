/* sysfs.c: attributes as files.
 * SPDX-License-Identifier: MIT
 *
 * A file that is open has a page. What show() prints to it is what is read, however many reads that takes; a read at
 * the beginning asks anew. What is written goes to store() at once, a copy for each write. Neither is called when the file was removed, so the
 * kobject is there whenever they are (node.h).
 */
#include "kernel/files/sysfs.h"

#include <arch/paging.h>

#include "kernel/base/hooks.h"
#include "kernel/core/slab.h"
#include "kernel/files/file.h"
#include "kernel/files/kobject.h"
#include "kernel/files/uaccess.h"
#include "lib/err.h"
#include "lib/format.h"
#include "lib/string.h"

/* An open file's page, and how much of it is filled. */
struct page_text {
	struct mutex lock;
	size_t length;
	char text[PAGE_SIZE];
};

static const struct sysfs_ops *ops_of(const struct kobject *kobj)
{
	return kobj->ktype ? kobj->ktype->sysfs_ops : NULL;
}

/* What the mode does not allow, and what the kind of kobject cannot do, nobody may: not even root. */
static bool is_allowed(const struct file *file)
{
	const struct sysfs_ops *ops = ops_of(file->f_path.dentry->owner);
	umode_t mode = file->f_inode->i_mode;

	if ((file->f_mode & FMODE_READ) && (!(mode & 0444) || !ops || !ops->show))
		return false;
	return !(file->f_mode & FMODE_WRITE) || ((mode & 0222) && ops && ops->store);
}

static int sysfs_open(struct inode *inode, struct file *file)
{
	struct page_text *page;

	if (!is_allowed(file))
		return -EACCES;
	page = kzalloc(sizeof(*page), GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	mutex_init(&page->lock);
	file->private_data = page;
	return 0;
}

static int sysfs_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static ssize_t fill(struct file *file, struct page_text *page)
{
	struct kobject *kobj = file->f_path.dentry->owner;
	ssize_t length = ops_of(kobj)->show(kobj, file->f_inode->i_private, page->text);

	if (length >= 0)
		page->length = min((size_t)length, sizeof(page->text) - 1);
	return length;
}

static ssize_t sysfs_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct page_text *page = file->private_data;
	ssize_t result = 0;

	mutex_lock(&page->lock);
	if (!*pos)
		result = fill(file, page);
	if (result >= 0)
		result = simple_read_from_buffer(to, size, pos, page->text, page->length);
	mutex_unlock(&page->lock);
	return result;
}

/* Without the page's lock, which another's read of the same open file may wait for: that is inside, and store() may
 * wait for all who are. */
static ssize_t sysfs_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct kobject *kobj = file->f_path.dentry->owner;
	ssize_t result;
	char *text;

	size = min(size, (size_t)PAGE_SIZE - 1);
	text = memdup_user_nul(from, size);
	if (IS_ERR(text))
		return PTR_ERR(text);
	result = ops_of(kobj)->store(kobj, file->f_inode->i_private, text, size);
	kfree(text);
	return result;
}

static const struct file_operations sysfs_fops = { .open = sysfs_open,
						   .read = sysfs_read,
						   .write = sysfs_write,
						   .release = sysfs_release };

/* ---- Making them ---- */

static int create(struct kobject *kobj, const char *dir, const struct attribute *attr, umode_t mode,
		  unsigned long made_at)
{
	const struct node_info info = { .mode = S_IFREG | mode,
					.fops = &sysfs_fops,
					.private = (void *)attr,
					.owner = kobj,
					.when_gone = -ENODEV,
					.key = attr,
					.undo = "sysfs_remove_file()",
					.made_at = made_at };

	return PTR_ERR_OR_ZERO(node_add(dir, attr->name, &info));
}

static void remove_in(const char *dir, const char *name)
{
	struct dentry *node = node_find_in(dir, name);

	if (!node)
		return;
	node_remove(node);
	node_put(node);
}

int sysfs_create_file(struct kobject *kobj, const struct attribute *attr)
{
	if (!kobj || !kobj->path || !attr)
		return -EINVAL;
	return create(kobj, kobj->path, attr, attr->mode, _RET_IP_);
}

int sysfs_create_files(struct kobject *kobj, const struct attribute *const *attrs)
{
	int error = 0;

	for (; *attrs && !error; attrs++)
		error = sysfs_create_file(kobj, *attrs);
	return error;
}

/* A group that has a name has a directory. */
static int create_group(struct kobject *kobj, const struct attribute_group *group,
			unsigned long made_at)
{
	const struct node_info info = { .mode = S_IFDIR | 0755,
					.undo = "sysfs_remove_group()",
					.made_at = made_at };
	struct dentry *dir = NULL;
	int error = 0;

	if (group->name) {
		dir = node_add(kobj->path, group->name, &info);
		if (IS_ERR(dir))
			return (int)PTR_ERR(dir);
	}
	for (int i = 0; group->attrs && group->attrs[i] && !error; i++) {
		struct attribute *attr = group->attrs[i];
		umode_t mode = group->is_visible ? group->is_visible(kobj, attr, i) : attr->mode;

		if (mode)
			error = create(kobj, dir ? dir->path : kobj->path, attr, mode, made_at);
	}
	return error;
}

int sysfs_create_group(struct kobject *kobj, const struct attribute_group *group)
{
	if (!kobj || !kobj->path)
		return -EINVAL;
	return create_group(kobj, group, _RET_IP_);
}

int sysfs_create_groups(struct kobject *kobj, const struct attribute_group **groups)
{
	int error = 0;

	for (; groups && *groups && !error; groups++)
		error = create_group(kobj, *groups, _RET_IP_);
	return error;
}

void sysfs_remove_file(struct kobject *kobj, const struct attribute *attr)
{
	if (kobj->path)
		remove_in(kobj->path, attr->name);
}

bool sysfs_remove_file_self(struct kobject *kobj, const struct attribute *attr)
{
	struct dentry *node = node_find_in(kobj->path, attr->name);
	bool removed = node && node_remove_self(node);

	dput(node);
	return removed;
}

void sysfs_remove_files(struct kobject *kobj, const struct attribute *const *attrs)
{
	for (; *attrs; attrs++)
		sysfs_remove_file(kobj, *attrs);
}

/* A group's directory goes with what is in it. */
void sysfs_remove_group(struct kobject *kobj, const struct attribute_group *group)
{
	if (!kobj->path)
		return;
	if (group->name)
		remove_in(kobj->path, group->name);
	else if (group->attrs)
		sysfs_remove_files(kobj, (const struct attribute *const *)group->attrs);
}

void sysfs_remove_groups(struct kobject *kobj, const struct attribute_group **groups)
{
	for (; groups && *groups; groups++)
		sysfs_remove_group(kobj, *groups);
}

/* ---- What show() prints ---- */

int sysfs_emit_at(char *to, int at, const char *format, ...)
{
	va_list args;
	int length;

	if (at < 0 || at >= (int)PAGE_SIZE)
		return 0;
	va_start(args, format);
	length = vscnprintf(to + at, PAGE_SIZE - (size_t)at, format, args);
	va_end(args);
	return length;
}

int sysfs_emit(char *to, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vscnprintf(to, PAGE_SIZE, format, args);
	va_end(args);
	return length;
}
