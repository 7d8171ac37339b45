/* files_gone_test.c: what is open when a module takes the file, the driver or the device away.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/files_test.h"

#include "kernel/sched/sched.h"
#include "kernel/files/chrdev.h"
#include "kernel/files/debugfs.h"
#include "kernel/files/device.h"
#include "kernel/files/miscdevice.h"
#include "kernel/files/proc_fs.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/test/test.h"
#include "lib/err.h"
#include "lib/string.h"

#define CIRCLE "possible circular locking dependency detected"

static unsigned int releases;

static int count_release(struct inode *inode, struct file *file)
{
	releases++;
	return 0;
}

static ssize_t read_x(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	return simple_read_from_buffer(to, size, pos, "x", 1);
}

/* ---- Drivers of devices: an open file goes on ---- */

static const struct file_operations x_fops = { .read = read_x, .release = count_release };

static bool owner_freed;

static void owner_free(struct device *dev)
{
	owner_freed = true;
}

TEST(cdev_deleted_while_open)
{
	struct device dev = { .init_name = "test_owner", .release = owner_free };
	char *user = user_begin();
	struct file *file;
	struct cdev cdev;

	EXPECT_EQ(alloc_chrdev_region(&dev.devt, 0, 1, "test_owner"), 0);
	device_initialize(&dev);
	cdev_init(&cdev, &x_fops);
	EXPECT_EQ(cdev_device_add(&cdev, &dev), 0);
	file = filp_open("/dev/test_owner", O_RDONLY, 0);
	REQUIRE(!IS_ERR(file));
	owner_freed = false;
	releases = 0;
	cdev_device_del(&cdev, &dev);
	put_device(&dev);
	EXPECT_EQ(PTR_ERR(filp_open("/dev/test_owner", O_RDONLY, 0)), -ENOENT);
	EXPECT_EQ(file_read(file, user, 10), 1);
	EXPECT(!owner_freed && !releases);
	filp_close(file, NULL);
	EXPECT(owner_freed && releases == 1);
	unregister_chrdev_region(dev.devt, 1);
	user_end(user);
}

/* ---- Files in /proc: open ones are released, and running functions waited for ---- */

static DECLARE_COMPLETION(read_began);
static DECLARE_COMPLETION(read_may_end);
static bool read_ended;

static ssize_t slow_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	complete(&read_began);
	wait_for_completion(&read_may_end);
	WRITE_ONCE(read_ended, true);
	return 0;
}

static const struct proc_ops x_proc_ops = { .proc_read = read_x, .proc_release = count_release };
static const struct proc_ops slow_proc_ops = { .proc_read = slow_read };

TEST(proc_removed_while_open)
{
	struct proc_dir_entry *dir = proc_mkdir("test_dir", NULL);
	struct proc_dir_entry *entry = proc_create("x", 0, dir, &x_proc_ops);
	struct file *first = filp_open("/proc/test_dir/x", O_RDONLY, 0);
	struct file *second = filp_open("/proc/test_dir/x", O_RDONLY, 0);
	char *user = user_begin();

	REQUIRE(entry && !IS_ERR(first) && !IS_ERR(second));
	releases = 0;
	filp_close(first, NULL);
	EXPECT_EQ(releases, 1);
	EXPECT_EQ(file_read(second, user, 10), 1);
	proc_remove(dir);
	EXPECT_EQ(releases, 2);
	EXPECT_EQ(file_read(second, user, 10), -EIO);
	filp_close(second, NULL);
	EXPECT_EQ(releases, 2);
	user_end(user);
}

static int read_slowly(void *path)
{
	char *user = user_begin();

	cat(path, user, 10);
	user_end(user);
	return 0;
}

/* Let the read end, when somebody has had the time not to wait for it. */
static int end_read(void *unused)
{
	msleep(20);
	complete(&read_may_end);
	return 0;
}

TEST(proc_remove_waits)
{
	struct proc_dir_entry *entry = proc_create("slow", 0, NULL, &slow_proc_ops);
	struct task_struct *reader;

	REQUIRE(entry);
	read_ended = false;
	reader = kthread_create(read_slowly, "/proc/slow", "reader");
	REQUIRE(!IS_ERR(reader));
	wake_up_process(reader);
	wait_for_completion(&read_began);
	kthread_run(end_read, NULL, "end_read");
	proc_remove(entry);
	EXPECT(READ_ONCE(read_ended));
}

static void remove_test_dir(void *unused)
{
	remove_proc_entry("test_dir", NULL);
}

TEST(proc_remove_not_empty)
{
	struct proc_dir_entry *dir = proc_mkdir_mode("test_dir", 0500, NULL);

	EXPECT_EQ(test_warnings(remove_test_dir, NULL, ""), 0);
	dir = proc_mkdir("test_dir", NULL);
	EXPECT(dir && proc_create("x", 0, dir, &x_proc_ops));
	EXPECT_EQ(test_warnings(remove_test_dir, NULL, "removing non-empty directory"), 1);
	EXPECT_EQ(test_warnings(remove_test_dir, NULL, "name 'test_dir'"), 1);
}

/* ---- Attributes ---- */

static DEFINE_MUTEX(show_lock);

static ssize_t locked_show(struct kobject *kobj, struct kobj_attribute *attr, char *to)
{
	mutex_lock(&show_lock);
	mutex_unlock(&show_lock);
	return sysfs_emit(to, "locked\n");
}

static struct kobj_attribute locked_attr = __ATTR_RO(locked);

static void remove_under_lock(void *kobj)
{
	mutex_lock(&show_lock);
	sysfs_remove_file(kobj, &locked_attr.attr);
	mutex_unlock(&show_lock);
}

TEST(attribute_removed_while_open)
{
	struct kobject *kobj = kobject_create_and_add("test_kobj", NULL);
	char *user = user_begin();
	struct file *file;

	REQUIRE(kobj);
	EXPECT_EQ(sysfs_create_file(kobj, &locked_attr.attr), 0);
	EXPECT_EQ(PTR_ERR(filp_open("/sys/test_kobj/locked", O_WRONLY, 0)), -EACCES);
	file = filp_open("/sys/test_kobj/locked", O_RDONLY, 0);
	REQUIRE(!IS_ERR(file));
	EXPECT_EQ(file_read(file, user, 3), 3);
	if (CONFIG_CHECKED)
		EXPECT_EQ(test_warnings(remove_under_lock, kobj, CIRCLE), 1);
	kobject_put(kobj);
	EXPECT_EQ(file_read(file, user, 3),
		  -ENODEV); // It is not asked; what it had is not read either.
	filp_close(file, NULL);
	user_end(user);
}

TEST(debugfs_gone)
{
	struct dentry *dir = debugfs_create_dir("test_dir", NULL), *found;
	char *user = user_begin();
	struct file *file;
	u32 number = 7;

	debugfs_create_u32("number", 0444, dir, &number);
	found = debugfs_lookup("number", dir);
	EXPECT(found && !debugfs_lookup("numbe", dir));
	dput(found);
	strscpy(user, "8", 2);
	EXPECT_EQ(echo("/sys/kernel/debug/test_dir/number", user), -EACCES);
	EXPECT_EQ(number, 7);
	file = filp_open("/sys/kernel/debug/test_dir/number", O_RDONLY, 0);
	REQUIRE(!IS_ERR(file));
	debugfs_lookup_and_remove("test_dir", NULL);
	EXPECT_EQ(file_read(file, user, 3), -EIO);
	filp_close(file, NULL);
	user_end(user);
}

/* ---- The mutex of misc devices ---- */

static DEFINE_MUTEX(open_lock);

static int locked_open(struct inode *inode, struct file *file)
{
	mutex_lock(&open_lock);
	mutex_unlock(&open_lock);
	return 0;
}

static const struct file_operations locked_fops = { .open = locked_open, .read = read_x };

static void register_under_lock(void *misc)
{
	mutex_lock(&open_lock);
	EXPECT_EQ(misc_register(misc), 0);
	mutex_unlock(&open_lock);
}

/* A misc device's open() is called with the mutex of misc_register() held: who registers under a lock of open()'s, deadlocks. */
TEST(misc_open_is_locked)
{
	struct miscdevice misc = { .minor = MISC_DYNAMIC_MINOR,
				   .name = "test_misc",
				   .nodename = "test/misc",
				   .fops = &locked_fops };
	struct miscdevice other = { .minor = MISC_DYNAMIC_MINOR,
				    .name = "other",
				    .fops = &locked_fops };
	char *user = user_begin();

	EXPECT_EQ(misc_register(&misc), 0);
	EXPECT_EQ(cat("/dev/test_misc", user, 10), -ENOENT);
	EXPECT_EQ(cat("/dev/test/misc", user, 10), 1);
	if (CONFIG_CHECKED)
		EXPECT_EQ(test_warnings(register_under_lock, &other, CIRCLE), 1);
	else
		register_under_lock(&other);
	misc_deregister(&misc);
	misc_deregister(&other);
	user_end(user);
}
