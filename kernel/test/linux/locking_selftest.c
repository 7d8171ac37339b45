/* locking_selftest.c: runs Linux's locking-selftest.c, unmodified, on the lock validator of this kernel.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   The cases, what is expected of each, the judgement on it and the table are Linux's. This file is
 *   what it prints through, and counts the verdicts that come by; it calls each case, and can end one.
 *   A case ends at its first call of something that this kernel has not (include/locking-selftest.h: ww_mutex...),
 *   by a jump out of it. What follows in it proves nothing then, so it is not judged at all: it is
 *   *skipped*, and Linux's count at the end is of the others.
 *
 *   How does Linux survive its own test? A and A again are two locks of one class, so that nothing really
 *   waits for itself; a lock that is released twice has its word spoilt, and is made anew after the case;
 *   the preempt count that is off by one then is put back by dotest(). Here the second release is found
 *   before the word is touched, by a check that would panic; lockdep_set_selftest_task() has it go on.
 *
 *   In one more respect a kernel without PREEMPT_RT is right to be silent: a spinlock_t is taken where only
 *   a raw one may be. On PREEMPT_RT it is a mutex, here the two are one word. Those cases are skipped.
 */
#include "kernel/test/linux/locking_selftest.h"

#include <arch/cpu.h>

#include "kernel/core/printk.h"
#include "kernel/debug/symbols.h"
#include "kernel/kthread.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/module.h"
#include "lib/err.h"
#include "lib/format.h"
#include "lib/string.h"

#define LINE_SIZE   160
#define MAX_REASONS 8
#define MAX_WRONG   32
#define LABEL_SIZE  40

static const char only_rt[] = "a spinlock_t where PREEMPT_RT wants a raw one";
static const char *const only_rt_cases[] = {
	"SPINLOCK_in_NOTTHREADED_HARDIRQ",
	"SPINLOCK_in_RCU_SCHED",
	"SPINLOCK_in_RAW_SPINLOCK",
};

/* The line that is being printed. Only the self-test's thread uses this, and what follows. */
static char line[LINE_SIZE];
static u32 length;

static bool judged = true;  /* false: a case has run and has no verdict yet */
static const char *missing; /* why the case is skipped; NULL: it is not */
static void *way_out[5];

static struct {
	u32 passed, failed, skipped, cell; /* the last: which of the row is next */
	const char *reasons[MAX_REASONS];
	u32 by_reason[MAX_REASONS];
	struct {
		char row[LABEL_SIZE];
		u32 cell;
	} wrong[MAX_WRONG];
} count;

/* ---- Cases ------------------------------------------------------------------------------------------ */

static bool is_only_rt(void (*fn)(void))
{
	struct symbol_info symbol;

	if (!symbol_lookup((unsigned long)fn, &symbol))
		return false;
	for (u32 i = 0; i < ARRAY_SIZE(only_rt_cases); i++) {
		if (!strcmp(symbol.function, only_rt_cases[i]))
			return true;
	}
	return false;
}

void selftest_missing(const char *what)
{
	missing = what;
	__builtin_longjmp(way_out, 1);
}

/* Not inline: it is where the jump leads back to. */
static noinline void run_case(void (*fn)(void))
{
	if (!__builtin_setjmp(way_out))
		fn();
}

static void skip(void)
{
	u32 i = 0;

	while (i < MAX_REASONS - 1 && count.reasons[i] && count.reasons[i] != missing)
		i++;
	count.reasons[i] = missing;
	count.by_reason[i]++;
	count.skipped++;
	count.cell++;
	selftest_print(true, " skip |");
}

bool selftest_case(void (*fn)(void))
{
	missing = is_only_rt(fn) ? only_rt : NULL;
	if (!missing)
		run_case(fn);
	if (missing)
		skip();
	else
		judged = false;
	return !missing;
}

/* @text is the first that Linux prints after a case: its verdict. */
static void count_verdict(const char *text)
{
	judged = true;
	if (!strcmp(text, "  ok  |")) {
		count.passed++;
	} else if (count.failed++ < MAX_WRONG) {
		strscpy(count.wrong[count.failed - 1].row, line, LABEL_SIZE);
		count.wrong[count.failed - 1].cell = count.cell;
	}
	count.cell++;
}

/* ---- Lines ------------------------------------------------------------------------------------------------ */

static void end_line(void)
{
	if (length)
		pr_plain("%s\n", line);
	length = 0;
	line[0] = '\0';
	count.cell = 0;
}

void selftest_print(bool goes_on, const char *fmt, ...)
{
	char text[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!goes_on)
		end_line();
	if (!judged)
		count_verdict(text);
	length += (u32)scnprintf(line + length, LINE_SIZE - length, "%s", text);
	if (length && line[length - 1] == '\n') {
		line[--length] = '\0';
		end_line();
	}
}

/* ---- The module ------------------------------------------------------------------------------------------- */

static void print_counts(void)
{
	for (u32 i = 0; i < min_t(u32, count.failed, MAX_WRONG); i++)
		pr_plain("WRONG: case %u of the row: %s\n", count.wrong[i].cell + 1,
			 count.wrong[i].row);
	for (u32 i = 0; i < MAX_REASONS && count.reasons[i]; i++)
		pr_plain("skipped: %2u cases with what is not here: %s\n", count.by_reason[i],
			 count.reasons[i]);
	pr_plain("of %u cases %u are as Linux expects, %u are not, %u were skipped\n",
		 count.passed + count.failed + count.skipped, count.passed, count.failed,
		 count.skipped);
}

static int run(void *done)
{
	locking_selftest();
	end_line();
	debug_locks_silent = 0;
	lockdep_reset();
	lockdep_set_selftest_task(NULL);
	print_counts();
	complete(done);
	return 0;
}

/* In a thread of its own, on one CPU: what a case leaves held is noted there. */
static int __init locking_selftest_init(void)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct task_struct *thread = kthread_create(run, &done, "locking_selftest");

	if (IS_ERR(thread))
		return (int)PTR_ERR(thread);
	kthread_bind(thread, 0);
	wake_up_process(thread);
	wait_for_completion(&done);
	module_check(KBUILD_MODNAME, count.failed == 0, "each case came out as Linux expects",
		     __FILE__, __LINE__);
	module_check(KBUILD_MODNAME, count.passed > count.skipped, "most cases were run", __FILE__,
		     __LINE__);
	return 0;
}
module_init(locking_selftest_init);
MODULE_ENTRY(.checks = "Linux's own locking-selftest.c", .threads = 1);
