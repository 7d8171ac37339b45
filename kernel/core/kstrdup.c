/* kstrdup.c: copies of strings and memory, in memory of their own.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/kstrdup.h"

#include "kernel/base/hooks.h"
#include "kernel/core/slab_cache.h"
#include "lib/format.h"
#include "lib/string.h"

/* @size bytes of @from and @more behind them, for the caller at @where. */
static void *copy(const void *from, size_t size, size_t more, gfp_t flags, unsigned long where)
{
	char *to = from ? kmalloc_at(size + more, flags, where) : NULL;

	if (!to)
		return NULL;
	memcpy(to, from, size);
	if (more)
		to[size] = '\0';
	return to;
}

noinline char *kstrdup(const char *string, gfp_t flags)
{
	return copy(string, string ? strlen(string) : 0, 1, flags, _RET_IP_);
}

noinline char *kstrndup(const char *string, size_t max, gfp_t flags)
{
	return copy(string, string ? strnlen(string, max) : 0, 1, flags, _RET_IP_);
}

noinline void *kmemdup(const void *from, size_t size, gfp_t flags)
{
	return copy(from, size, 0, flags, _RET_IP_);
}

noinline char *kmemdup_nul(const char *from, size_t size, gfp_t flags)
{
	return copy(from, size, 1, flags, _RET_IP_);
}

static char *print(gfp_t flags, const char *format, va_list arguments, unsigned long where)
	__printf(2, 0);

static char *print(gfp_t flags, const char *format, va_list arguments, unsigned long where)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = kmalloc_at((size_t)length + 1, flags, where);
	if (text)
		vsnprintf(text, (size_t)length + 1, format, arguments);
	return text;
}

noinline char *kvasprintf(gfp_t flags, const char *format, va_list arguments)
{
	return print(flags, format, arguments, _RET_IP_);
}

noinline char *kasprintf(gfp_t flags, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = print(flags, format, arguments, _RET_IP_);
	va_end(arguments);
	return text;
}
