/* sysfs.h: attributes: files of a line, each read and written by a function.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

struct kobject;

struct attribute {
	const char *name;
	umode_t mode;
};

struct attribute_group {
	const char *name; /* of a directory for them; NULL: they are the kobject's own */
	umode_t (*is_visible)(struct kobject *kobj, struct attribute *attr, int i);
	struct attribute **attrs;
};

/* What reads and writes the attributes of a kind of kobject. show() has a page to write to. */
struct sysfs_ops {
	ssize_t (*show)(struct kobject *kobj, struct attribute *attr, char *to);
	ssize_t (*store)(struct kobject *kobj, struct attribute *attr, const char *from,
			 size_t size);
};

#define __ATTR(attr_name, attr_mode, attr_show, attr_store)                                        \
	{                                                                                          \
		.attr = { .name = #attr_name, .mode = (attr_mode) }, .show = (attr_show),          \
		.store = (attr_store),                                                             \
	}
#define __ATTR_RO(name)            __ATTR(name, 0444, name##_show, NULL)
#define __ATTR_RO_MODE(name, mode) __ATTR(name, mode, name##_show, NULL)
#define __ATTR_WO(name)            __ATTR(name, 0200, NULL, name##_store)
#define __ATTR_RW(name)            __ATTR(name, 0644, name##_show, name##_store)
#define __ATTR_RW_MODE(name, mode) __ATTR(name, mode, name##_show, name##_store)
#define __ATTR_NULL                                                                                \
	{                                                                                          \
		.attr = {.name = NULL }                                                            \
	}
#define sysfs_attr_init(attr) ((void)(attr))

#define ATTRIBUTE_GROUPS(base)                                                                     \
	static const struct attribute_group base##_group = { .attrs = base##_attrs };              \
	static const struct attribute_group *base##_groups[] = { &base##_group, NULL }

/*
 * sysfs_create_file - a file of @kobj's, read and written by its kind's functions. sysfs_create_files, sysfs_create_group,
 *   sysfs_create_groups - several. sysfs_remove_... - take them away; so does kobject_put(). That waits for the show() or
 *   store() that runs: the caller must not hold a lock that they take, and they must not remove their own file,
 *   but from store(), by sysfs_remove_file_self(), for which the kobject must last until they return: false, if another has removed it.
 * sysfs_emit - what show() prints, a page at most; sysfs_emit_at - from @at on. sysfs_notify - wake who polls: nobody.
 * Sleep, but for sysfs_emit(). Thread context. Return 0, or -EEXIST, -ENOMEM, -EINVAL.
 */
int sysfs_create_file(struct kobject *kobj, const struct attribute *attr);
int sysfs_create_files(struct kobject *kobj, const struct attribute *const *attrs);
int sysfs_create_group(struct kobject *kobj, const struct attribute_group *group);
int sysfs_create_groups(struct kobject *kobj, const struct attribute_group **groups);
void sysfs_remove_file(struct kobject *kobj, const struct attribute *attr);
bool sysfs_remove_file_self(struct kobject *kobj, const struct attribute *attr);
void sysfs_remove_files(struct kobject *kobj, const struct attribute *const *attrs);
void sysfs_remove_group(struct kobject *kobj, const struct attribute_group *group);
void sysfs_remove_groups(struct kobject *kobj, const struct attribute_group **groups);
int sysfs_emit(char *to, const char *format, ...) __printf(2, 3);
int sysfs_emit_at(char *to, int at, const char *format, ...) __printf(3, 4);

static inline void sysfs_notify(struct kobject *kobj, const char *dir, const char *attr)
{
}
