/* simple_attr.c: files that hold one number.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/simple_attr.h"

#include "kernel/core/slab.h"
#include "kernel/files/uaccess.h"
#include "lib/format.h"
#include "lib/kstrtox.h"
#include "lib/string.h"

/* [I]  [l] under lock */
struct simple_attr {
	int (*get)(void *data, u64 *value); /* [I] */
	int (*set)(void *data, u64 value);  /* [I] */
	const char *format;                 /* [I] */
	void *data;                         /* [I] */
	struct mutex lock;
	char text[24]; /* [l] */
};

int simple_attr_open(struct inode *inode, struct file *file, int (*get)(void *data, u64 *value),
		     int (*set)(void *data, u64 value), const char *format)
{
	struct simple_attr *attr = kzalloc(sizeof(*attr), GFP_KERNEL);

	if (!attr)
		return -ENOMEM;
	attr->get = get;
	attr->set = set;
	attr->format = format;
	attr->data = inode->i_private;
	mutex_init(&attr->lock);
	file->private_data = attr;
	return 0;
}

int simple_attr_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

ssize_t simple_attr_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct simple_attr *attr = file->private_data;
	ssize_t result = 0;
	u64 value;

	if (!attr->get)
		return -EACCES;
	mutex_lock(&attr->lock);
	if (!*pos) {
		result = attr->get(attr->data, &value);
		if (!result)
			scnprintf(attr->text, sizeof(attr->text), attr->format, value);
	}
	if (!result)
		result = simple_read_from_buffer(to, size, pos, attr->text, strlen(attr->text));
	mutex_unlock(&attr->lock);
	return result;
}

ssize_t simple_attr_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	struct simple_attr *attr = file->private_data;
	char text[24] = { 0 };
	ssize_t result;
	u64 value;

	if (!attr->set)
		return -EACCES;
	if (copy_from_user(text, from, min(size, sizeof(text) - 1)))
		return -EFAULT;
	result = kstrtou64(text, 0, &value);
	if (result)
		return result;
	mutex_lock(&attr->lock);
	result = attr->set(attr->data, value);
	mutex_unlock(&attr->lock);
	return result ?: (ssize_t)size;
}
