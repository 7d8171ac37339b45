/* misuse_report.c: the report of misuse: what, who, where, and what its holder does.
 * SPDX-License-Identifier: MIT
 *
 * A mistake in a loop would fill the log. So one that was reported from the same place, to which the same calls
 * led, is not reported again; a test that waits for a report hears of each.
 */
#include "kernel/core/misuse_report.h"

#include <arch/atomic.h>
#include <arch/irqflags.h>
#include <arch/trap.h>

#include "kernel/base/cpu.h"
#include "kernel/base/hooks.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/debug/lockdep_report.h"
#include "lib/format.h"

#define PLACES_MAX   64 /* that are told apart; all further ones are reported as one */
#define PLACE_DEPTH  8  /* calls that are compared */
#define MESSAGE_TEXT 512

static u64 places[PLACES_MAX]; /* [a] a hash each, from the first on; 0: not used */
static void (*print_holder)(const struct task_struct *holder); /* [I] */

void misuse_register_holder(void (*print)(const struct task_struct *holder))
{
	WRITE_ONCE(print_holder, print);
}

static u64 hash_of_place(const char *fmt, unsigned long frame)
{
	unsigned long calls[PLACE_DEPTH];
	unsigned int n = backtrace(frame, calls, PLACE_DEPTH);
	u64 hash = (u64)(unsigned long)fmt;

	for (unsigned int i = 0; i < n; i++)
		hash = (hash ^ calls[i]) * 0x9e3779b97f4a7c15;
	return hash | 1;
}

static bool was_reported(const char *fmt, unsigned long frame)
{
	u64 hash = hash_of_place(fmt, frame);
	static u64 full;

	for (u32 i = 0; i < PLACES_MAX; i++) {
		u64 seen = cmpxchg(&places[i], 0, hash);

		if (seen == 0 || seen == hash)
			return seen == hash;
	}
	return xchg(&full, 1);
}

static void print_body(const struct task_struct *holder, unsigned long frame)
{
	char who[PRINTK_LINE];

	panic_describe_task(current, who, sizeof(who));
	pr_emerg("on cpu%u, %s, %s, preempt count %#x, interrupts %s", raw_smp_processor_id(), who,
		 preempt_context(), preempt_count(), irqs_disabled() ? "off" : "on");
	lockdep_print_held();
	pr_emerg("backtrace:");
	backtrace_print(0, frame);
	// An NMI may have come while this CPU held what is needed to look.
	if (holder && holder != current && !in_nmi() && READ_ONCE(print_holder)) {
		pr_emerg("and the other thread:");
		print_holder(holder);
	}
	pr_emerg(
		"What to do: mend what the backtrace begins with. The run goes on as if it had not been done, or had been");
	pr_emerg(
		"done rightly, but what follows may come of it. panic_on_warn=1 ends the run at the first report.");
	warn_end();
}

static void __printf(3, 0)
	report(const struct task_struct *holder, unsigned long frame, const char *fmt, va_list args)
{
	char text[MESSAGE_TEXT];

	vsnprintf(text, sizeof(text), fmt, args);
	panic_ask_filter(text);
	if (!warn_is_awaited(text) && was_reported(fmt, frame))
		return;
	if (warn_begin("misuse", text))
		print_body(holder, frame);
}

void misuse_report_init(void)
{
	misuse_register(report);
}
