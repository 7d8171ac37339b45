/* warn.c: reports that do not end the run: WARN_ON, and backtraces.
 * SPDX-License-Identifier: MIT
 */
#include <arch/atomic.h>
#include <arch/clock.h>
#include <arch/trap.h>

#include "kernel/base/cpu.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/timer.h"
#include "lib/format.h"
#include "lib/string.h"

#define BACKTRACE_MAX 64

static atomic64_t warnings;
static bool (*warn_filter)(const char *message); /* [a] */

unsigned long warn_count(void)
{
	return (unsigned long)atomic64_read(&warnings);
}

void warn_count_add(void)
{
	atomic64_inc(&warnings);
}

void backtrace_print_array(const unsigned long *addresses, unsigned int n)
{
	unsigned int same;

	for (unsigned int i = 0; i < n; i += same) {
		for (same = 1; i + same < n && addresses[i + same] == addresses[i]; same++)
			;
		// These are return addresses; %pB looks up the call before them.
		pr_emerg("  %pB", (void *)addresses[i]);
		if (same > 1)
			pr_emerg("  ... which called itself %u times", same - 1);
	}
}

void backtrace_print(unsigned long rip, unsigned long rbp)
{
	unsigned long addresses[BACKTRACE_MAX];
	unsigned int n = backtrace(rbp, addresses, BACKTRACE_MAX);

	if (rip)
		pr_emerg("  %pS", (void *)rip);
	backtrace_print_array(addresses, n);
	if (n == BACKTRACE_MAX)
		pr_emerg("  ... and so on: %u calls are shown", n);
}

noinline void dump_stack(void)
{
	pr_emerg("backtrace:");
	backtrace_print(0, (unsigned long)__builtin_frame_address(0));
}

/* What warn_expect() expects, and of whom. */
static const struct task_struct *expecting; /* [a] NULL: nothing */
static bool expecting_anywhere;             /* [a] of all */
static const char *expected_text;           /* [a] */
static atomic_t n_expected;

unsigned int warn_expect(void (*fn)(void *arg), void *arg, const char *text)
{
	WRITE_ONCE(expected_text, text);
	atomic_set(&n_expected, 0);
	WRITE_ONCE(expecting, current);
	fn(arg);
	WRITE_ONCE(expecting, NULL);
	return warn_expected();
}

unsigned int warn_expect_anywhere(void (*fn)(void *arg), void *arg, const char *text)
{
	unsigned int n;

	WRITE_ONCE(expecting_anywhere, true);
	n = warn_expect(fn, arg, text);
	WRITE_ONCE(expecting_anywhere, false);
	return n;
}

unsigned int warn_expected(void)
{
	return (unsigned int)atomic_read(&n_expected);
}

static bool is_expected(const char *text)
{
	return (READ_ONCE(expecting) == current ||
		(READ_ONCE(expecting_anywhere) && READ_ONCE(expecting))) &&
	       strstr(text, READ_ONCE(expected_text));
}

/*
 * Reports are printed one after the other, or nobody can read them. Whoever comes second waits, but not for long: he may keep
 * the first from going on, by what he holds or because he has interrupted him. A thread that reports while it reports goes on.
 */
#define REPORT_PATIENCE_NS (500 * NSEC_PER_MSEC)

static struct task_struct *reporter; /* [a] who has begun a report, and not ended it; NULL: nobody */
static unsigned int reports_open;    /* [reporter] his */

void report_begin(void)
{
	u64 end = clock_ns() + REPORT_PATIENCE_NS;
	struct task_struct *nobody = NULL;

	// [R] pairs with [R] in report_end()
	while (READ_ONCE(reporter) != current && !try_cmpxchg(&reporter, &nobody, current)) {
		nobody = NULL;
		if (clock_ns() > end)
			break;
		cpu_relax();
	}
	if (READ_ONCE(reporter) == current)
		reports_open++;
	pr_emerg(REPORT_LINE);
}

void report_end(void)
{
	pr_emerg(REPORT_LINE);
	if (READ_ONCE(reporter) == current && !--reports_open)
		smp_store_release(&reporter, NULL); // [R] pairs with [R] in report_begin()
}

static void begin(const char *kind, const char *text)
{
	if (is_expected(text))
		atomic_inc(&n_expected);
	else
		warn_count_add();
	report_begin();
	pr_emerg("%s: %s", kind, text);
}

bool warn_is_awaited(const char *text)
{
	return READ_ONCE(warn_filter) || is_expected(text);
}

bool panic_on_warn;

/* Expected reports are not counted. */
void warn_end(void)
{
	report_end();
	if (panic_on_warn && warn_count())
		panic("panic_on_warn=1: what was reported above ends the run");
}

bool warn_begin(const char *kind, const char *text)
{
	bool (*filter)(const char *) = READ_ONCE(warn_filter);

	if (filter && filter(text))
		return false;
	begin(kind, text);
	return true;
}

/* A framed report of @text, with the backtrace of the caller's caller. */
static noinline void report(const char *text, unsigned long rbp)
{
	begin("warning", text);
	pr_emerg("backtrace:");
	backtrace_print(0, rbp);
	pr_emerg("What to do: the run goes on, but what follows may come of this; begin here.");
	warn_end();
}

noinline void warn_slow(bool *reported, const char *file, int line, const char *function,
			const char *what)
{
	char text[PRINTK_LINE];

	if (READ_ONCE(*reported) || xchg(reported, true))
		return;
	scnprintf(text, sizeof(text), "%s:%d: %s() found: %s", file, line, function, what);
	report(text, (unsigned long)__builtin_frame_address(0));
}

void warn_set_filter(bool (*filter)(const char *message))
{
	WRITE_ONCE(warn_filter, filter);
}

noinline void warn_report(const char *fmt, ...)
{
	bool (*filter)(const char *) = READ_ONCE(warn_filter);
	char text[PRINTK_LINE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!filter || !filter(text))
		report(text, (unsigned long)__builtin_frame_address(0));
}
