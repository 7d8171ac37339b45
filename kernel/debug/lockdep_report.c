/* lockdep_report.c: what the lock validator says: who, which locks, why it can deadlock, and what to do.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/debug/lockdep_report.h"

#include "kernel/base/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/debug/lockdep_words.h"
#include "kernel/locking/lockdep_internal.h"
#include "lib/format.h"

#if CONFIG_CHECKED

static const char *way_of(const struct lockdep_held *held)
{
	return held->read ? (held->trylock ? ", reading, by trylock" : ", reading") :
			    (held->trylock ? ", by trylock" : "");
}

/* Of a lock that was released since, only the class is known. */
static void print_lock(const char *what, const struct lockdep_held *held, const char *verb)
{
	const struct lock_class *class = &lockdep_classes[held->class];
	char address[24] = "";

	if (held->map)
		snprintf(address, sizeof(address), " (%p)",
			 (void *)((unsigned long)held->map - held->map->offset));
	pr_emerg("  %s\"%s\"%s, %s at %pS%s", what, lockdep_class_name(held->class).text, address,
		 verb, (void *)held->where, way_of(held));
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
		print_lock(what, &task->held[i - 1],
			   lockdep_is_function(task->held[i - 1].class) ? "called" : "taken");
	}
	for (u32 i = task->n_sections; i > 0; i--)
		pr_emerg("  semaphore \"%s\", taken at %pS",
			 lockdep_class_name(task->sections[i - 1].class).text,
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

static void print_edges(const struct lockdep_report *report, u32 from, u32 to)
{
	for (u32 i = from; i < to; i++) {
		const struct lock_edge *edge = &lockdep_edges[report->path[i]];

		if (lockdep_is_event(edge->from))
			pr_emerg("  \"%s\" was completed while \"%s\" was held, first at:",
				 lockdep_class_name(edge->from).text,
				 lockdep_class_name(edge->to).text);
		else
			pr_emerg("  \"%s\" was %s %s \"%s\"%s, first at:",
				 lockdep_class_name(edge->to).text, lockdep_wanted(edge->to),
				 lockdep_is_function(edge->from) ? "in" : "while",
				 lockdep_class_name(edge->from).text,
				 lockdep_is_function(edge->from) ? "" : " was held");
		print_trace(edge->trace);
	}
}

static void print_usage(u16 number, u32 bit)
{
	const struct lock_class *class = &lockdep_classes[number];

	if (bit & USAGE_ENABLED)
		pr_emerg("  \"%s\" was held with %ss on%s, first at:",
			 lockdep_class_name(number).text, lockdep_interrupt_of(bit),
			 bit & USAGE_READ ? ", by a reader" : "");
	else
		pr_emerg("  \"%s\" was taken in %s %s%s, first at:",
			 lockdep_class_name(number).text, bit & USAGE_SOFTIRQ ? "a" : "an",
			 lockdep_interrupt_of(bit), bit & USAGE_READ ? ", by a reader" : "");
	print_trace(class->traces[bit]);
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
			 lockdep_class_name(report->next->class).text,
			 lockdep_class_name(report->held->class).text);
	print_edges(report, 0, middle);
}

static void cycle_heading(const struct lockdep_report *report, char *text, size_t n)
{
	struct lockdep_name next = lockdep_class_name(report->next->class);
	struct lockdep_name held = lockdep_class_name(report->held->class);
	bool completes = lockdep_is_event(report->held->class);
	bool inside = lockdep_is_function(report->held->class);

	snprintf(text, n,
		 "possible circular locking dependency detected: \"%s\" is %s at %pS %s \"%s\"%s",
		 completes ? held.text : next.text,
		 completes ? "completed" : lockdep_wanted(report->next->class),
		 (void *)(completes ? report->held->where : report->where), inside ? "in" : "while",
		 completes ? next.text : held.text, inside ? "" : " is held");
}

/* The heading, in one line, which is also what a test knows the report by. */
static struct lockdep_heading heading_of(const struct lockdep_report *report)
{
	struct lockdep_name next = { "" }, held = { "" };
	struct lockdep_heading heading;
	char *text = heading.text;
	size_t n = sizeof(heading.text);

	if (report->next)
		next = lockdep_class_name(report->next->class);
	if (report->held)
		held = lockdep_class_name(report->held->class);
	switch (report->problem) {
	case LOCKDEP_RECURSION:
		snprintf(
			text, n,
			"possible recursive locking detected: \"%s\" is taken at %pS while \"%s\", of the same class, is held",
			next.text, (void *)report->where, held.text);
		break;
	case LOCKDEP_CYCLE:
		cycle_heading(report, text, n);
		break;
	case LOCKDEP_USAGE:
		snprintf(
			text, n,
			"inconsistent lock state: \"%s\" is taken in %ss, and held with them on (now at %pS)",
			next.text, lockdep_interrupt_of(report->safe_bit), (void *)report->where);
		break;
	case LOCKDEP_INVERSION:
		snprintf(
			text, n,
			"possible irq lock inversion dependency detected: \"%s\", taken in %ss, is held where \"%s\" is taken, which is held with them on (now at %pS)",
			lockdep_class_name(report->safe).text,
			lockdep_interrupt_of(report->safe_bit),
			lockdep_class_name(report->unsafe).text, (void *)report->where);
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
			 lockdep_class_name(report->next->class).text,
			 lockdep_class_name(report->held->class).text);
		print_edges(report, 0, report->length);
		lockdep_print_circle(report);
		break;
	case LOCKDEP_USAGE:
	case LOCKDEP_INVERSION:
	case LOCKDEP_UNSAFE:
		print_order(report);
		lockdep_print_interruption(report);
		break;
	default:
		break;
	}
}

/* Whether a class of the circle is such a one. */
static bool has(const struct lockdep_report *report, bool (*is)(u16 class))
{
	bool any = is(report->held->class);

	for (u32 i = 0; i < report->length; i++)
		any |= is(lockdep_edges[report->path[i]].from);
	return any;
}

static const char *advice_on(const struct lockdep_report *report)
{
	switch (report->problem) {
	case LOCKDEP_RECURSION:
		return "take each lock once; if these are two locks with an order of their own, say so: _nested(lock, SINGLE_DEPTH_NESTING) for the second, or a class of its own by lockdep_set_class().";
	case LOCKDEP_CYCLE:
		if (has(report, lockdep_is_event))
			return "release what is needed for the completion before you wait for it.";
		if (has(report, lockdep_is_function))
			return "release what that function takes before you wait for its end.";
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
	bool taken = lockdep_is_lock(next->class);

	if (next->map)
		print_lock(taken ? "it takes " : "it waits for ", next,
			   lockdep_wanted(next->class));
	else
		print_lock(taken ? "it took " : "it waited for ", next,
			   lockdep_wanted(next->class));
}

static void print_report(const struct lockdep_report *report)
{
	struct lockdep_heading heading = heading_of(report);
	char who[PRINTK_LINE];

	if (!warn_begin("lockdep", heading.text))
		return;
	panic_describe_task(current, who, sizeof(who));
	pr_emerg("on cpu%u, %s, %s", raw_smp_processor_id(), who, preempt_context());
	if (report->next && !(report->held && lockdep_is_event(report->held->class)))
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
