/* platform_device.c: devices and drivers that find each other by name.
 * SPDX-License-Identifier: MIT
 *
 * Who is new goes through the list of the others, by their numbers: so that the lock of the lists is not held when a module's
 * function is called. What is looked at meanwhile has a reference, or a user, that its removal waits for.
 */
#include "kernel/files/platform_device.h"

#include "kernel/base/hooks.h"
#include "kernel/core/kstrdup.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/workqueue.h"
#include "lib/err.h"
#include "lib/string.h"

static DEFINE_MUTEX(lock);
static LIST_HEAD(devices);              /* under lock, the eldest first */
static LIST_HEAD(drivers);              /* under lock, the eldest first */
static unsigned long last_number;       /* under lock */
static DECLARE_WAIT_QUEUE_HEAD(unused); /* a driver that nobody looks at any more */
static struct bus_type platform_bus_type = { .name = "platform" };

/* The directory of those that have no parent. */
static struct device platform_bus = {
	.kobj = { .name = "platform", .path = "/sys/devices/platform", .kref = KREF_INIT(1) }
};

/* Who defers is asked again when another was bound, for what it looked for in vain may be there now. A bind() while its probe() runs is
 * not missed: the work that this queues waits for the device's lock, and sees then that it is deferred. */
static void ask_again(struct work_struct *work);
static DECLARE_WORK(deferred_work, ask_again);

/* ---- One device and one driver. The caller has locked the device ---- */

static bool fits(struct platform_device *device, const struct platform_driver *driver)
{
	const struct platform_device_id *id = driver->id_table;

	if (!id)
		return !strcmp(device->name, driver->driver.name);
	for (; *id->name; id++) {
		if (strcmp(device->name, id->name))
			continue;
		device->id_entry = id;
		return true;
	}
	return false;
}

static void forget_driver(struct platform_device *device)
{
	devres_release_all(&device->dev);
	device->bound = NULL;
	device->id_entry = NULL;
	device->dev.driver = NULL;
	device->dev.driver_data = NULL;
}

static void bind(struct platform_device *device, struct platform_driver *driver)
{
	int error;

	if (!device->is_there || device->bound || !fits(device, driver))
		return;
	device->dev.driver = &driver->driver;
	error = driver->probe ? driver->probe(device) : 0;
	if (!error) {
		device->bound = driver;
		schedule_work(&deferred_work);
		return;
	}
	device->deferred = error == -EPROBE_DEFER;
	if (!device->deferred && error != -ENODEV && error != -ENXIO)
		pr_warn("%s: probe of %s failed with error %d\n", driver->driver.name,
			dev_name(&device->dev), error);
	forget_driver(device);
}

static void unbind(struct platform_device *device)
{
	struct platform_driver *driver = device->bound;

	if (!driver)
		return;
	if (driver->remove)
		driver->remove(device);
	forget_driver(device);
}

/* ---- The lists ---- */

/* The device after number *@number, with a reference, or NULL. */
static struct platform_device *next_device(unsigned long *number)
{
	struct platform_device *device, *found = NULL;

	mutex_lock(&lock);
	list_for_each_entry(device, &devices, list) {
		if (!found && device->number > *number)
			found = device;
	}
	if (found) {
		*number = found->number;
		get_device(&found->dev);
	}
	mutex_unlock(&lock);
	return found;
}

/* The driver after number *@number, with one user more, or NULL. */
static struct platform_driver *next_driver(unsigned long *number)
{
	struct platform_driver *driver, *found = NULL;

	mutex_lock(&lock);
	list_for_each_entry(driver, &drivers, list) {
		if (!found && driver->number > *number)
			found = driver;
	}
	if (found) {
		*number = found->number;
		found->users++;
	}
	mutex_unlock(&lock);
	return found;
}

static void driver_put(struct platform_driver *driver)
{
	mutex_lock(&lock);
	WRITE_ONCE(driver->users, driver->users - 1);
	if (!driver->users)
		wake_up_all(&unused);
	mutex_unlock(&lock);
}

/* ---- Drivers ---- */

static int add_driver(struct platform_driver *new)
{
	const struct platform_driver *driver;
	bool is_new = true;

	mutex_lock(&lock);
	list_for_each_entry(driver, &drivers, list)
		is_new &= strcmp(driver->driver.name, new->driver.name) != 0;
	if (is_new) {
		new->number = ++last_number;
		new->users = 0;
		list_add_tail(&new->list, &drivers);
	}
	mutex_unlock(&lock);
	if (is_new)
		return 0;
	pr_err("Error: Driver '%s' is already registered, aborting...\n", new->driver.name);
	return -EBUSY;
}

int __platform_driver_register(struct platform_driver *driver, struct module *owner)
{
	struct platform_device *device;
	unsigned long number = 0;
	int error;

	driver->driver.owner = owner;
	driver->driver.bus = &platform_bus_type;
	error = add_driver(driver);
	if (error)
		return error;
	while ((device = next_device(&number))) {
		device_lock(&device->dev);
		bind(device, driver);
		device_unlock(&device->dev);
		put_device(&device->dev);
	}
	return 0;
}

void platform_driver_unregister(struct platform_driver *driver)
{
	struct platform_device *device;
	unsigned long number = 0;

	mutex_lock(&lock);
	list_del(&driver->list);
	mutex_unlock(&lock);
	wait_event(unused, !READ_ONCE(driver->users));
	while ((device = next_device(&number))) {
		device_lock(&device->dev);
		if (device->bound == driver)
			unbind(device);
		device_unlock(&device->dev);
		put_device(&device->dev);
	}
}

/* ---- Devices ---- */

static void offer_to_drivers(struct platform_device *device)
{
	struct platform_driver *driver;
	unsigned long number = 0;

	while ((driver = next_driver(&number))) {
		device_lock(&device->dev);
		bind(device, driver);
		device_unlock(&device->dev);
		driver_put(driver);
	}
}

static void ask_again(struct work_struct *work)
{
	struct platform_device *device;
	unsigned long number = 0;
	bool deferred;

	while ((device = next_device(&number))) {
		device_lock(&device->dev);
		deferred = device->deferred;
		device->deferred = false;
		device_unlock(&device->dev);
		if (deferred)
			offer_to_drivers(device);
		put_device(&device->dev);
	}
}

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
	int error;

	device->dev.bus = &platform_bus_type;
	if (!device->dev.parent)
		device->dev.parent = &platform_bus;
	error = name_device(device) ?:
			device_add_at(&device->dev, "platform_device_unregister()", made_at);
	if (error)
		return error;
	device->is_there = true;
	mutex_lock(&lock);
	device->number = ++last_number;
	list_add_tail(&device->list, &devices);
	mutex_unlock(&lock);
	offer_to_drivers(device);
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
	list_del(&device->list);
	mutex_unlock(&lock);
	device_lock(&device->dev);
	device->is_there = false;
	unbind(device);
	device_unlock(&device->dev);
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
	if (!device->name) {
		kfree(device);
		return NULL;
	}
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
