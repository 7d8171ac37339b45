/* Strict parsing of numbers, with Linux's names and return codes. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/*
 * Each takes the whole string: one sign (`-` only in the signed forms), digits, one newline at the
 * end. Base 0 tells 0x.. (16), 0.. (8) and all else (10) apart; base 16 allows the 0x, too.
 *
 * None sleeps; any context. Returns 0 and stores the number; on an error stores nothing.
 * Errors: -EINVAL when the string is no number of that base, -ERANGE when the type cannot hold it.
 */
int __must_check kstrtoull(const char *string, unsigned int base, unsigned long long *number);
int __must_check kstrtoll(const char *string, unsigned int base, long long *number);
int __must_check kstrtoul(const char *string, unsigned int base, unsigned long *number);
int __must_check kstrtol(const char *string, unsigned int base, long *number);
int __must_check kstrtouint(const char *string, unsigned int base, unsigned int *number);
int __must_check kstrtoint(const char *string, unsigned int base, int *number);
int __must_check kstrtou16(const char *string, unsigned int base, u16 *number);
int __must_check kstrtos16(const char *string, unsigned int base, s16 *number);
int __must_check kstrtou8(const char *string, unsigned int base, u8 *number);
int __must_check kstrtos8(const char *string, unsigned int base, s8 *number);
#define kstrtou64(string, base, number) kstrtoull(string, base, number)
#define kstrtos64(string, base, number) kstrtoll(string, base, number)
#define kstrtou32(string, base, number) kstrtouint(string, base, number)
#define kstrtos32(string, base, number) kstrtoint(string, base, number)

/* kstrtobool - y, Y, t, T, 1 and on are true; n, N, f, F, 0 and off are false; what follows does not count. */
int __must_check kstrtobool(const char *string, bool *value);
#define strtobool(string, value) kstrtobool(string, value)

/*
 * The lenient forms, of old: as many digits as there are, from the beginning, and *`end` is what follows, if
 * `end` is not NULL. They neither skip blanks nor see an overflow. No digits: 0, and *`end` is `string`.
 */
unsigned long long simple_strtoull(const char *string, char **end, unsigned int base);
long long simple_strtoll(const char *string, char **end, unsigned int base);
unsigned long simple_strtoul(const char *string, char **end, unsigned int base);
long simple_strtol(const char *string, char **end, unsigned int base);

/* memparse - as simple_strtoull() with base 0, times what a letter behind it says: K, M, G, T, P or E, of 1024 each. */
unsigned long long memparse(const char *string, char **end);
