/* kstrdup.h: copies of strings and memory, in memory of their own.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <stdarg.h>

#include "kernel/core/slab.h"
#include "lib/macros.h"

/*
 * kstrdup - a copy of @string; kstrndup - of its first @max characters at most, terminated.
 * kmemdup - of @size bytes; kmemdup_nul - the same, and a '\0' behind.
 * kasprintf, kvasprintf - a string of its own that snprintf() would write.
 * kstrdup_const, kfree_const - here the same as kstrdup() and kfree().
 * The caller frees the copy by kfree(). NULL for NULL, and when there is no memory.
 * Never sleep. Any context but NMI; rule 5 of slab.h.
 */
char *kstrdup(const char *string, gfp_t flags);
char *kstrndup(const char *string, size_t max, gfp_t flags);
void *kmemdup(const void *from, size_t size, gfp_t flags);
char *kmemdup_nul(const char *from, size_t size, gfp_t flags);
char *kasprintf(gfp_t flags, const char *format, ...) __printf(2, 3);
char *kvasprintf(gfp_t flags, const char *format, va_list arguments) __printf(2, 0);
#define kstrdup_const(string, flags) ((const char *)kstrdup((string), (flags)))
#define kfree_const(string)          kfree(string)
