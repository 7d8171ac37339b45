/* lockdep_stats.c: the classes of locks that the validator has seen.
 * SPDX-License-Identifier: MIT
 *
 * The four characters of a class are Linux's: writers against interrupts, readers against them, writers
 * against softirqs, readers against those. `-`: taken in one; `+`: taken with them on; `?`: both;
 * `.`: neither.
 */
#include "kernel/debug/lockdep_stats.h"

#include "kernel/core/printk.h"
#include "kernel/locking/lockdep_internal.h"

#if CONFIG_CHECKED

static char usage_char(u32 usage, u32 kind)
{
	bool used_in = usage & (1U << kind), enabled = usage & (1U << (kind | USAGE_ENABLED));

	if (used_in)
		return enabled ? '?' : '-';
	return enabled ? '+' : '.';
}

static u32 edges_after(const struct lock_class *class)
{
	u32 n = 0;

	for (u16 edge = READ_ONCE(class->after); edge && n < MAX_LOCKDEP_ENTRIES; n++)
		edge = READ_ONCE(lockdep_edges[edge].next_after);
	return n;
}

void lockdep_stats_print(void)
{
	u32 classes = 0, edges = 0;

	pr_plain("%-6s %6s  %s", "usage", "orders", "class");
	for (u32 i = 1; i < MAX_LOCKDEP_KEYS; i++) {
		const struct lock_class *class = &lockdep_classes[i];
		u32 usage = READ_ONCE(class->usage), after;

		if (!READ_ONCE(class->key))
			continue;
		after = edges_after(class);
		classes++;
		edges += after;
		pr_plain("%c%c%c%c   %6u  %s%s%s", usage_char(usage, USAGE_HARDIRQ),
			 usage_char(usage, USAGE_HARDIRQ | USAGE_READ),
			 usage_char(usage, USAGE_SOFTIRQ),
			 usage_char(usage, USAGE_SOFTIRQ | USAGE_READ), after,
			 class->site ?: class->name, class->subclass ? " /" : "",
			 class->subclass ? (char[]){ (char)('0' + class->subclass), '\0' } : "");
	}
	pr_plain("lockdep: %u classes, %u orders; it %s", classes, edges,
		 READ_ONCE(debug_locks) ? "is on" : "is off, after a report or a full table");
}

#endif
