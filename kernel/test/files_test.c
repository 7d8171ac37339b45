/* files_test.c: what a module makes is found, opened, read and written by its functions, and gone when it is taken away.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/files_test.h"

#include "kernel/core/vmalloc.h"
#include "kernel/files/chrdev.h"
#include "kernel/files/command.h"
#include "kernel/files/debugfs.h"
#include "kernel/files/device.h"
#include "kernel/files/miscdevice.h"
#include "kernel/files/proc_fs.h"
#include "kernel/files/uaccess.h"
#include "kernel/test/test.h"
#include "lib/err.h"
#include "lib/scan.h"
#include "lib/string.h"

static char device_text[16];
static unsigned int opens, releases;

static int device_open(struct inode *inode, struct file *file)
{
	opens++;
	return iminor(inode) == 3 ? -EBUSY : 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	releases++;
	return 0;
}

static ssize_t device_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	return simple_read_from_buffer(to, size, pos, device_text, strlen(device_text));
}

static ssize_t device_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	memset(device_text, 0, sizeof(device_text));
	return simple_write_to_buffer(device_text, sizeof(device_text) - 1, pos, from, size);
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	return command == 5 ? (long)argument : -ENOIOCTLCMD;
}

static const struct file_operations device_fops = { .open = device_open,
						    .unlocked_ioctl = device_ioctl,
						    .release = device_release,
						    .read = device_read,
						    .write = device_write };

ssize_t cat(const char *path, char *to, size_t size)
{
	struct file *file = filp_open(path, O_RDONLY, 0);
	ssize_t n, sum = 0;

	if (IS_ERR(file))
		return PTR_ERR(file);
	while ((n = file_read(file, to + sum, size - 1 - (size_t)sum)) > 0)
		sum += n;
	if (sum)
		to[sum] = '\0';
	filp_close(file, NULL);
	return n < 0 ? n : sum;
}

ssize_t echo(const char *path, const char *text)
{
	struct file *file = filp_open(path, O_WRONLY | O_TRUNC, 0);
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = file_write(file, text, strlen(text));
	filp_close(file, NULL);
	return n;
}

char *user_begin(void)
{
	char *memory = vzalloc(USER_SIZE);

	EXPECT(memory && user_area_add(memory, USER_SIZE));
	return memory;
}

void user_end(char *memory)
{
	user_area_remove(memory);
	vfree(memory);
}

TEST(uaccess)
{
	char kernel[8] = "1234567", *user = user_begin(), *copy;
	unsigned int number = 0;
	u8 byte;

	EXPECT(access_ok(user, USER_SIZE) && !access_ok(user, USER_SIZE + 1));
	EXPECT(!access_ok(kernel, 1) && !access_ok(user - 1, 1));
	EXPECT_EQ(copy_to_user(user, kernel, 8), 0);
	EXPECT_EQ(copy_to_user(kernel, user, 8), 8); // The kernel's own: -EFAULT.
	EXPECT_EQ(copy_to_user(user + USER_SIZE - 3, "abcdefg", 8), 5);
	EXPECT_EQ(copy_from_user(kernel, user + USER_SIZE - 3, 8), 5);
	EXPECT(!memcmp(kernel, "abc\0\0\0\0", 8)); // The rest is zeros.
	EXPECT_EQ(put_user(-5, (int *)user), 0);
	EXPECT_EQ(get_user(number, (signed char *)user), 0);
	EXPECT_EQ(number, (unsigned int)-5);
	EXPECT_EQ(get_user(number, &number), -EFAULT);
	strscpy(user, "0x2a\n", 8);
	EXPECT_EQ(kstrtouint_from_user(user, 5, 0, &number), 0);
	EXPECT_EQ(number, 42);
	EXPECT_EQ(kstrtou8_from_user(user, 5, 0, &byte), 0);
	EXPECT_EQ(byte, 42);
	EXPECT_EQ(strncpy_from_user(kernel, user, 8), 5);
	copy = strndup_user(user, 6);
	EXPECT(!IS_ERR(copy) && !strcmp(copy, "0x2a\n"));
	kfree(copy);
	EXPECT_EQ(PTR_ERR(strndup_user(user, 5)), -EINVAL);
	EXPECT_EQ(PTR_ERR(strndup_user(kernel, 5)), -EFAULT);
	strscpy(user, "256", 8);
	EXPECT_EQ(kstrtou8_from_user(user, 3, 0, &byte), -ERANGE);
	strscpy(user, "0x2a\n", 8);
	EXPECT_EQ(strnlen_user(user, 3), 4);
	EXPECT_EQ(strnlen_user(kernel, 3), 0);
	user_end(user);
	EXPECT(!access_ok(user, 1));
}

TEST(chrdev)
{
	struct class *class = class_create(NULL, "test_class");
	char *user = user_begin(), name[] = "test_numbers";
	struct cdev cdev;
	dev_t first = 0;

	EXPECT_EQ(alloc_chrdev_region(&first, 2, 4, name), 0);
	*name = 'x'; // It was copied.
	EXPECT(MAJOR(first) && MINOR(first) == 2 && chrdev_number("test_numbers") == first);
	EXPECT_EQ(register_chrdev_region(first + 3, 1, "other"), -EBUSY);
	EXPECT_EQ(register_chrdev(MAJOR(first), "other", &device_fops), -EBUSY);
	cdev_init(&cdev, &device_fops);
	EXPECT(!IS_ERR(device_create(class, NULL, first, NULL, "test%d", 7)));
	EXPECT_EQ(PTR_ERR(device_create(class, NULL, first, NULL, "test7")), -EEXIST);
	EXPECT_EQ(PTR_ERR(class_create(NULL, "test_class")), -EEXIST);
	EXPECT_EQ(echo("/dev/test7", user), -ENXIO); // It has no driver yet.
	EXPECT_EQ(cdev_add(&cdev, first, 2), 0);
	opens = releases = 0;
	strscpy(user, "hello", USER_SIZE);
	EXPECT_EQ(echo("/dev/test7", user), 5);
	EXPECT_EQ(cat("/dev/test7", user + 100, 100), 5);
	EXPECT(!strcmp(user + 100, "hello"));
	EXPECT_EQ(cat("/dev/test7", device_text, 10), -EFAULT);
	EXPECT(!IS_ERR(device_create(class, NULL, first + 1, NULL, "busy")));
	EXPECT_EQ(echo("/dev/busy", user), -EBUSY);
	EXPECT(opens == 4 && releases == 3);
	device_destroy(class, first);
	EXPECT_EQ(echo("/dev/test7", user), -ENOENT);
	device_destroy(class, first + 1);
	cdev_del(&cdev);
	EXPECT(!chrdev_get(first));
	unregister_chrdev_region(first, 4);
	EXPECT_EQ(chrdev_number("test_numbers"), 0);
	class_destroy(class);
	user_end(user);
}

/* ---- What a program sees of what the functions do ---- */

static ssize_t move_and_fail(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	*pos += 5;
	return -EIO;
}

static ssize_t stream_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	EXPECT(!pos);
	return 0;
}

static const struct file_operations failing_fops = { .read = move_and_fail,
						     .unlocked_ioctl = device_ioctl };
static const struct file_operations stream_fops = { .open = stream_open, .read = stream_read };

/* Open the one device of these functions: its number, too, is of __register_chrdev(). */
static struct file *open_one(const struct file_operations *fops, int *major, struct class *class)
{
	*major = __register_chrdev(0, 7, 1, "test_calls", fops);
	EXPECT(*major > 0);
	EXPECT(!IS_ERR(device_create(class, NULL, MKDEV((unsigned int)*major, 7), NULL, "calls")));
	return filp_open("/dev/calls", O_RDWR, 0);
}

static void close_one(struct file *file, int major, struct class *class)
{
	filp_close(file, NULL);
	device_destroy(class, MKDEV((unsigned int)major, 7));
	__unregister_chrdev((unsigned int)major, 7, 1, "test_calls");
}

TEST(file_calls)
{
	struct class *class = class_create(NULL, "test_class");
	char *user = user_begin();
	struct file *file;
	int major;

	file = open_one(&failing_fops, &major, class);
	REQUIRE(!IS_ERR(file));
	EXPECT_EQ(file_read(file, user, 8), -EIO);
	EXPECT_EQ(file->f_pos, 0);
	EXPECT_EQ(file_write(file, user, 8), -EINVAL);
	EXPECT_EQ(vfs_ioctl(file, 5, 3), 3);
	EXPECT_EQ(vfs_ioctl(file, 6, 3), -ENOTTY);
	close_one(file, major, class);
	file = open_one(&stream_fops, &major, class);
	REQUIRE(!IS_ERR(file));
	EXPECT_EQ(file_read(file, user, 8), 0);
	EXPECT_EQ(vfs_ioctl(file, 5, 3), -ENOTTY);
	close_one(file, major, class);
	class_destroy(class);
	user_end(user);
}

/* ---- Attributes, and single numbers ---- */

static int attr_value = 5;

static ssize_t value_show(struct kobject *kobj, struct kobj_attribute *attr, char *to)
{
	return sysfs_emit(to, "%d\n", attr_value);
}

static ssize_t value_store(struct kobject *kobj, struct kobj_attribute *attr, const char *from,
			   size_t size)
{
	return sscanf(from, "%d", &attr_value) == 1 ? (ssize_t)size : -EINVAL;
}

static struct kobj_attribute value_attr = __ATTR_RW(value);

TEST(attributes)
{
	struct kobject *kobj = kobject_create_and_add("test_kobj", kernel_kobj);
	struct dentry *dir = debugfs_create_dir("test_dir", NULL);
	char *user = user_begin();
	u32 number = 0x2a;
	bool flag = true;

	EXPECT_EQ(sysfs_create_file(kobj, &value_attr.attr), 0);
	EXPECT_EQ(sysfs_create_file(kobj, &value_attr.attr), -EEXIST);
	EXPECT_EQ(cat("/sys/kernel/test_kobj/value", user, 100), 2);
	EXPECT(!strcmp(user, "5\n"));
	strscpy(user, "77\n", 100);
	EXPECT_EQ(echo("/sys/kernel/test_kobj/value", user), 3);
	EXPECT_EQ(attr_value, 77);
	strscpy(user, "x\n", 100);
	EXPECT_EQ(echo("/sys/kernel/test_kobj/value", user), -EINVAL);
	kobject_put(kobj);
	EXPECT_EQ(cat("/sys/kernel/test_kobj/value", user, 100), -ENOENT);
	debugfs_create_x32("number", 0644, dir, &number);
	debugfs_create_bool("flag", 0644, dir, &flag);
	EXPECT_EQ(cat("/sys/kernel/debug/test_dir/number", user, 100), 11);
	EXPECT(!strcmp(user, "0x0000002a\n"));
	strscpy(user, "0x10", 100);
	EXPECT_EQ(echo("/sys/kernel/debug/test_dir/number", user), 4);
	EXPECT_EQ(number, 16);
	strscpy(user, "n", 100);
	EXPECT_EQ(echo("/sys/kernel/debug/test_dir/flag", user), 1);
	EXPECT(!flag);
	debugfs_remove_recursive(dir);
	user_end(user);
}

TEST(miscdevice)
{
	struct miscdevice misc = { .minor = MISC_DYNAMIC_MINOR,
				   .name = "test_misc",
				   .fops = &device_fops };
	struct miscdevice other = { .minor = MISC_DYNAMIC_MINOR,
				    .name = "other",
				    .fops = &device_fops };
	char *user = user_begin();

	EXPECT_EQ(misc_register(&misc), 0);
	EXPECT_EQ(misc_register(&other), 0);
	EXPECT(misc.minor != MISC_DYNAMIC_MINOR && other.minor != misc.minor);
	EXPECT(!strcmp(dev_name(misc.this_device), "test_misc"));
	EXPECT(!strcmp(dev_driver_string(misc.this_device), "misc"));
	opens = releases = 0;
	strscpy(user, "abc", 8);
	EXPECT_EQ(echo("/dev/test_misc", user), 3);
	EXPECT(opens == 1 && releases == 1);
	misc_deregister(&misc);
	EXPECT_EQ(echo("/dev/test_misc", user), -ENOENT);
	misc_deregister(&other);
	user_end(user);
}

/* ---- Commands ---- */

TEST(commands)
{
	char text[] = "4x cat /dev/a&echo -n \"two  words\">>/dev/b ; ;sleep 1\n";
	char open[] = "echo \"foo", nowhere[] = "echo foo >";
	struct command command;
	char *rest = text;

	EXPECT_EQ(command_next(&rest, &command), 1);
	EXPECT(command.n == 2 && command.copies == 4 && command.background && !command.to);
	EXPECT(!strcmp(command.words[0], "cat") && !strcmp(command.words[1], "/dev/a"));
	EXPECT_EQ(command_next(&rest, &command), 1);
	EXPECT(command.n == 3 && command.copies == 1 && !command.background && command.append);
	EXPECT(!strcmp(command.words[2], "two  words") && !strcmp(command.to, "/dev/b"));
	EXPECT_EQ(command_next(&rest, &command), 1);
	EXPECT(command.n == 2 && !strcmp(command.words[1], "1") && !command.to);
	EXPECT_EQ(command_next(&rest, &command), 0);
	rest = open;
	EXPECT_EQ(command_next(&rest, &command), -EINVAL);
	rest = nowhere;
	EXPECT_EQ(command_next(&rest, &command), -EINVAL);
}
