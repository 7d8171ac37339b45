/* uaccess.c: which memory is a program's, and copies that look.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/uaccess.h"

#include <arch/barrier.h>

#include "kernel/core/kstrdup.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "lib/err.h"
#include "lib/kstrtox.h"
#include "lib/string.h"

#define USER_AREAS 32

/* Written under areas_lock, read by whoever copies: of an area of his own, which does not go meanwhile. */
static struct {
	unsigned long start, end;
} areas[USER_AREAS];
static raw_spinlock_t areas_lock = RAW_SPIN_LOCK_UNLOCKED;

bool user_area_add(void *start, size_t size)
{
	unsigned int i = 0;

	raw_spin_lock(&areas_lock);
	while (i < USER_AREAS && areas[i].end)
		i++;
	if (i < USER_AREAS) {
		WRITE_ONCE(areas[i].start, (unsigned long)start);
		WRITE_ONCE(areas[i].end, (unsigned long)start + size);
	}
	raw_spin_unlock(&areas_lock);
	return i < USER_AREAS;
}

void user_area_remove(void *start)
{
	raw_spin_lock(&areas_lock);
	for (unsigned int i = 0; i < USER_AREAS; i++) {
		if (areas[i].start == (unsigned long)start)
			WRITE_ONCE(areas[i].end, 0);
	}
	raw_spin_unlock(&areas_lock);
}

/* How many bytes at @at are a program's. */
static size_t room_at(const void *at)
{
	unsigned long address = (unsigned long)at;

	for (unsigned int i = 0; i < USER_AREAS; i++) {
		unsigned long end = READ_ONCE(areas[i].end);

		if (address >= READ_ONCE(areas[i].start) && address < end)
			return end - address;
	}
	return 0;
}

bool access_ok(const void __user *at, size_t size)
{
	return size <= room_at(at);
}

unsigned long __copy_to_user_inatomic(void __user *to, const void *from, unsigned long size)
{
	size_t possible = min(room_at(to), (size_t)size);

	memcpy(to, from, possible);
	return size - possible;
}

unsigned long __copy_from_user_inatomic(void *to, const void __user *from, unsigned long size)
{
	size_t possible = min(room_at(from), (size_t)size);

	memcpy(to, from, possible);
	memset((char *)to + possible, 0, size - possible);
	return size - possible;
}

unsigned long copy_to_user(void __user *to, const void *from, unsigned long size)
{
	might_sleep_here();
	return __copy_to_user_inatomic(to, from, size);
}

unsigned long copy_from_user(void *to, const void __user *from, unsigned long size)
{
	might_sleep_here();
	return __copy_from_user_inatomic(to, from, size);
}

unsigned long clear_user(void __user *to, unsigned long size)
{
	size_t possible = min(room_at(to), (size_t)size);

	might_sleep_here();
	memset(to, 0, possible);
	return size - possible;
}

long strnlen_user(const char __user *string, long max)
{
	size_t room = min(room_at(string), (size_t)max);
	size_t length = strnlen(string, room);

	might_sleep_here();
	if (length < room)
		return (long)length + 1;
	return room < (size_t)max ? 0 : max + 1;
}

long strncpy_from_user(char *to, const char __user *from, long max)
{
	long size = strnlen_user(from, max);

	if (!size)
		return -EFAULT;
	memcpy(to, from, (size_t)min(size, max));
	return min(size - 1, max);
}

static void *duplicate(const void __user *from, size_t size, size_t extra)
{
	char *copy = kmalloc(size + extra, GFP_KERNEL);

	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, from, size)) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	memset(copy + size, 0, extra);
	return copy;
}

void *memdup_user(const void __user *from, size_t size)
{
	return duplicate(from, size, 0);
}

void *memdup_user_nul(const void __user *from, size_t size)
{
	return duplicate(from, size, 1);
}

char *strndup_user(const char __user *string, long max)
{
	long size = strnlen_user(string, max);
	char *copy;

	if (!size)
		return ERR_PTR(-EFAULT);
	if (size > max)
		return ERR_PTR(-EINVAL);
	copy = memdup_user(string, (size_t)size);
	if (!IS_ERR(copy))
		copy[size - 1] = '\0'; // The program may have written there meanwhile.
	return copy;
}

/* ---- Numbers ---- */

#define KSTRTO_FROM_USER(name, type)                                                               \
	int kstrto##name##_from_user(const char __user *from, size_t size, unsigned int base,      \
				     type *number)                                                 \
	{                                                                                          \
		char text[72] = { 0 };                                                             \
                                                                                                   \
		if (copy_from_user(text, from, min(size, sizeof(text) - 1)))                       \
			return -EFAULT;                                                            \
		return kstrto##name(text, base, number);                                           \
	}                                                                                          \
	static_assert(1, "a semicolon follows")

KSTRTO_FROM_USER(u8, u8);
KSTRTO_FROM_USER(s8, s8);
KSTRTO_FROM_USER(u16, u16);
KSTRTO_FROM_USER(s16, s16);
KSTRTO_FROM_USER(int, int);
KSTRTO_FROM_USER(uint, unsigned int);
KSTRTO_FROM_USER(l, long);
KSTRTO_FROM_USER(ul, unsigned long);
KSTRTO_FROM_USER(ll, long long);
KSTRTO_FROM_USER(ull, unsigned long long);

int kstrtobool_from_user(const char __user *from, size_t size, bool *value)
{
	char text[4] = { 0 };

	if (copy_from_user(text, from, min(size, sizeof(text) - 1)))
		return -EFAULT;
	return kstrtobool(text, value);
}
