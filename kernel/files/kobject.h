/* kobject.h: what has a directory in /sys, and is counted.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. A kobject is memory that kobj_type's release() frees, when the last kobject_put() gives it back.
 *   2. kobject_put() takes the directory away too, with the files in it.
 */
#pragma once

#include <stdarg.h>

#include "kernel/core/kref.h"
#include "kernel/files/node.h"
#include "kernel/files/sysfs.h"
#include "lib/list.h"
#include "lib/macros.h"

struct kset;

struct kobj_type {
	void (*release)(struct kobject *kobj);
	const struct sysfs_ops *sysfs_ops;
	const struct attribute_group **default_groups;
};

/* [I] set when it is added */
struct kobject {
	const char *name;
	struct kobject *parent; /* [I] a reference */
	struct kset *kset;
	const struct kobj_type *ktype;
	const char *path;    /* [I] of the directory; NULL: not added yet */
	struct dentry *node; /* [I] the directory */
	struct kref kref;
};

/* Kobjects that belong together: a directory for theirs. */
struct kset {
	struct kobject kobj;
};

/* An attribute whose functions get the kobject itself. */
struct kobj_attribute {
	struct attribute attr;
	ssize_t (*show)(struct kobject *kobj, struct kobj_attribute *attr, char *to);
	ssize_t (*store)(struct kobject *kobj, struct kobj_attribute *attr, const char *from,
			 size_t size);
};

extern const struct sysfs_ops kobj_sysfs_ops;
extern struct kobject *const kernel_kobj; /* /sys/kernel */

/*
 * kobject_init - @kobj has one reference, and is of @ktype. kobject_add - give it a name and a directory, in @parent's, or its
 *   kset's, or in /sys. kobject_init_and_add - both.
 * kobject_create_and_add - a new one, whose attributes are kobj_attributes; NULL: it cannot be.
 * kobject_del - take the directory away. kobject_get, kobject_put - one more, one less reference.
 * kobject_set_name - before it is added. kobject_uevent - tell programs: there are none.
 * kset_create_and_add, kset_unregister - the same for a kset.
 * Sleep. Thread context. Return 0, or -EEXIST, -ENOMEM, -EINVAL.
 */
void kobject_init(struct kobject *kobj, const struct kobj_type *ktype);
int kobject_add(struct kobject *kobj, struct kobject *parent, const char *name, ...) __printf(3, 4);
int kobject_init_and_add(struct kobject *kobj, const struct kobj_type *ktype,
			 struct kobject *parent, const char *name, ...) __printf(4, 5);
int kobject_add_at(struct kobject *kobj, const char *undo, unsigned long made_at);
struct kobject *kobject_create_and_add(const char *name, struct kobject *parent);
void kobject_del(struct kobject *kobj);
struct kobject *kobject_get(struct kobject *kobj);
void kobject_put(struct kobject *kobj);
int kobject_set_name(struct kobject *kobj, const char *name, ...) __printf(2, 3);
int kobject_set_name_vargs(struct kobject *kobj, const char *name, va_list args) __printf(2, 0);

struct kset_uevent_ops;
struct kset *kset_create_and_add(const char *name, const struct kset_uevent_ops *ops,
				 struct kobject *parent);
void kset_unregister(struct kset *kset);

static inline const char *kobject_name(const struct kobject *kobj)
{
	return kobj->name;
}

enum kobject_action { KOBJ_ADD, KOBJ_REMOVE, KOBJ_CHANGE, KOBJ_MOVE, KOBJ_ONLINE, KOBJ_OFFLINE };

static inline int kobject_uevent(struct kobject *kobj, enum kobject_action action)
{
	return 0;
}
