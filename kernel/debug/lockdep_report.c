/* lockdep_report.c: what the lock validator says: who, which locks, why it can deadlock, and what to do.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/debug/lockdep_report.h"

#include "kernel/base/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/locking/lockdep_internal.h"
#include "lib/format.h"

#if CONFIG_CHECKED

#define NAME_LEN    80
#define COLUMN      26 /* characters of a CPU's column in a scenario */
#define MAX_COLUMNS 3

/* From the linker script: where functions are. */
extern char text_start[], text_end[];

struct name {
	char text[NAME_LEN];
};

static struct name class_name(u16 number)
{
	const struct lock_class *class = &lockdep_classes[number];
	struct name name = { "" };

	if ((const char *)class->key >= text_start && (const char *)class->key < text_end)
		snprintf(name.text, sizeof(name.text), "%s %ps", class->name, class->key);
	else if (class->subclass)
		snprintf(name.text, sizeof(name.text), "%s/%u", class->name, class->subclass);
	else
		snprintf(name.text, sizeof(name.text), "%s", class->name);
	return name;
}

static const char *way_of(const struct lockdep_held *held)
{
	return held->read ? (held->trylock ? ", reading, by trylock" : ", reading") :
			    (held->trylock ? ", by trylock" : "");
}

/* Of a lock that was released since, only the class is known. */
static void print_lock(const char *what, const struct lockdep_held *held)
{
	const struct lock_class *class = &lockdep_classes[held->class];
	char address[24] = "";

	if (held->map)
		snprintf(address, sizeof(address), " (%p)",
			 (void *)((unsigned long)held->map - held->map->offset));
	pr_emerg("  %s\"%s\"%s, %s at %pS%s", what, class_name(held->class).text, address,
		 class->is_event ? "waited for" : "taken", (void *)held->where, way_of(held));
	if (class->site)
		pr_emerg("      of the class %s", class->site);
}

static void print_held(const struct lockdep_task *task)
{
	if (!task->depth && !task->n_sections)
		pr_emerg("It holds no lock.");
	else
		pr_emerg("It holds, the last taken first:");
	for (u32 i = task->depth; i > 0; i--) {
		char what[16];

		snprintf(what, sizeof(what), "#%u ", i - 1);
		print_lock(what, &task->held[i - 1]);
	}
	for (u32 i = task->n_sections; i > 0; i--)
		pr_emerg("  semaphore \"%s\", taken at %pS",
			 class_name(task->sections[i - 1].class).text,
			 (void *)task->sections[i - 1].where);
}

static void print_trace(u32 trace)
{
	const unsigned int *addresses;
	u32 n = lockdep_trace(trace, &addresses);

	// These are return addresses; %pB looks up the call before them.
	for (u32 i = 0; i < n; i++)
		pr_emerg("      %pB", (void *)(unsigned long)addresses[i]);
}

static bool is_event(u16 class)
{
	return lockdep_classes[class].is_event;
}

static void print_edges(const struct lockdep_report *report, u32 from, u32 to)
{
	for (u32 i = from; i < to; i++) {
		const struct lock_edge *edge = &lockdep_edges[report->path[i]];

		if (is_event(edge->from))
			pr_emerg("  \"%s\" was completed while \"%s\" was held, first at:",
				 class_name(edge->from).text, class_name(edge->to).text);
		else
			pr_emerg("  \"%s\" was %s while \"%s\" was held, first at:",
				 class_name(edge->to).text,
				 is_event(edge->to) ? "waited for" : "taken",
				 class_name(edge->from).text);
		print_trace(edge->trace);
	}
}

/* One line of a scenario: what the CPU of column @column does. */
static void say(u32 column, const char *what, u16 class, const char *then)
{
	pr_emerg("  %*s%s(%s)%s", (int)min_t(u32, column, MAX_COLUMNS) * COLUMN, "", what,
		 class_name(class).text, then);
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
	return is_event(class) ? "is to complete" : taking(reads);
}

static const char *second_step(u16 class, bool reads)
{
	return is_event(class) ? "wait_for_completion" : taking(reads);
}

/* Each of the circle holds its first lock, then each waits for its second. */
static void print_circle(const struct lockdep_report *report)
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

static const char *interrupt_of(u32 bit)
{
	return bit & USAGE_SOFTIRQ ? "softirq" : "interrupt";
}

static void print_usage(u16 number, u32 bit)
{
	const struct lock_class *class = &lockdep_classes[number];

	if (bit & USAGE_ENABLED)
		pr_emerg("  \"%s\" was held with %ss on%s, first at:", class_name(number).text,
			 interrupt_of(bit), bit & USAGE_READ ? ", by a reader" : "");
	else
		pr_emerg("  \"%s\" was taken in %s %s%s, first at:", class_name(number).text,
			 bit & USAGE_SOFTIRQ ? "a" : "an", interrupt_of(bit),
			 bit & USAGE_READ ? ", by a reader" : "");
	print_trace(class->traces[bit]);
}

static void print_interruption(const struct lockdep_report *report)
{
	bool reads = report->safe_bit & USAGE_READ;
	char interrupt[32];

	snprintf(interrupt, sizeof(interrupt), "<%s>: %s", interrupt_of(report->safe_bit),
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

static void print_order(const struct lockdep_report *report)
{
	u32 middle = report->problem == LOCKDEP_UNSAFE ? report->split : 0;

	pr_emerg("What is known:");
	print_usage(report->safe, report->safe_bit);
	print_usage(report->unsafe, report->unsafe_bit);
	if (report->safe == report->unsafe)
		return;
	print_edges(report, middle, report->length);
	if (report->problem == LOCKDEP_UNSAFE)
		pr_emerg("  \"%s\" is taken while \"%s\" is held, now",
			 class_name(report->next->class).text,
			 class_name(report->held->class).text);
	print_edges(report, 0, middle);
}

/* The heading, in one line, which is also what a test knows the report by. */
static struct lockdep_heading heading_of(const struct lockdep_report *report)
{
	struct name next = { "" }, held = { "" };
	struct lockdep_heading heading;
	char *text = heading.text;
	size_t n = sizeof(heading.text);
	bool completes;

	if (report->next)
		next = class_name(report->next->class);
	if (report->held)
		held = class_name(report->held->class);
	switch (report->problem) {
	case LOCKDEP_RECURSION:
		snprintf(
			text, n,
			"possible recursive locking detected: \"%s\" is taken at %pS while \"%s\", of the same class, is held",
			next.text, (void *)report->where, held.text);
		break;
	case LOCKDEP_CYCLE:
		completes = is_event(report->held->class);
		snprintf(
			text, n,
			"possible circular locking dependency detected: \"%s\" is %s at %pS while \"%s\" is held",
			completes ? held.text : next.text,
			completes                     ? "completed" :
			is_event(report->next->class) ? "waited for" :
							"taken",
			(void *)(completes ? report->held->where : report->where),
			completes ? next.text : held.text);
		break;
	case LOCKDEP_USAGE:
		snprintf(
			text, n,
			"inconsistent lock state: \"%s\" is taken in %ss, and held with them on (now at %pS)",
			next.text, interrupt_of(report->safe_bit), (void *)report->where);
		break;
	case LOCKDEP_INVERSION:
		snprintf(
			text, n,
			"possible irq lock inversion dependency detected: \"%s\", taken in %ss, is held where \"%s\" is taken, which is held with them on (now at %pS)",
			class_name(report->safe).text, interrupt_of(report->safe_bit),
			class_name(report->unsafe).text, (void *)report->where);
		break;
	case LOCKDEP_UNSAFE:
		snprintf(
			text, n,
			"%s-safe -> %s-unsafe lock order detected: \"%s\" is taken at %pS while \"%s\" is held",
			report->safe_bit & USAGE_SOFTIRQ ? "SOFTIRQ" : "HARDIRQ",
			report->safe_bit & USAGE_SOFTIRQ ? "SOFTIRQ" : "HARDIRQ", next.text,
			(void *)report->where, held.text);
		break;
	case LOCKDEP_INIT_HELD:
		snprintf(text, n, "held lock \"%s\" is initialized", held.text);
		break;
	case LOCKDEP_NOT_HELD:
		snprintf(text, n, "at %pS this must be so, and is not: %s", (void *)report->where,
			 report->what);
		break;
	case LOCKDEP_FULL:
		snprintf(text, n, "the lock validator: %s", report->what);
		break;
	}
	return heading;
}

static void print_reason(const struct lockdep_report *report)
{
	switch (report->problem) {
	case LOCKDEP_CYCLE:
		pr_emerg("The other way round, from \"%s\" to \"%s\":",
			 class_name(report->next->class).text,
			 class_name(report->held->class).text);
		print_edges(report, 0, report->length);
		print_circle(report);
		break;
	case LOCKDEP_USAGE:
	case LOCKDEP_INVERSION:
	case LOCKDEP_UNSAFE:
		print_order(report);
		print_interruption(report);
		break;
	default:
		break;
	}
}

static bool has_event(const struct lockdep_report *report)
{
	bool any = is_event(report->held->class);

	for (u32 i = 0; i < report->length; i++)
		any |= is_event(lockdep_edges[report->path[i]].from);
	return any;
}

static const char *advice_on(const struct lockdep_report *report)
{
	switch (report->problem) {
	case LOCKDEP_RECURSION:
		return "take each lock once; if these are two locks with an order of their own, say so: _nested(lock, SINGLE_DEPTH_NESTING) for the second, or a class of its own by lockdep_set_class().";
	case LOCKDEP_CYCLE:
		if (has_event(report))
			return "release what is needed for the completion before you wait for it.";
		return "choose one order of these locks, and take them in it everywhere.";
	case LOCKDEP_USAGE:
	case LOCKDEP_INVERSION:
	case LOCKDEP_UNSAFE:
		return "hold the lock that is held with them on with them off: the _irqsave or _bh form; or do not take the other in the handler.";
	case LOCKDEP_INIT_HELD:
		return "initialize a lock once, before it is used.";
	case LOCKDEP_NOT_HELD:
		return "the caller is to take the lock first.";
	default:
		return "what was checked before still is. If the number of locks is right, raise the limit in lockdep_internal.h.";
	}
}

static void print_next(const struct lockdep_held *next)
{
	if (is_event(next->class))
		print_lock(next->map ? "it waits for " : "it waited for ", next);
	else
		print_lock(next->map ? "it takes " : "it took ", next);
}

static void print_report(const struct lockdep_report *report)
{
	struct lockdep_heading heading = heading_of(report);
	char who[PRINTK_LINE];

	if (!warn_begin("lockdep", heading.text))
		return;
	panic_describe_task(current, who, sizeof(who));
	pr_emerg("on cpu%u, %s, %s", raw_smp_processor_id(), who, preempt_context());
	if (report->next && !(report->held && is_event(report->held->class)))
		print_next(report->next);
	if (report->task)
		print_held(report->task);
	print_reason(report);
	pr_emerg("backtrace:");
	if (report->task)
		backtrace_print(0, report->task->frame);
	pr_emerg("What to do: %s", advice_on(report));
	warn_end();
}

void lockdep_print_held(void)
{
	const struct lockdep_task *task = this_cpu_read(cpu_local.lockdep);

	if (task)
		print_held(task);
}

void lockdep_report_init(void)
{
	lockdep_register_report(print_report);
}

#endif
