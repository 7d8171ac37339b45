/* race_report.c: a race in words: both backtraces, the datum, and what to do.
 * SPDX-License-Identifier: MIT
 *
 * A race may be found anywhere: with any lock held, in the middle of printk(). So nobody waits here.
 * Reports are filled where they were found, and printed by whoever has `printing` at the moment; who
 * does not get it leaves his to who has, who looks once more after he has let go (as in printk.c).
 * A race between the same two places is told once. It makes the run no pass, as any warning does.
 */
#include <arch/atomic.h>
#include <arch/irqflags.h>
#include <arch/trap.h>

#include "kernel/base/hooks.h"
#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/debug/race_watch.h"
#include "kernel/debug/symbols.h"
#include "kernel/locking/spin/ticket.h"
#include "lib/format.h"
#include "lib/string.h"

#define REPORTS 8
#define PAIRS   256

enum { SLOT_FREE, SLOT_FILLING, SLOT_READY };

static struct race_report reports[REPORTS];
static u32 slots[REPORTS]; /* [a] what the report of the same index is */
static u32 printing;       /* [a] somebody prints */
static bool (*race_filter)(const struct race_report *report, bool first); /* [a] */

/* The places that were told of: by the accesses' addresses, the lower one first. Under pairs_lock. */
static struct ticket_lock pairs_lock = TICKET_LOCK_FREE;
static unsigned long pairs[PAIRS][2];
static u32 n_pairs;

void race_set_filter(bool (*filter)(const struct race_report *report, bool first))
{
	WRITE_ONCE(race_filter, filter);
}

void race_side_fill(struct race_side *side, const struct race_access *access)
{
	side->at = access->at;
	side->size = access->size;
	side->type = access->type;
	side->claim = access->claim;
	side->cpu = raw_smp_processor_id();
	side->context = preempt_context();
	side->depth = backtrace(access->frame, side->frames, RACE_FRAMES);
	if (current)
		panic_describe_task(current, side->task, sizeof(side->task));
	else
		scnprintf(side->task, sizeof(side->task), "no thread yet");
}

struct race_report *race_report_begin(void)
{
	for (u32 i = 0; i < REPORTS; i++) {
		if (READ_ONCE(slots[i]) == SLOT_FREE &&
		    cmpxchg(&slots[i], SLOT_FREE, SLOT_FILLING) == SLOT_FREE)
			return &reports[i];
	}
	warn_count_add();
	return NULL;
}

/* ---- In words -------------------------------------------------------------------------------- */

/* Whether a function accesses on behalf of its caller. */
static bool is_helper(const char *function)
{
	static const char *const helpers[] = { "memcpy", "memmove", "memset", "memcmp", "strlen" };

	for (u32 i = 0; i < ARRAY_SIZE(helpers); i++) {
		if (!strcmp(function, helpers[i]))
			return true;
	}
	return !strncmp(function, "__tsan_", 7);
}

unsigned long race_side_place(const struct race_side *side)
{
	struct symbol_info info;
	unsigned int i = 0;

	if (side->claim)
		return side->claim;
	// A return address: the byte before it is the call's.
	while (i < side->depth && symbol_lookup(side->frames[i] - 1, &info) &&
	       is_helper(info.function))
		i++;
	return i < side->depth ? side->frames[i] : 0;
}

const char *race_side_function(const struct race_side *side)
{
	struct symbol_info info;

	return symbol_lookup(race_side_place(side) - 1, &info) ? info.function : "?";
}

static const char *access_name(unsigned int type)
{
	if (type & RACE_ASSERT)
		return type & RACE_WRITE ? "claim that nobody else accesses" :
					   "claim that nobody else writes";
	if (type & RACE_COMPOUND)
		return type & RACE_MARKED ? "marked read and write of" : "plain read and write of";
	if (type & RACE_WRITE)
		return type & RACE_MARKED ? "marked write to" : "plain write to";
	return type & RACE_MARKED ? "marked read of" : "plain read of";
}

/* Names of data are in the table of symbols; those of a CPU's own by their offsets in its copy. */
static void datum_name(char *buf, size_t n, unsigned long at)
{
	struct symbol_info info;
	unsigned long base;
	u32 cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		unsigned long offset = at - (unsigned long)percpu_base[cpu];

		if (offset < cpu_area_size() && symbol_lookup(offset, &info)) {
			scnprintf(buf, n, "%s+0x%lx of cpu%u", info.function, info.offset, cpu);
			return;
		}
	}
	if (symbol_lookup(at, &info))
		scnprintf(buf, n, "%s+0x%lx", info.function, info.offset);
	else if (stack_place(at, &base) == STACK_INSIDE)
		scnprintf(buf, n, "on the stack 0x%lx", base);
	else
		scnprintf(buf, n, "memory that has no name");
}

static void print_side(const struct race_side *side)
{
	char datum[64];

	datum_name(datum, sizeof(datum), side->at);
	pr_emerg("%s %zu bytes at %#lx (%s), on cpu%u %s: %s", access_name(side->type), side->size,
		 side->at, datum, side->cpu, side->context, side->task);
	if (side->claim)
		pr_emerg("  made at %pB, and looked at here:", (void *)side->claim);
	backtrace_print_array(side->frames, side->depth);
}

static const char *what_to_do(const struct race_report *report)
{
	unsigned int types = report->watcher.type | report->other.type;

	if (types & RACE_ASSERT)
		return "the claim is wrong, or the other access forgot the lock that makes it true.";
	if (!report->other_known)
		return "look for code that is not watched (assembly, exempt files) and writes there.";
	if (types & RACE_MARKED)
		return "mark the plain access as the other is (READ_ONCE(), WRITE_ONCE()), or keep it "
		       "out by a lock; data_race() if any value will do.";
	return "let both hold the same lock; if each is right whatever the other does, mark both.";
}

static void print_report(const struct race_report *report)
{
	report_begin();
	if (report->other_known)
		pr_emerg("race: %s() and %s()", race_side_function(&report->watcher),
			 race_side_function(&report->other));
	else
		pr_emerg("race: %s() and somebody unknown", race_side_function(&report->watcher));
	print_side(&report->watcher);
	if (report->other_known)
		print_side(&report->other);
	if (report->before != report->after)
		pr_emerg("The value at %#lx became %#lx, from %#lx, while the first access waited.",
			 report->watched, report->after, report->before);
	pr_emerg("What to do: %s", what_to_do(report));
	warn_end();
}

/* ---- Once, and by one at a time -------------------------------------------------------------- */

static bool is_first_of(unsigned long low, unsigned long high)
{
	for (u32 i = 0; i < n_pairs; i++) {
		if (pairs[i][0] == low && pairs[i][1] == high)
			return false;
	}
	if (n_pairs < PAIRS) {
		pairs[n_pairs][0] = low;
		pairs[n_pairs++][1] = high;
	}
	return true;
}

static bool is_first(const struct race_report *report)
{
	unsigned long a = race_side_place(&report->watcher);
	unsigned long b = report->other_known ? race_side_place(&report->other) : 0;
	unsigned long flags;
	bool first;

	flags = arch_local_irq_save();
	ticket_lock(&pairs_lock);
	first = is_first_of(min(a, b), max(a, b));
	ticket_unlock(&pairs_lock);
	arch_local_irq_restore(flags);
	return first;
}

/* Print what is ready. Caller has `printing`. */
static void print_ready(void)
{
	for (u32 i = 0; i < REPORTS; i++) {
		// [R] pairs with [R] in race_report_end(): filled, then ready.
		if (smp_load_acquire(&slots[i]) != SLOT_READY)
			continue;
		print_report(&reports[i]);
		smp_store_release(&slots[i], SLOT_FREE);
	}
}

static bool any_ready(void)
{
	for (u32 i = 0; i < REPORTS; i++) {
		if (READ_ONCE(slots[i]) == SLOT_READY)
			return true;
	}
	return false;
}

static void give_back(struct race_report *report)
{
	smp_store_release(&slots[report - reports], SLOT_FREE);
}

void race_report_end(struct race_report *report)
{
	bool (*filter)(const struct race_report *, bool) = READ_ONCE(race_filter);
	bool first = is_first(report);

	if ((filter && filter(report, first)) || !first) {
		give_back(report);
		return;
	}
	warn_count_add();
	smp_store_release(&slots[report - reports],
			  SLOT_READY); // [R] pairs with [R] in print_ready()
	do {
		smp_mb(); // the report is ready, or `printing` let go of, before the next look
		if (!any_ready() || xchg(&printing, 1))
			return;
		print_ready();
		smp_store_release(&printing, 0);
	} while (true);
}
