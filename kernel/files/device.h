/* device.h: devices and their classes: what puts a file into /dev.
 * SPDX-License-Identifier: MIT
 *
 * There is no hardware behind any: a device here is a name, a number, data of its driver's, and attributes in /sys.
 */
#pragma once

#include "kernel/core/printk.h"
#include "kernel/core/printk_forms.h"
#include "kernel/core/slab.h"
#include "kernel/files/kobject.h"
#include "kernel/files/node.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/module.h"

struct device;
struct device_driver;
struct device_node;
struct dev_pm_ops;

/* [I] set before it is registered */
struct class
{
	const char *name;     /* [I] */
	struct module *owner; /* [I] */
	const struct attribute_group **class_groups;
	const struct attribute_group **dev_groups; /* [I] of each device */
	/* [I] asked for the mode of its file in /dev, and for its name, kmalloc'ed; NULL: the device's */
	char *(*devnode)(struct device *dev, umode_t *mode);
	void (*class_release)(struct class *class);
	void (*dev_release)(struct device *dev);
	struct kobject kobj; /* the directory */
};

struct bus_type {
	const char *name;
};

struct device_driver {
	const char *name;
	struct bus_type *bus;
	struct module *owner;
	const struct dev_pm_ops *pm; /* never called: nobody suspends */
	const void *of_match_table;
};

/* [I] set before it is added  [l] under device.c's lock  [m] under devres.c's */
struct device {
	struct kobject kobj;
	struct mutex
		mutex; /* device_lock(): held while its driver's probe() and remove() are called */
	struct device *parent;
	const char *init_name;
	struct bus_type *bus;
	struct device_driver *driver;
	void *platform_data;
	void *driver_data;
	dev_t devt; /* [I] 0: no file in /dev */
	u32 id;
	struct class *class;                   /* [I] */
	const struct attribute_group **groups; /* [I] */
	void (*release)(struct device *dev);
	struct device_node *of_node;
	struct dentry *node;      /* the file in /dev */
	struct list_head list;    /* [l] */
	struct list_head managed; /* [m] what devm_...() has made, the youngest first */
};

struct device_attribute {
	struct attribute attr;
	ssize_t (*show)(struct device *dev, struct device_attribute *attr, char *to);
	ssize_t (*store)(struct device *dev, struct device_attribute *attr, const char *from,
			 size_t size);
};

struct class_attribute {
	struct attribute attr;
	ssize_t (*show)(struct class *class, struct class_attribute *attr, char *to);
	ssize_t (*store)(struct class *class, struct class_attribute *attr, const char *from,
			 size_t size);
};

#define CLASS_ATTR_RO(name) struct class_attribute class_attr_##name = __ATTR_RO(name)
#define CLASS_ATTR_WO(name) struct class_attribute class_attr_##name = __ATTR_WO(name)
#define CLASS_ATTR_RW(name) struct class_attribute class_attr_##name = __ATTR_RW(name)

#define DEVICE_ATTR(name, mode, show, store)                                                       \
	struct device_attribute dev_attr_##name = __ATTR(name, mode, show, store)
#define DEVICE_ATTR_RO(name) struct device_attribute dev_attr_##name = __ATTR_RO(name)
#define DEVICE_ATTR_WO(name) struct device_attribute dev_attr_##name = __ATTR_WO(name)
#define DEVICE_ATTR_RW(name) struct device_attribute dev_attr_##name = __ATTR_RW(name)

/*
 * class_create - a new class @name. class_destroy - when its devices are gone. class_register, class_unregister - of the
 *   caller's memory. class_create_file, class_remove_file - an attribute of its directory's.
 * Sleep. Thread context. class_create() returns it or ERR_PTR(-EEXIST), -ENOMEM; the others 0, or such an error.
 */
struct class *class_create(struct module *owner, const char *name);
void class_destroy(struct class *class);
int class_register(struct class *class);
void class_unregister(struct class *class);
int class_create_file(struct class *class, const struct class_attribute *attr);
void class_remove_file(struct class *class, const struct class_attribute *attr);

/*
 * device_create - a new device of @class, with a file in /dev if @devt is not 0; device_create_with_groups - with these attributes.
 * device_destroy - the one of that number. device_register, device_unregister - one of the caller's; its release() frees it, and
 *   that there is none is reported. One without a class has its directory in its parent's, or in /sys/devices.
 * device_create_file, device_remove_file - an attribute; device_remove_file_self - by its own store().
 * Sleep. Thread context. Return 0 or the device, -EEXIST, -ENOMEM, -EINVAL; device_remove_file_self() as sysfs_remove_file_self().
 */
struct device *device_create(struct class *class, struct device *parent, dev_t devt, void *data,
			     const char *name, ...) __printf(5, 6);
struct device *device_create_with_groups(struct class *class, struct device *parent, dev_t devt,
					 void *data, const struct attribute_group **groups,
					 const char *name, ...) __printf(6, 7);
void device_destroy(struct class *class, dev_t devt);
void device_initialize(struct device *dev);
int device_add(struct device *dev);
int device_register(struct device *dev);
void device_del(struct device *dev);
void device_unregister(struct device *dev);
struct device *get_device(struct device *dev);
void put_device(struct device *dev);
int dev_set_name(struct device *dev, const char *name, ...) __printf(2, 3);
int device_create_file(struct device *dev, const struct device_attribute *attr);
void device_remove_file(struct device *dev, const struct device_attribute *attr);
bool device_remove_file_self(struct device *dev, const struct device_attribute *attr);

/* device_add_at - device_add() for who was called at @made_at, and undoes it by @undo. For device.c and miscdevice.c. */
int device_add_at(struct device *dev, const char *undo, unsigned long made_at);

static inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

static inline void dev_set_drvdata(struct device *dev, void *data)
{
	dev->driver_data = data;
}

static inline void *dev_get_platdata(const struct device *dev)
{
	return dev->platform_data;
}

static inline const char *dev_name(const struct device *dev)
{
	return dev->init_name ?: kobject_name(&dev->kobj);
}

/* dev_driver_string - of whom a device's messages are: its driver, bus or class. Any context. */
const char *dev_driver_string(const struct device *dev);

/*
 * device_lock, device_unlock, device_trylock - keep its driver from being bound to it or taken off. As of a mutex. That they nest, a
 *   device's in its parent's, is not checked.
 */
static inline void device_lock(struct device *dev)
{
	mutex_lock(&dev->mutex);
}

static inline int device_trylock(struct device *dev)
{
	return mutex_trylock(&dev->mutex);
}

static inline void device_unlock(struct device *dev)
{
	mutex_unlock(&dev->mutex);
}

/*
 * What is undone when @dev's driver is taken off, its probe() fails, or @dev goes: the youngest first.
 * devm_kmalloc, devm_kzalloc, devm_kcalloc, devm_kstrdup, devm_kasprintf, devm_kmemdup - memory that is freed then; devm_kfree - before.
 *   Never sleep. Any context but NMI; rule 5 of slab.h.
 * devm_add_action - @action(@data) is called then; devm_add_action_or_reset - or now, if there is no memory for it.
 *   Sleep. Thread context. devm_remove_action - it is not; devm_release_action - it is called now. Never sleep, but for @action.
 * Return NULL or -ENOMEM if there is no memory. What devm_kfree(), devm_remove_action() and devm_release_action() are given must be
 * @dev's, and is warned of if not.
 */
void *devm_kmalloc(struct device *dev, size_t size, gfp_t flags);
void devm_kfree(struct device *dev, const void *memory);
char *devm_kstrdup(struct device *dev, const char *string, gfp_t flags);
char *devm_kasprintf(struct device *dev, gfp_t flags, const char *format, ...) __printf(3, 4);
void *devm_kmemdup(struct device *dev, const void *from, size_t size, gfp_t flags);
#define devm_kzalloc(dev, size, flags)    devm_kmalloc((dev), (size), (flags) | __GFP_ZERO)
#define devm_kcalloc(dev, n, size, flags) devm_kzalloc((dev), array_size((n), (size)), (flags))
int devm_add_action(struct device *dev, void (*action)(void *data), void *data);
int devm_add_action_or_reset(struct device *dev, void (*action)(void *data), void *data);
void devm_remove_action(struct device *dev, void (*action)(void *data), void *data);
void devm_release_action(struct device *dev, void (*action)(void *data), void *data);

/* devres_release_all - undo all that now. For who unbinds a driver. Sleeps. Thread context. */
void devres_release_all(struct device *dev);

/* Messages of a device's, with its driver's and its own name before them. @dev may be NULL. */
#define dev_printk(level, dev, fmt, ...) __dev_printk(level, dev, fmt, ##__VA_ARGS__)
#define __dev_printk(level, dev, fmt, ...)                                                         \
	({                                                                                         \
		const struct device *__dev = (dev);                                                \
		printk(level "%s%s%s: " fmt, __dev ? dev_driver_string(__dev) : "(NULL device *)", \
		       __dev ? " " : "", __dev ? dev_name(__dev) : "", ##__VA_ARGS__);             \
	})
#define dev_emerg(dev, fmt, ...)  __dev_printk(KERN_EMERG, dev, fmt, ##__VA_ARGS__)
#define dev_alert(dev, fmt, ...)  __dev_printk(KERN_ALERT, dev, fmt, ##__VA_ARGS__)
#define dev_crit(dev, fmt, ...)   __dev_printk(KERN_CRIT, dev, fmt, ##__VA_ARGS__)
#define dev_err(dev, fmt, ...)    __dev_printk(KERN_ERR, dev, fmt, ##__VA_ARGS__)
#define dev_warn(dev, fmt, ...)   __dev_printk(KERN_WARNING, dev, fmt, ##__VA_ARGS__)
#define dev_notice(dev, fmt, ...) __dev_printk(KERN_NOTICE, dev, fmt, ##__VA_ARGS__)
#define dev_info(dev, fmt, ...)   __dev_printk(KERN_INFO, dev, fmt, ##__VA_ARGS__)
#define dev_dbg(dev, fmt, ...)                                                                     \
	((void)(DEBUG_IS_PRINTED && __dev_printk(KERN_DEBUG, dev, fmt, ##__VA_ARGS__)))

#define dev_level_once(level, dev, fmt, ...)                                                       \
	do {                                                                                       \
		if (__first_time())                                                                \
			level(dev, fmt, ##__VA_ARGS__);                                            \
	} while (0)
#define dev_emerg_once(dev, fmt, ...)  dev_level_once(dev_emerg, dev, fmt, ##__VA_ARGS__)
#define dev_alert_once(dev, fmt, ...)  dev_level_once(dev_alert, dev, fmt, ##__VA_ARGS__)
#define dev_crit_once(dev, fmt, ...)   dev_level_once(dev_crit, dev, fmt, ##__VA_ARGS__)
#define dev_err_once(dev, fmt, ...)    dev_level_once(dev_err, dev, fmt, ##__VA_ARGS__)
#define dev_warn_once(dev, fmt, ...)   dev_level_once(dev_warn, dev, fmt, ##__VA_ARGS__)
#define dev_notice_once(dev, fmt, ...) dev_level_once(dev_notice, dev, fmt, ##__VA_ARGS__)
#define dev_info_once(dev, fmt, ...)   dev_level_once(dev_info, dev, fmt, ##__VA_ARGS__)
#define dev_dbg_once(dev, fmt, ...)    dev_level_once(dev_dbg, dev, fmt, ##__VA_ARGS__)

#define dev_level_ratelimited(level, dev, fmt, ...)                                                \
	do {                                                                                       \
		static DEFINE_RATELIMIT_STATE(__limit, DEFAULT_RATELIMIT_INTERVAL,                 \
					      DEFAULT_RATELIMIT_BURST);                            \
		if (__ratelimit(&__limit))                                                         \
			level(dev, fmt, ##__VA_ARGS__);                                            \
	} while (0)
#define dev_emerg_ratelimited(dev, fmt, ...)                                                       \
	dev_level_ratelimited(dev_emerg, dev, fmt, ##__VA_ARGS__)
#define dev_alert_ratelimited(dev, fmt, ...)                                                       \
	dev_level_ratelimited(dev_alert, dev, fmt, ##__VA_ARGS__)
#define dev_crit_ratelimited(dev, fmt, ...) dev_level_ratelimited(dev_crit, dev, fmt, ##__VA_ARGS__)
#define dev_err_ratelimited(dev, fmt, ...)  dev_level_ratelimited(dev_err, dev, fmt, ##__VA_ARGS__)
#define dev_warn_ratelimited(dev, fmt, ...) dev_level_ratelimited(dev_warn, dev, fmt, ##__VA_ARGS__)
#define dev_notice_ratelimited(dev, fmt, ...)                                                      \
	dev_level_ratelimited(dev_notice, dev, fmt, ##__VA_ARGS__)
#define dev_info_ratelimited(dev, fmt, ...) dev_level_ratelimited(dev_info, dev, fmt, ##__VA_ARGS__)
#define dev_dbg_ratelimited(dev, fmt, ...)  dev_level_ratelimited(dev_dbg, dev, fmt, ##__VA_ARGS__)

#define dev_err_probe(dev, error, fmt, ...)                                                        \
	({                                                                                         \
		int __error = (error);                                                             \
		if (__error == -EPROBE_DEFER)                                                      \
			dev_dbg(dev, "error %pe: " fmt, ERR_PTR(__error), ##__VA_ARGS__);          \
		else                                                                               \
			dev_err(dev, "error %pe: " fmt, ERR_PTR(__error), ##__VA_ARGS__);          \
		__error;                                                                           \
	})
