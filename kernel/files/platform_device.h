/* platform_device.h: devices and drivers that find each other by name.
 * SPDX-License-Identifier: MIT
 *
 * A driver is asked to probe() each device of its name, whichever of the two comes first, and to remove() it when one goes.
 * The devices are those that modules make themselves. Both functions are called with the device locked (device_lock()), and
 * with nothing else: they may register devices and drivers of their own.
 */
#pragma once

#include "kernel/files/device.h"
#include "kernel/module.h"

#define PLATFORM_DEVID_NONE (-1)
#define PLATFORM_DEVID_AUTO (-2)

struct platform_device_id {
	char name[24];
	unsigned long driver_data;
};

/* [I] set before it is registered  [d] under device_lock()  [l] under platform_device.c's lock */
struct platform_device {
	const char *name; /* [I] */
	int id;           /* [I] */
	struct device dev;
	const struct platform_device_id *id_entry; /* [d] what of the driver's table fits */
	struct platform_driver *bound;             /* [d] or NULL */
	bool is_there;                             /* [d] */
	bool deferred;                             /* [d] probe() wants to be asked again */
	unsigned long number;                      /* [l] the younger, the higher */
	struct list_head list;                     /* [l] */
};

/* [I] set before it is registered  [l] */
struct platform_driver {
	int (*probe)(struct platform_device *device);
	int (*remove)(struct platform_device *device);
	void (*shutdown)(struct platform_device *device); /* never called */
	struct device_driver driver;
	const struct platform_device_id *id_table; /* NULL: driver.name is the one name */
	unsigned long number;                      /* [l] the younger, the higher */
	unsigned int users;                        /* [l] threads that look whether it fits */
	struct list_head list;                     /* [l] */
};

/* What is called when a machine is suspended: never here. */
struct dev_pm_ops {
	int (*prepare)(struct device *dev);
	int (*suspend)(struct device *dev);
	int (*resume)(struct device *dev);
	int (*freeze)(struct device *dev);
	int (*thaw)(struct device *dev);
	int (*poweroff)(struct device *dev);
	int (*restore)(struct device *dev);
	int (*runtime_suspend)(struct device *dev);
	int (*runtime_resume)(struct device *dev);
	int (*runtime_idle)(struct device *dev);
};

/* As a board would describe the device; here nobody does. */
struct of_device_id {
	char name[32];
	char type[32];
	char compatible[128];
	const void *data;
};
#define of_match_ptr(table) (table)

/*
 * platform_device_register, platform_driver_register - from now on the two find each other; ..._unregister - not any more.
 * platform_device_register_simple - a new device, without resources; platform_device_alloc, platform_device_add,
 *   platform_device_put - in steps; platform_device_add_data - with a copy of @data as its platform_data.
 * Sleep. Thread context. Return 0 or the device; -EEXIST, -ENOMEM, -EBUSY (a driver of that name is there). That a probe() fails is
 * said, and no error of the other's; what devm_...() had made is undone then. One that returns -EPROBE_DEFER is asked again, by a
 * work, when another driver has been bound.
 */
int platform_device_register(struct platform_device *device);
void platform_device_unregister(struct platform_device *device);
int __platform_driver_register(struct platform_driver *driver, struct module *owner);
#define platform_driver_register(driver) __platform_driver_register((driver), THIS_MODULE)
void platform_driver_unregister(struct platform_driver *driver);
struct platform_device *platform_device_alloc(const char *name, int id);
int platform_device_add_data(struct platform_device *device, const void *data, size_t size);
int platform_device_add(struct platform_device *device);
void platform_device_put(struct platform_device *device);
void platform_device_del(struct platform_device *device);
struct platform_device *platform_device_register_simple(const char *name, int id,
							const void *resources, unsigned int n);

#define to_platform_device(device) container_of((device), struct platform_device, dev)

static inline void *platform_get_drvdata(const struct platform_device *device)
{
	return dev_get_drvdata(&device->dev);
}

static inline void platform_set_drvdata(struct platform_device *device, void *data)
{
	dev_set_drvdata(&device->dev, data);
}

static inline const struct platform_device_id *
platform_get_device_id(const struct platform_device *device)
{
	return device->id_entry;
}

#define module_driver(driver, register, unregister)                                                \
	static int __init driver##_init(void)                                                      \
	{                                                                                          \
		return register(&(driver));                                                        \
	}                                                                                          \
	module_init(driver##_init);                                                                \
	static void __exit driver##_exit(void)                                                     \
	{                                                                                          \
		unregister(&(driver));                                                             \
	}                                                                                          \
	module_exit(driver##_exit)
#define module_platform_driver(driver)                                                             \
	module_driver(driver, platform_driver_register, platform_driver_unregister)
