/* uaccess.h: copying to and from the memory of programs.
 * SPDX-License-Identifier: MIT
 *
 * There is no user space: the memory of a program (programs.c) is the kernel's, and an area of it is a program's as long as
 * it is said to be one. Everything else is not, so a module that hands on a pointer of its own gets -EFAULT as on Linux.
 */
#pragma once

#include "kernel/base/hooks.h"
#include "lib/errno.h"
#include "lib/types.h"

/*
 * user_area_add - from now on the @size bytes at @start are memory of a program's; user_area_remove - not any more.
 * Never sleep. Any context. user_area_add() returns false if there are too many.
 */
bool user_area_add(void *start, size_t size);
void user_area_remove(void *start);

/* access_ok - whether the @size bytes at @at are all a program's. Never sleeps. Any context. */
bool access_ok(const void __user *at, size_t size);

/*
 * copy_to_user, copy_from_user - copy @size bytes to, or from, a program. __copy_... - by who has asked access_ok() before.
 * ..._inatomic - by who may not sleep. clear_user - write zeros.
 * May sleep. Thread context. Return how many bytes could not be copied: those behind the end of the
 * program's memory; what copy_from_user() could not copy is filled with zeros.
 */
unsigned long copy_to_user(void __user *to, const void *from, unsigned long size);
unsigned long copy_from_user(void *to, const void __user *from, unsigned long size);
unsigned long __copy_to_user_inatomic(void __user *to, const void *from, unsigned long size);
unsigned long __copy_from_user_inatomic(void *to, const void __user *from, unsigned long size);
unsigned long clear_user(void __user *to, unsigned long size);
#define __copy_to_user(to, from, size)   copy_to_user((to), (from), (size))
#define __copy_from_user(to, from, size) copy_from_user((to), (from), (size))
#define __clear_user(to, size)           clear_user((to), (size))

/*
 * strncpy_from_user - copy a string, of @max bytes at most. Returns its length, @max if it is longer, or -EFAULT.
 * strnlen_user - its size with the '\0'; more than @max if it is longer, 0 if it cannot be read.
 * memdup_user - a copy in memory of its own, to be freed by kfree(); memdup_user_nul - with a '\0' behind; strndup_user - of a
 *   string, of @max bytes at most with its '\0'. ERR_PTR() of -EFAULT, -ENOMEM, or -EINVAL: it is longer.
 * May sleep. Thread context.
 */
long strncpy_from_user(char *to, const char __user *from, long max);
long strnlen_user(const char __user *string, long max);
void *memdup_user(const void __user *from, size_t size);
void *memdup_user_nul(const void __user *from, size_t size);
char *strndup_user(const char __user *string, long max);

/* put_user - store @value to the program's *@at; get_user - load it from there. May sleep. Return 0 or -EFAULT. */
#define put_user(value, at)                                                                        \
	({                                                                                         \
		__typeof__(*(at)) __put = (value);                                                 \
		copy_to_user((at), &__put, sizeof(__put)) ? -EFAULT : 0;                           \
	})
#define get_user(value, at)                                                                        \
	({                                                                                         \
		unsigned long __got = 0;                                                           \
		int __failed = copy_from_user(&__got, (at), sizeof(*(at))) ? -EFAULT : 0;          \
		(value) = (__typeof__(*(at)))__got;                                                \
		__failed;                                                                          \
	})
#define __put_user(value, at) put_user((value), (at))
#define __get_user(value, at) get_user((value), (at))

/* kstrtoint_from_user and the like - kstrtoint() of @size characters of a program's. Return 0, -EFAULT, or as kstrtoint(). */
int kstrtou8_from_user(const char __user *from, size_t size, unsigned int base, u8 *number);
int kstrtos8_from_user(const char __user *from, size_t size, unsigned int base, s8 *number);
int kstrtou16_from_user(const char __user *from, size_t size, unsigned int base, u16 *number);
int kstrtos16_from_user(const char __user *from, size_t size, unsigned int base, s16 *number);
int kstrtoint_from_user(const char __user *from, size_t size, unsigned int base, int *number);
int kstrtouint_from_user(const char __user *from, size_t size, unsigned int base,
			 unsigned int *number);
int kstrtol_from_user(const char __user *from, size_t size, unsigned int base, long *number);
int kstrtoul_from_user(const char __user *from, size_t size, unsigned int base,
		       unsigned long *number);
int kstrtoll_from_user(const char __user *from, size_t size, unsigned int base, long long *number);
int kstrtoull_from_user(const char __user *from, size_t size, unsigned int base,
			unsigned long long *number);
int kstrtobool_from_user(const char __user *from, size_t size, bool *value);
#define kstrtou32_from_user(from, size, base, number) kstrtouint_from_user(from, size, base, number)
#define kstrtos32_from_user(from, size, base, number) kstrtoint_from_user(from, size, base, number)
#define kstrtou64_from_user(from, size, base, number) kstrtoull_from_user(from, size, base, number)
#define kstrtos64_from_user(from, size, base, number) kstrtoll_from_user(from, size, base, number)
