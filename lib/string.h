/* Memory and strings: what the compiler calls by itself, and the few string functions in use. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/*
 * None of these sleeps, locks or allocates; all may be called from any context, also from NMI.
 * Those with the C standard's names do what the standard says.
 */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

size_t strlen(const char *string);
size_t strnlen(const char *string, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *string, int character);
char *strrchr(const char *string, int character);
char *strstr(const char *string, const char *wanted);

/*
 * Copies at most `size - 1` characters and always terminates, unless `size` is 0.
 * Returns the number of characters copied.
 * Errors: -E2BIG, when `from` did not fit (what fits is copied) or `size` is 0.
 */
ssize_t strscpy(char *to, const char *from, size_t size);
