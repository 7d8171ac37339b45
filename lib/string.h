/* Memory and strings: what the compiler calls by itself, and Linux's string functions. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/*
 * None of these sleeps, locks or allocates; all may be called from any context, also from NMI.
 * Those with the C standard's names do what the standard says.
 */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* memset16, memset32, memset64 - fill @count numbers. Return @to. */
void *memset16(u16 *to, u16 value, size_t count);
void *memset32(u32 *to, u32 value, size_t count);
void *memset64(u64 *to, u64 value, size_t count);

size_t strlen(const char *string);
size_t strnlen(const char *string, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *string, int character);
char *strrchr(const char *string, int character);
char *strstr(const char *string, const char *wanted);

/* The rest of C's, in lib/strings.c. Those that copy trust `to` to have room: strscpy() need not. */
void *memchr(const void *memory, int byte, size_t size);
char *strcpy(char *to, const char *from);
char *strncpy(char *to, const char *from, size_t size);
char *strcat(char *to, const char *from);
char *strncat(char *to, const char *from, size_t limit);
size_t strspn(const char *string, const char *accepted);
size_t strcspn(const char *string, const char *rejected);
char *strpbrk(const char *string, const char *wanted);
int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t limit);

/* strchrnul - like strchr(), but the end of the string where there is none. strnchr, strnstr - in the
 * first `limit` characters. stpcpy - strcpy() that returns the end of the copy. */
char *strchrnul(const char *string, int character);
char *strnchr(const char *string, size_t limit, int character);
char *strnstr(const char *string, const char *wanted, size_t limit);
char *stpcpy(char *to, const char *from);

/*
 * strsep - cut the next token off *`string`: up to one of `delimiters`, which becomes '\0'; *`string` is what
 *   follows, NULL after the last. Two delimiters in a row have an empty token between them. NULL: no more.
 * skip_spaces - the first character that is no blank. strim - the same, and cut blanks off the end.
 * strstrip - strim() whose result must be used. strreplace - each `old` becomes `new`; returns the string.
 */
char *strsep(char **string, const char *delimiters);
char *skip_spaces(const char *string);
char *strim(char *string);
#define strstrip(string) strim(string)
char *strreplace(char *string, char old, char new);

/* memscan - like memchr(), but the end of the memory where there is none. memchr_inv - the first byte that is
 * not `byte`, or NULL. memzero_explicit - memset() to 0 that the compiler may not leave out. */
void *memscan(void *memory, int byte, size_t size);
void *memchr_inv(const void *memory, int byte, size_t size);
void memzero_explicit(void *memory, size_t size);

/*
 * str_has_prefix - the length of `prefix` if `string` begins with it, else 0.
 * strstarts - whether it does. sysfs_streq - whether they are equal but for a newline at the end.
 * match_string - the index of `string` among the first `count` (up to a NULL) of `array`, or -EINVAL;
 *   sysfs_match_string - of sysfs_streq(), in an array.
 * kbasename - what follows the last '/'.
 */
size_t str_has_prefix(const char *string, const char *prefix);
bool strstarts(const char *string, const char *prefix);
bool sysfs_streq(const char *a, const char *b);
int match_string(const char *const *array, size_t count, const char *string);
int __sysfs_match_string(const char *const *array, size_t count, const char *string);
#define sysfs_match_string(array, string) __sysfs_match_string(array, ARRAY_SIZE(array), string)
const char *kbasename(const char *path);

/*
 * Copies at most `size - 1` characters and always terminates, unless `size` is 0.
 * Returns the number of characters copied.
 * Errors: -E2BIG, when `from` did not fit (what fits is copied) or `size` is 0.
 */
ssize_t strscpy(char *to, const char *from, size_t size);

/* strscpy_pad - the same, and fill the rest with 0. strlcpy, strlcat - BSD's: return the length that the
 * whole text has, and make of it what fits. */
ssize_t strscpy_pad(char *to, const char *from, size_t size);
size_t strlcpy(char *to, const char *from, size_t size);
size_t strlcat(char *to, const char *from, size_t size);
