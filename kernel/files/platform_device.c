/* platform_device.c: devices and drivers that find each other by name.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/platform_device.h"

#include "kernel/base/hooks.h"
#include "kernel/core/kstrdup.h"
#include "kernel/locking/sleep/mutex.h"
#include "lib/err.h"
#include "lib/string.h"

static DEFINE_MUTEX(lock);
static LIST_HEAD(devices); /* under lock */
static LIST_HEAD(drivers); /* under lock */
static struct bus_type platform_bus = { .name = "platform" };

/* ---- Finding each other. The caller holds lock ---- */

static bool fits(struct platform_device *device, const struct platform_driver *driver)
{
	const struct platform_device_id *id = driver->id_table;

	if (!id)
		return !strcmp(device->name, driver->driver.name);
	for (; *id->name; id++) {
		device->id_entry = id;
		if (!strcmp(device->name, id->name))
			return true;
	}
	return false;
}

static void bind(struct platform_device *device, struct platform_driver *driver)
{
	int error;

	if (device->bound || !fits(device, driver))
		return;
	device->dev.driver = &driver->driver;
	error = driver->probe ? driver->probe(device) : 0;
	if (!error) {
		device->bound = driver;
		return;
	}
	device->dev.driver = NULL;
	if (error != -ENODEV && error != -ENXIO)
		pr_warn("%s: probe of %s failed with error %d\n", driver->driver.name,
			dev_name(&device->dev), error);
}

static void unbind(struct platform_device *device)
{
	struct platform_driver *driver = device->bound;

	if (driver && driver->remove)
		driver->remove(device);
	device->bound = NULL;
	device->dev.driver = NULL;
}

/* ---- Drivers ---- */

int __platform_driver_register(struct platform_driver *driver, struct module *owner)
{
	struct platform_device *device;

	driver->driver.owner = owner;
	mutex_lock(&lock);
	list_add_tail(&driver->list, &drivers);
	list_for_each_entry(device, &devices, list)
		bind(device, driver);
	mutex_unlock(&lock);
	return 0;
}

void platform_driver_unregister(struct platform_driver *driver)
{
	struct platform_device *device;

	mutex_lock(&lock);
	list_for_each_entry(device, &devices, list) {
		if (device->bound == driver)
			unbind(device);
	}
	list_del(&driver->list);
	mutex_unlock(&lock);
}

/* ---- Devices ---- */

static int name_device(struct platform_device *device)
{
	static atomic_t last = ATOMIC_INIT(-1);

	if (device->id == PLATFORM_DEVID_NONE)
		return dev_set_name(&device->dev, "%s", device->name);
	if (device->id == PLATFORM_DEVID_AUTO)
		return dev_set_name(&device->dev, "%s.%d.auto", device->name,
				    atomic_inc_return(&last));
	return dev_set_name(&device->dev, "%s.%d", device->name, device->id);
}

static int add(struct platform_device *device, unsigned long made_at)
{
	struct platform_driver *driver;
	int error;

	device->dev.bus = &platform_bus;
	error = name_device(device) ?:
			device_add_at(&device->dev, "platform_device_unregister()", made_at);
	if (error)
		return error;
	mutex_lock(&lock);
	list_add_tail(&device->list, &devices);
	list_for_each_entry(driver, &drivers, list)
		bind(device, driver);
	mutex_unlock(&lock);
	return 0;
}

int platform_device_register(struct platform_device *device)
{
	device_initialize(&device->dev);
	return add(device, _RET_IP_);
}

int platform_device_add(struct platform_device *device)
{
	return add(device, _RET_IP_);
}

void platform_device_del(struct platform_device *device)
{
	mutex_lock(&lock);
	unbind(device);
	list_del(&device->list);
	mutex_unlock(&lock);
	device_del(&device->dev);
}

void platform_device_put(struct platform_device *device)
{
	if (!IS_ERR_OR_NULL(device))
		put_device(&device->dev);
}

void platform_device_unregister(struct platform_device *device)
{
	if (IS_ERR_OR_NULL(device))
		return;
	platform_device_del(device);
	platform_device_put(device);
}

static void allocated_free(struct device *dev)
{
	struct platform_device *device = to_platform_device(dev);

	kfree(device->dev.platform_data);
	kfree(device->name);
	kfree(device);
}

struct platform_device *platform_device_alloc(const char *name, int id)
{
	struct platform_device *device = kzalloc(sizeof(*device), GFP_KERNEL);

	if (!device)
		return NULL;
	device->name = kstrdup(name, GFP_KERNEL);
	device->id = id;
	device_initialize(&device->dev);
	device->dev.release = allocated_free;
	return device;
}

int platform_device_add_data(struct platform_device *device, const void *data, size_t size)
{
	void *copy = data ? kmemdup(data, size, GFP_KERNEL) : NULL;

	if (data && !copy)
		return -ENOMEM;
	kfree(device->dev.platform_data);
	device->dev.platform_data = copy;
	return 0;
}

struct platform_device *platform_device_register_simple(const char *name, int id,
							const void *resources, unsigned int n)
{
	struct platform_device *device = platform_device_alloc(name, id);
	int error = device ? add(device, _RET_IP_) : -ENOMEM;

	if (!error)
		return device;
	platform_device_put(device);
	return ERR_PTR(error);
}
