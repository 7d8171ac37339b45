/* device_test.c: devices, their classes and drivers, and what goes with them.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/device.h"

#include "kernel/files/platform_device.h"
#include "kernel/irq_line.h"
#include "kernel/test/files_test.h"
#include "kernel/test/test.h"
#include "kernel/workqueue.h"
#include "lib/err.h"
#include "lib/scan.h"
#include "lib/string.h"

static bool is_there(const char *path)
{
	struct dentry *node = node_find(path);

	dput(node);
	return node;
}

/* ---- Classes ---- */

static int class_value;

static ssize_t value_show(struct class *class, struct class_attribute *attr, char *to)
{
	return sysfs_emit(to, "%s %d\n", class->name, class_value);
}

static ssize_t value_store(struct class *class, struct class_attribute *attr, const char *from,
			   size_t size)
{
	return sscanf(from, "%d", &class_value) == 1 ? (ssize_t)size : -EINVAL;
}

static CLASS_ATTR_RW(value);

TEST(class_attributes)
{
	struct class *class = class_create(NULL, "test_class");
	char *user = user_begin();

	REQUIRE(!IS_ERR(class));
	class_value = 5;
	EXPECT_EQ(class_create_file(class, &class_attr_value), 0);
	EXPECT_EQ(cat("/sys/class/test_class/value", user, 100), 13);
	EXPECT(!strcmp(user, "test_class 5\n"));
	strscpy(user, "6", 2);
	EXPECT_EQ(echo("/sys/class/test_class/value", user), 1);
	EXPECT_EQ(class_value, 6);
	class_remove_file(class, &class_attr_value);
	EXPECT(!is_there("/sys/class/test_class/value"));
	class_destroy(class);
	user_end(user);
}

/* ---- Devices ---- */

static void not_freed(struct device *dev)
{
}

static void unregister(void *dev)
{
	device_unregister(dev);
}

TEST(device_paths)
{
	struct device parent = { .init_name = "test_parent", .release = not_freed };
	struct device child = { .init_name = "test_child", .parent = &parent };

	EXPECT_EQ(device_register(&parent), 0);
	EXPECT_EQ(device_register(&child), 0);
	EXPECT(is_there("/sys/devices/test_parent/test_child"));
	EXPECT_EQ(test_warnings(unregister, &child, "does not have a release() function"), 1);
	EXPECT_EQ(test_warnings(unregister, &parent, ""), 0);
	EXPECT(!is_there("/sys/devices/test_parent"));
}

/* ---- What goes with them ---- */

static char order[8];

static void note(void *letter)
{
	order[strlen(order)] = *(const char *)letter;
}

static irqreturn_t no_handler(int irq, void *dev)
{
	return IRQ_HANDLED;
}

TEST(devres)
{
	struct device dev = { .init_name = "test_dev", .release = not_freed };
	char *text, *early;

	memset(order, 0, sizeof(order));
	EXPECT_EQ(device_register(&dev), 0);
	EXPECT_EQ(devm_add_action_or_reset(&dev, note, "a"), 0);
	text = devm_kasprintf(&dev, GFP_KERNEL, "%s-%d", "text", 5);
	early = devm_kzalloc(&dev, 10, GFP_KERNEL);
	EXPECT(text && !strcmp(text, "text-5") && early);
	EXPECT_EQ(devm_add_action(&dev, note, early), 0);
	EXPECT_EQ(devm_add_action(&dev, note, "b"), 0);
	EXPECT_EQ(devm_add_action(&dev, note, text), 0);
	devm_remove_action(&dev, note, early);
	devm_kfree(&dev, early);
	devm_release_action(&dev, note, text);
	EXPECT(!strcmp(order, "t"));
	EXPECT_EQ(devm_request_irq(&dev, 81, no_handler, 0, NULL, &dev), 0);
	EXPECT_EQ(devm_request_irq(&dev, 82, no_handler, 0, "test", &dev), 0);
	EXPECT(irq_line_raise(81) && irq_line_raise(82));
	devm_free_irq(&dev, 82, &dev);
	EXPECT(irq_line_raise(81) && !irq_line_raise(82));
	device_unregister(&dev);
	EXPECT(!irq_line_raise(81));
	EXPECT(!strcmp(order, "tba")); // The youngest first.
}

/* Under a spinlock, as drivers do with GFP_ATOMIC. */
TEST(devres_atomic)
{
	struct device dev = { .init_name = "test_dev", .release = not_freed };
	DEFINE_SPINLOCK(lock);
	void *memory;

	EXPECT_EQ(device_register(&dev), 0);
	spin_lock_irq(&lock);
	memory = devm_kzalloc(&dev, 10, GFP_ATOMIC);
	EXPECT(memory && !memchr_inv(memory, 0, 10));
	devm_kfree(&dev, memory);
	memory = devm_kmemdup(&dev, "copy", 5, GFP_ATOMIC);
	EXPECT(memory && !strcmp(memory, "copy"));
	spin_unlock_irq(&lock);
	device_unregister(&dev);
}

/* What is not the device's, or no more. */
static void take_absent(void *arg)
{
	struct device *dev = arg;
	int foreign;

	devm_add_action(dev, note, "a");
	devm_remove_action(dev, note, "a");
	devm_remove_action(dev, note, "a");
	devm_release_action(dev, note, "a");
	devm_kfree(dev, &foreign);
	devm_kfree(dev, NULL);
	devm_free_irq(dev, 81, dev);
}

TEST(devres_absent)
{
	struct device dev = { .init_name = "test_dev", .release = not_freed };

	memset(order, 0, sizeof(order));
	EXPECT_EQ(device_register(&dev), 0);
	EXPECT_EQ(test_warnings(take_absent, &dev, "test_dev"), 4);
	EXPECT(!*order);
	device_unregister(&dev);
}

/* ---- Platform devices: a parent, whose driver's probe() makes a child ---- */

static struct platform_device *child;
static unsigned int child_probes, child_removes;

static int parent_probe(struct platform_device *device)
{
	child = platform_device_register_simple("test_child", PLATFORM_DEVID_NONE, NULL, 0);
	return PTR_ERR_OR_ZERO(child);
}

static int parent_remove(struct platform_device *device)
{
	platform_device_unregister(child);
	return 0;
}

static int child_probe(struct platform_device *device)
{
	child_probes++;
	EXPECT(!strcmp(dev_name(&device->dev), "test_child"));
	return 0;
}

static int child_remove(struct platform_device *device)
{
	child_removes++;
	return 0;
}

static struct platform_driver parent_driver = { .probe = parent_probe,
						.remove = parent_remove,
						.driver = { .name = "test_parent" } };
static struct platform_driver child_driver = { .probe = child_probe,
					       .remove = child_remove,
					       .driver = { .name = "test_child" } };
static struct platform_driver same_name = { .driver = { .name = "test_child" } };

TEST(platform_probe_registers)
{
	struct platform_device *parent;

	child_probes = child_removes = 0;
	parent = platform_device_register_simple("test_parent", 3, NULL, 0);
	REQUIRE(!IS_ERR(parent));
	EXPECT(is_there("/sys/devices/platform/test_parent.3"));
	EXPECT_EQ(platform_driver_register(&child_driver), 0);
	EXPECT_EQ(platform_driver_register(&same_name), -EBUSY);
	EXPECT_EQ(platform_driver_register(&parent_driver), 0);
	EXPECT(child_probes == 1 && !child_removes);
	platform_driver_unregister(&child_driver);
	EXPECT_EQ(child_removes, 1);
	EXPECT_EQ(platform_driver_register(&child_driver), 0);
	EXPECT_EQ(child_probes, 2);
	platform_device_unregister(parent);
	EXPECT_EQ(child_removes, 2);
	platform_driver_unregister(&parent_driver);
	platform_driver_unregister(&child_driver);
}

static int failing_probe(struct platform_device *device)
{
	EXPECT(device->id_entry && device->id_entry->driver_data == 2);
	platform_set_drvdata(device, order);
	return devm_add_action(&device->dev, note, "f") ?: -ENXIO;
}

static const struct platform_device_id ids[] = { { "test_other", 1 }, { "test_fails", 2 }, {} };
static struct platform_driver failing_driver = { .probe = failing_probe,
						 .driver = { .name = "test_driver" },
						 .id_table = ids };

TEST(platform_probe_fails)
{
	struct platform_device *device, *unfit;

	memset(order, 0, sizeof(order));
	device = platform_device_register_simple("test_fails", PLATFORM_DEVID_NONE, NULL, 0);
	unfit = platform_device_register_simple("test_driver", PLATFORM_DEVID_NONE, NULL, 0);
	REQUIRE(!IS_ERR(device) && !IS_ERR(unfit));
	EXPECT_EQ(platform_driver_register(&failing_driver), 0);
	EXPECT(!strcmp(order, "f")); // At once, and not when the device goes.
	EXPECT(!platform_get_drvdata(device) && !device->dev.driver && !device->id_entry);
	EXPECT(!unfit->id_entry);
	platform_driver_unregister(&failing_driver);
	platform_device_unregister(unfit);
	platform_device_unregister(device);
	EXPECT(!strcmp(order, "f"));
}

/* ---- A driver that needs what another brings ---- */

static bool supply_is_there, consumer_is_bound;
static unsigned int consumer_probes;

static int supply_probe(struct platform_device *device)
{
	WRITE_ONCE(supply_is_there, true);
	return 0;
}

static int consumer_probe(struct platform_device *device)
{
	consumer_probes++;
	if (!READ_ONCE(supply_is_there))
		return devm_add_action(&device->dev, note, "d") ?: -EPROBE_DEFER;
	WRITE_ONCE(consumer_is_bound, true);
	return 0;
}

static struct platform_driver supply = { .probe = supply_probe,
					 .driver = { .name = "test_supply" } };
static struct platform_driver consumer = { .probe = consumer_probe,
					   .driver = { .name = "test_consumer" } };

static bool is_bound(void *arg)
{
	return READ_ONCE(consumer_is_bound);
}

TEST(platform_probe_deferred)
{
	struct platform_device *devices[2];

	memset(order, 0, sizeof(order));
	supply_is_there = consumer_is_bound = false;
	consumer_probes = 0;
	devices[0] = platform_device_register_simple("test_consumer", 0, NULL, 0);
	devices[1] = platform_device_register_simple("test_supply", 0, NULL, 0);
	REQUIRE(!IS_ERR(devices[0]) && !IS_ERR(devices[1]));
	flush_scheduled_work(); // What was bound before may still have others try again.
	EXPECT_EQ(platform_driver_register(&consumer), 0);
	EXPECT(!strcmp(order, "d") && !devices[0]->dev.driver);
	flush_scheduled_work();
	EXPECT_EQ(consumer_probes, 1); // Nothing has changed.
	EXPECT_EQ(platform_driver_register(&supply), 0);
	EXPECT(test_wait_for(is_bound, NULL));
	EXPECT(consumer_probes == 2 && !strcmp(order, "d"));
	platform_driver_unregister(&supply);
	platform_driver_unregister(&consumer);
	platform_device_unregister(devices[1]);
	platform_device_unregister(devices[0]);
}

/* ---- An attribute that goes when it is written to ---- */

static bool went, went_again;

static ssize_t goes_store(struct device *dev, struct device_attribute *attr, const char *from,
			  size_t n)
{
	went = device_remove_file_self(dev, attr);
	went_again = device_remove_file_self(dev, attr);
	return (ssize_t)n;
}
static DEVICE_ATTR_WO(goes);

TEST(attribute_removes_itself)
{
	struct device dev = { .init_name = "test_dev", .release = not_freed };
	char *user = user_begin();

	EXPECT_EQ(device_register(&dev), 0);
	EXPECT_EQ(device_create_file(&dev, &dev_attr_goes), 0);
	strscpy(user, "1", 2);
	EXPECT_EQ(echo("/sys/devices/test_dev/goes", user), 1);
	EXPECT(went && !went_again && !is_there("/sys/devices/test_dev/goes"));
	EXPECT_EQ(echo("/sys/devices/test_dev/goes", user), -ENOENT);
	device_unregister(&dev);
	user_end(user);
}
