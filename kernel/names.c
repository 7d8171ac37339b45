/* names.c: looking up names in a comma-separated list.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/names.h"

#include "lib/macros.h"
#include "lib/string.h"

static bool names_everything(const char *names)
{
	return !*names || !strcmp(names, "all");
}

/* The end of the name that begins at @name: its comma, or the end of the list. */
static const char *name_end(const char *name)
{
	return strchr(name, ',') ?: name + strlen(name);
}

bool name_in_list(const char *name, const char *names)
{
	size_t length = strlen(name);

	if (names_everything(names))
		return true;
	for (;;) {
		const char *end = name_end(names);

		if ((size_t)(end - names) == length && !strncmp(names, name, length))
			return true;
		if (!*end)
			return false;
		names = end + 1;
	}
}

bool names_all_known(const char *names, bool (*known)(const char *name), char *unknown, size_t n)
{
	if (names_everything(names))
		return true;
	for (;;) {
		const char *end = name_end(names);
		size_t length = min((size_t)(end - names), n - 1);

		memcpy(unknown, names, length);
		unknown[length] = '\0';
		if (!known(unknown))
			return false;
		if (!*end)
			return true;
		names = end + 1;
	}
}
