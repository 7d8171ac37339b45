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
