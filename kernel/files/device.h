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
	char *(*devnode)(struct device *dev,
			 umode_t *mode); /* [I] asked for the mode of its file */
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

/* [I] set before it is added  [l] under device.c's lock */
struct device {
	struct kobject kobj;
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
	struct list_head managed; /* memory of devm_kmalloc() */
};

struct device_attribute {
	struct attribute attr;
	ssize_t (*show)(struct device *dev, struct device_attribute *attr, char *to);
	ssize_t (*store)(struct device *dev, struct device_attribute *attr, const char *from,
			 size_t size);
};

#define DEVICE_ATTR(name, mode, show, store)                                                       \
	struct device_attribute dev_attr_##name = __ATTR(name, mode, show, store)
#define DEVICE_ATTR_RO(name) struct device_attribute dev_attr_##name = __ATTR_RO(name)
#define DEVICE_ATTR_WO(name) struct device_attribute dev_attr_##name = __ATTR_WO(name)
#define DEVICE_ATTR_RW(name) struct device_attribute dev_attr_##name = __ATTR_RW(name)

/*
 * class_create - a new class @name. class_destroy - when its devices are gone. class_register, class_unregister - of the
 *   caller's memory. Sleep. Thread context. class_create() returns it or ERR_PTR(-EEXIST), -ENOMEM.
 */
struct class *class_create(struct module *owner, const char *name);
void class_destroy(struct class *class);
int class_register(struct class *class);
void class_unregister(struct class *class);

/*
 * device_create - a new device of @class, with a file in /dev if @devt is not 0; device_create_with_groups - with these attributes.
 * device_destroy - the one of that number. device_register, device_unregister - one of the caller's; its release() frees it.
 * device_create_file, device_remove_file - an attribute. Sleep. Thread context. Return 0 or the device, -EEXIST, -ENOMEM, -EINVAL.
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
 * devm_kmalloc, devm_kzalloc, devm_kcalloc, devm_kstrdup - memory that is freed when @dev goes; devm_kfree - before that.
 * Sleep. Thread context. NULL if there is none.
 */
void *devm_kmalloc(struct device *dev, size_t size, gfp_t flags);
void devm_kfree(struct device *dev, const void *memory);
char *devm_kstrdup(struct device *dev, const char *string, gfp_t flags);
#define devm_kzalloc(dev, size, flags)    devm_kmalloc((dev), (size), (flags) | __GFP_ZERO)
#define devm_kcalloc(dev, n, size, flags) devm_kzalloc((dev), array_size((n), (size)), (flags))

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
#define dev_dbg(dev, fmt, ...)    __dev_printk(KERN_DEBUG, dev, fmt, ##__VA_ARGS__)
#define dev_err_probe(dev, error, fmt, ...)                                                        \
	({                                                                                         \
		int __error = (error);                                                             \
		dev_err(dev, "error %pe: " fmt, ERR_PTR(__error), ##__VA_ARGS__);                  \
		__error;                                                                           \
	})
