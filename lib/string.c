/* Memory and strings. */
/* SPDX-License-Identifier: MIT */
#include "lib/errno.h"
#include "lib/macros.h"
#include "lib/string.h"

/* Eight bytes at any address, whatever type is stored there. */
typedef unsigned long __attribute__((__may_alias__, __aligned__(1))) word_t;

/*
 * Compilers see that a loop copies, fills or measures, and replace it by a call of memcpy(),
 * memset() or strlen(): here, by a call of itself without end. They cannot see what happens to a
 * pointer that passes through an asm statement, so that the loop stays one.
 */
#define HIDE_FROM_COMPILER(pointer) __asm__("" : "+r"(pointer))

/* Copies from the lowest address up: right for overlapping areas, too, if `to` is below `from`. */
static inline void copy_upwards(u8 *to, const u8 *from, size_t size)
{
	for (; size >= sizeof(word_t); size -= sizeof(word_t)) {
		*(word_t *)to = *(const word_t *)from;
		to += sizeof(word_t);
		from += sizeof(word_t);
		HIDE_FROM_COMPILER(to);
	}
	for (; size; size--) {
		*to++ = *from++;
		HIDE_FROM_COMPILER(to);
	}
}

/* Copies from the highest address down; the pointers are to the ends of the areas. */
static inline void copy_downwards(u8 *to, const u8 *from, size_t size)
{
	for (; size >= sizeof(word_t); size -= sizeof(word_t)) {
		to -= sizeof(word_t);
		from -= sizeof(word_t);
		*(word_t *)to = *(const word_t *)from;
		HIDE_FROM_COMPILER(to);
	}
	for (; size; size--) {
		*--to = *--from;
		HIDE_FROM_COMPILER(to);
	}
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	copy_upwards(to, from, size);
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	if ((uintptr_t)to <= (uintptr_t)from)
		copy_upwards(to, from, size);
	else
		copy_downwards((u8 *)to + size, (const u8 *)from + size, size);
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	word_t word = (u8)byte * 0x0101010101010101UL;
	u8 *at = to;

	for (; size >= sizeof(word); size -= sizeof(word)) {
		*(word_t *)at = word;
		at += sizeof(word);
		HIDE_FROM_COMPILER(at);
	}
	for (; size; size--) {
		*at++ = (u8)byte;
		HIDE_FROM_COMPILER(at);
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *x = a, *y = b;

	for (; size; size--, x++, y++) {
		if (*x != *y)
			return *x - *y;
		HIDE_FROM_COMPILER(x);
	}
	return 0;
}

size_t strlen(const char *string)
{
	const char *end = string;

	while (*end) {
		end++;
		HIDE_FROM_COMPILER(end);
	}
	return (size_t)(end - string);
}

size_t strnlen(const char *string, size_t limit)
{
	size_t length = 0;

	while (length < limit && string[length])
		length++;
	return length;
}

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t limit)
{
	for (; limit && *a && *a == *b; a++, b++)
		limit--;
	return limit ? (u8)*a - (u8)*b : 0;
}

char *strchr(const char *string, int character)
{
	for (; *string != (char)character; string++) {
		if (!*string)
			return NULL;
	}
	return (char *)string;
}

char *strrchr(const char *string, int character)
{
	const char *last = NULL;

	for (;; string++) {
		if (*string == (char)character)
			last = string;
		if (!*string)
			return (char *)last;
	}
}

char *strstr(const char *string, const char *wanted)
{
	size_t length = strlen(wanted);

	for (; strncmp(string, wanted, length) != 0; string++) {
		if (!*string)
			return NULL;
	}
	return (char *)string;
}

ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t length;

	if (!size)
		return -E2BIG;
	length = strnlen(from, size);
	if (length < size) {
		memcpy(to, from, length + 1);
		return (ssize_t)length;
	}
	memcpy(to, from, size - 1);
	to[size - 1] = '\0';
	return -E2BIG;
}
