/* shell_explore.c: the shell's command `explore`.
 * SPDX-License-Identifier: MIT
 *
 * The explorer steps through the locks as they ship, without checks, on one CPU, and needs to know every instruction: it has
 * a kernel of its own, which lies in memory beside this one. That takes this one's place, and at its end, or
 * after Ctrl-C, gives it back: the shell begins anew (tools/shell.py gives them their command lines).
 */
#include "kernel/shell_explore.h"

#include <arch/handover.h>

#include "kernel/core/printk.h"
#include "kernel/handover.h"
#include "kernel/names.h"
#include "lib/format.h"
#include "lib/line.h"
#include "lib/string.h"

#define EXPLORER   "explore"
#define LIST_WIDTH 78

/* All that it knows, one behind the other, each ended by a 0. Between two commands the same. */
static const char *names;
static size_t names_size;

/* The one behind @name, or the first; NULL: there are no more. */
static const char *next_name(const char *name)
{
	const char *end = names + names_size;

	name = name ? name + strlen(name) : names;
	while (name < end && !*name)
		name++;
	return name < end ? name : NULL;
}

static bool known(const char *name)
{
	for (const char *each = next_name(NULL); each; each = next_name(each)) {
		if (!strcmp(each, name))
			return true;
	}
	return false;
}

/* The first one behind @last, by the alphabet; NULL: there are no more. */
static const char *name_behind(const char *last)
{
	const char *best = NULL;

	for (const char *each = next_name(NULL); each; each = next_name(each)) {
		if (strcmp(each, last) > 0 && (!best || strcmp(each, best) < 0))
			best = each;
	}
	return best;
}

static void list_names(void)
{
	char line[LIST_WIDTH + 1] = "";
	size_t used = 0;

	for (const char *each = name_behind(""); each; each = name_behind(each)) {
		if (used + 1 + strlen(each) >= sizeof(line)) {
			pr_plain("%s", line);
			used = 0;
		}
		used += (size_t)scnprintf(line + used, sizeof(line) - used, " %s", each);
	}
	pr_plain("%s", line);
}

void shell_explore(char *args)
{
	char unknown[64], words[LINE_SIZE + 8];

	names = handover_section(EXPLORER, ".scenario_names", &names_size);
	if (!names || !names_size || names[names_size - 1]) {
		pr_plain(
			"explore: the explorer's kernel is not in this image; on the host: make explore%s%s",
			*args ? " SCENARIO=" : "", args);
		return;
	}
	if (!names_all_known(args, known, unknown, sizeof(unknown))) {
		pr_plain(
			"explore: there is no scenario %s; give names with commas between them, of:",
			unknown);
		list_names();
		return;
	}
	snprintf(words, sizeof(words), "run=%s", *args ? args : "all");
	pr_plain(
		"explore: the explorer's kernel takes over; at its end, or after Ctrl-C, the shell begins anew.");
	pr_plain("explore: %s", kernel_hand_over(EXPLORER, words));
}
