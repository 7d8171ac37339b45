/* lockdep_words.c: how the lock validator's reports call things, and what they draw.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/debug/lockdep_words.h"

#include "kernel/core/printk.h"
#include "lib/format.h"

#if CONFIG_CHECKED

#define COLUMN      26 /* characters of a CPU's column in a scenario */
#define MAX_COLUMNS 3

/* From the linker script: where functions are. */
extern char text_start[], text_end[];

bool lockdep_is_event(u16 class)
{
	return lockdep_classes[class].is_event;
}

bool lockdep_is_function(u16 class)
{
	return lockdep_classes[class].is_function;
}

bool lockdep_is_lock(u16 class)
{
	return !lockdep_is_event(class) && !lockdep_is_function(class);
}

const char *lockdep_wanted(u16 class)
{
	return lockdep_is_lock(class) ? "taken" : "waited for";
}

struct lockdep_name lockdep_class_name(u16 number)
{
	const struct lock_class *class = &lockdep_classes[number];
	struct lockdep_name name = { "" };

	if ((const char *)class->key >= text_start && (const char *)class->key < text_end)
		snprintf(name.text, sizeof(name.text), "%s %ps", class->name, class->key);
	else if (class->subclass)
		snprintf(name.text, sizeof(name.text), "%s/%u", class->name, class->subclass);
	else
		snprintf(name.text, sizeof(name.text), "%s", class->name);
	return name;
}

const char *lockdep_interrupt_of(u32 bit)
{
	return bit & USAGE_SOFTIRQ ? "softirq" : "interrupt";
}

/* ---- How it deadlocks ---- */

/* One line of a scenario: what the CPU of column @column does. */
static void say(u32 column, const char *what, u16 class, const char *then)
{
	pr_emerg("  %*s%s(%s)%s", (int)min_t(u32, column, MAX_COLUMNS) * COLUMN, "", what,
		 lockdep_class_name(class).text, then);
}

static const char *taking(bool reads)
{
	return reads ? "read_lock" : "lock";
}

static void print_columns(u32 n)
{
	char line[(MAX_COLUMNS + 1) * COLUMN + 8];
	int used = 0;

	for (u32 i = 0; i < n && i <= MAX_COLUMNS; i++)
		used += scnprintf(line + used, sizeof(line) - (size_t)used, "%-*s", COLUMN,
				  i == 0 ? "CPU0" :
				  i == 1 ? "CPU1" :
				  i == 2 ? "CPU2" :
					   "CPU3...");
	pr_emerg("  %s", line);
}

static bool edge_reads_first(const struct lock_edge *edge)
{
	return !(edge->kinds & (EDGE_ER | EDGE_EN));
}

static bool edge_reads_second(const struct lock_edge *edge)
{
	return !(edge->kinds & (EDGE_SN | EDGE_EN));
}

/* What a CPU of a scenario has done with the first of an edge, and does with the second. A completion that others
 * wait for is yet to come. */
static const char *first_step(u16 class, bool reads)
{
	return lockdep_is_event(class)    ? "is to complete" :
	       lockdep_is_function(class) ? "runs" :
					    taking(reads);
}

static const char *second_step(u16 class, bool reads)
{
	return lockdep_is_event(class)    ? "wait_for_completion" :
	       lockdep_is_function(class) ? "wait_for" :
					    taking(reads);
}

/* Each of the circle holds its first lock, then each waits for its second. */
void lockdep_print_circle(const struct lockdep_report *report)
{
	pr_emerg("How it deadlocks:");
	print_columns(report->length + 1);
	say(0, first_step(report->held->class, report->held->read), report->held->class, "");
	for (u32 i = 0; i < report->length; i++) {
		const struct lock_edge *edge = &lockdep_edges[report->path[i]];

		say(i + 1, first_step(edge->from, edge_reads_first(edge)), edge->from, "");
	}
	say(0, second_step(report->next->class, report->next->read), report->next->class,
	    ": waits");
	for (u32 i = 0; i < report->length; i++) {
		const struct lock_edge *edge = &lockdep_edges[report->path[i]];

		say(i + 1, second_step(edge->to, edge_reads_second(edge)), edge->to, ": waits");
	}
}

void lockdep_print_interruption(const struct lockdep_report *report)
{
	bool reads = report->safe_bit & USAGE_READ;
	char interrupt[32];

	snprintf(interrupt, sizeof(interrupt), "<%s>: %s", lockdep_interrupt_of(report->safe_bit),
		 taking(reads));
	pr_emerg("How it deadlocks:");
	if (report->safe == report->unsafe) {
		print_columns(1);
		say(0, taking(report->unsafe_bit & USAGE_READ), report->unsafe, "");
		say(0, interrupt, report->safe, ": waits");
		return;
	}
	print_columns(2);
	say(0, taking(report->unsafe_bit & USAGE_READ), report->unsafe, "");
	say(1, "lock", report->safe, "");
	say(1, "lock", report->unsafe, ": waits");
	say(0, interrupt, report->safe, ": waits");
}

#endif
