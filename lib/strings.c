/* Strings: what nothing in the kernel needs, but modules do. */
/* SPDX-License-Identifier: MIT */
#include "lib/ctype.h"
#include "lib/errno.h"
#include "lib/macros.h"
#include "lib/string.h"

typedef unsigned long __attribute__((__may_alias__, __aligned__(1))) word_t;

void *memset16(u16 *to, u16 value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = value;
	return to;
}

void *memset32(u32 *to, u32 value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = value;
	return to;
}

void *memset64(u64 *to, u64 value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = value;
	return to;
}

void *memscan(void *memory, int byte, size_t size)
{
	u8 *at = memory;

	while (size && *at != (u8)byte) {
		at++;
		size--;
	}
	return at;
}

void *memchr(const void *memory, int byte, size_t size)
{
	const u8 *end = (const u8 *)memory + size;
	u8 *at = memscan((void *)memory, byte, size);

	return at < end ? at : NULL;
}

void *memchr_inv(const void *memory, int byte, size_t size)
{
	const unsigned long word = (u8)byte * 0x0101010101010101UL;
	const u8 *at = memory;

	for (; size >= sizeof(word) && *(const word_t *)at == word; size -= sizeof(word))
		at += sizeof(word);
	for (; size; size--, at++) {
		if (*at != (u8)byte)
			return (void *)at;
	}
	return NULL;
}

void memzero_explicit(void *memory, size_t size)
{
	memset(memory, 0, size);
	__asm__ __volatile__("" ::"r"(memory) : "memory");
}

char *stpcpy(char *to, const char *from)
{
	size_t length = strlen(from);

	memcpy(to, from, length + 1);
	return to + length;
}

char *strcpy(char *to, const char *from)
{
	return memcpy(to, from, strlen(from) + 1);
}

char *strncpy(char *to, const char *from, size_t size)
{
	size_t length = strnlen(from, size);

	memcpy(to, from, length);
	memset(to + length, 0, size - length);
	return to;
}

char *strcat(char *to, const char *from)
{
	strcpy(to + strlen(to), from);
	return to;
}

char *strncat(char *to, const char *from, size_t limit)
{
	size_t length = strnlen(from, limit);
	char *end = to + strlen(to);

	memcpy(end, from, length);
	end[length] = '\0';
	return to;
}

size_t strlcpy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from);

	strscpy(to, from, size);
	return length;
}

size_t strlcat(char *to, const char *from, size_t size)
{
	size_t length = strnlen(to, size);

	return length + strlcpy(to + length, from, size - length);
}

ssize_t strscpy_pad(char *to, const char *from, size_t size)
{
	ssize_t length = strscpy(to, from, size);

	if (length >= 0)
		memset(to + length, 0, size - (size_t)length);
	return length;
}

size_t strspn(const char *string, const char *accepted)
{
	size_t length = 0;

	while (string[length] && strchr(accepted, string[length]))
		length++;
	return length;
}

size_t strcspn(const char *string, const char *rejected)
{
	size_t length = 0;

	while (string[length] && !strchr(rejected, string[length]))
		length++;
	return length;
}

char *strpbrk(const char *string, const char *wanted)
{
	string += strcspn(string, wanted);
	return *string ? (char *)string : NULL;
}

int strncasecmp(const char *a, const char *b, size_t limit)
{
	for (; limit && *a && tolower((u8)*a) == tolower((u8)*b); a++, b++)
		limit--;
	return limit ? tolower((u8)*a) - tolower((u8)*b) : 0;
}

int strcasecmp(const char *a, const char *b)
{
	return strncasecmp(a, b, (size_t)-1);
}

char *strchrnul(const char *string, int character)
{
	while (*string && *string != (char)character)
		string++;
	return (char *)string;
}

char *strnchr(const char *string, size_t limit, int character)
{
	for (; limit; limit--, string++) {
		if (*string == (char)character)
			return (char *)string;
		if (!*string)
			return NULL;
	}
	return NULL;
}

char *strnstr(const char *string, const char *wanted, size_t limit)
{
	size_t length = strlen(wanted);

	for (limit = strnlen(string, limit); limit >= length; limit--, string++) {
		if (!strncmp(string, wanted, length))
			return (char *)string;
	}
	return NULL;
}

char *strsep(char **string, const char *delimiters)
{
	char *token = *string, *end;

	if (!token)
		return NULL;
	end = strpbrk(token, delimiters);
	if (end)
		*end++ = '\0';
	*string = end;
	return token;
}

char *skip_spaces(const char *string)
{
	while (isspace((u8)*string))
		string++;
	return (char *)string;
}

char *strim(char *string)
{
	size_t length = strlen(string);

	while (length && isspace((u8)string[length - 1]))
		length--;
	string[length] = '\0';
	return skip_spaces(string);
}

char *strreplace(char *string, char old, char new)
{
	for (char *at = string; *at; at++) {
		if (*at == old)
			*at = new;
	}
	return string;
}

bool strstarts(const char *string, const char *prefix)
{
	return !strncmp(string, prefix, strlen(prefix));
}

size_t str_has_prefix(const char *string, const char *prefix)
{
	return strstarts(string, prefix) ? strlen(prefix) : 0;
}

/* Whether nothing more follows than a newline. */
static bool is_end(const char *string)
{
	return !*string || (*string == '\n' && !string[1]);
}

bool sysfs_streq(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return is_end(a) && is_end(b);
}

int match_string(const char *const *array, size_t count, const char *string)
{
	for (size_t i = 0; i < count && array[i]; i++) {
		if (!strcmp(array[i], string))
			return (int)i;
	}
	return -EINVAL;
}

int __sysfs_match_string(const char *const *array, size_t count, const char *string)
{
	for (size_t i = 0; i < count && array[i]; i++) {
		if (sysfs_streq(array[i], string))
			return (int)i;
	}
	return -EINVAL;
}

const char *kbasename(const char *path)
{
	const char *last = strrchr(path, '/');

	return last ? last + 1 : path;
}
