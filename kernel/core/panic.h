/* panic.h: the end of a run that cannot go on. panic() itself is declared in kernel/base/upcalls.h.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <stdarg.h>

#include "kernel/base/config.h"
#include "kernel/base/upcalls.h"
#include "lib/types.h"

struct cpu;
struct trap_frame;
struct task_struct;

/*
 * panic_frame - panic() for an exception: the report shows @frame's registers and backtrace.
 * panic_vframe - the same for a list of arguments.
 * Never sleep. Any context. Do not return.
 */
void panic_frame(const struct trap_frame *frame, const char *fmt, ...) __printf(2, 3) __noreturn;
void panic_vframe(const struct trap_frame *frame, const char *fmt, va_list args)
	__printf(2, 0) __noreturn;

/*
 * panic_register_describe - who describes a CPU's current thread ("thread 12 \"worker/1\" prio
 * 120"), in any context and without locks: the scheduler, which is above. Boot only.
 */
void panic_register_describe(void (*describe)(const struct task_struct *task, char *buf, size_t n));

/* panic_register_debugger - who stops the machine for a debugger when there is a panic, before it is reported. Boot only. */
void panic_register_debugger(void (*stop)(const struct trap_frame *frame, const char *message));

/* panic_describe_task - what the scheduler says of @task, in any context and without locks. */
void panic_describe_task(const struct task_struct *task, char *buf, size_t n);

/* panic_print_held - print the spinlocks that @cpu holds. Any context. */
void panic_print_held(const struct cpu *cpu);

/* panic_nmi - a CPU's part when the panicking CPU stops it; true if that is what the NMI was. */
bool panic_nmi(struct trap_frame *frame);

/* panic_in_progress - whether some CPU panics. Any context. */
bool panic_in_progress(void);

/* A condition that must hold in every profile. */
#define BUG_ON(cond)                                                                               \
	do {                                                                                       \
		if (unlikely(cond))                                                                \
			panic("%s:%d: %s() found: %s", __FILE__, __LINE__, __func__, #cond);       \
	} while (0)
#define BUG() panic("%s:%d: %s() cannot be here", __FILE__, __LINE__, __func__)

/* A condition that the checked profile looks at; fast compiles it and never evaluates it. */
#if CONFIG_CHECKED
#define ASSERT(cond) BUG_ON(!(cond))
#else
#define ASSERT(cond) ((void)sizeof(!(cond)))
#endif

/* Report once per place that @cond is true, with a backtrace, and go on. Returns @cond. */
#define WARN_ON(cond)                                                                              \
	({                                                                                         \
		static bool __reported;                                                            \
		bool __warn = !!(cond);                                                            \
		if (unlikely(__warn))                                                              \
			warn_slow(&__reported, __FILE__, __LINE__, __func__, #cond);               \
		__warn;                                                                            \
	})
#define WARN_ON_ONCE(cond) WARN_ON(cond)
void warn_slow(bool *reported, const char *file, int line, const char *function,
	       const char *what) __cold;

/*
 * warn_report - report, with a backtrace, what is wrong and must not end the run.
 * warn_set_filter - who is asked before a report, with its message: true, it is not reported.
 * NULL: nobody. For tests of what must be reported. Thread context.
 */
void warn_report(const char *fmt, ...) __printf(1, 2) __cold;
void warn_set_filter(bool (*filter)(const char *message));

/* Report a message, formatted from the rest, if @cond is true: each time, or once per place. Their value is @cond. */
#define WARN(cond, ...)                                                                            \
	({                                                                                         \
		bool __warn = !!(cond);                                                            \
		if (unlikely(__warn))                                                              \
			warn_report(__VA_ARGS__);                                                  \
		__warn;                                                                            \
	})
#define WARN_ONCE(cond, ...)                                                                       \
	({                                                                                         \
		static bool __was_reported;                                                        \
		bool __warn = !!(cond);                                                            \
		if (unlikely(__warn &&                                                             \
			     !__atomic_exchange_n(&__was_reported, true, __ATOMIC_RELAXED)))       \
			warn_report(__VA_ARGS__);                                                  \
		__warn;                                                                            \
	})

/*
 * report_begin, report_end - the lines around a report; the first waits for those of others to end, half a second at most.
 * Any context. For who has neither of the following.
 */
void report_begin(void);
void report_end(void);

/* warn_begin - the head of a report whose body the caller prints, up to the closing REPORT_LINE: "@kind: @text".
 * Counted; false: the filter took it, and nothing is to be printed. Any context. */
bool warn_begin(const char *kind, const char *text);

/* warn_end - the last line of such a report. With panic_on_warn, and unless it was an expected one, panics. Any context. */
void warn_end(void);
extern bool panic_on_warn; /* [I] */

/* warn_is_awaited - whether a test waits for a report that says @text, or looks at all. Any context. */
bool warn_is_awaited(const char *text);

/*
 * warn_expect - run @fn(@arg): reports by this thread that contain @text are printed, and not counted, since they
 *   are what is to be shown. May sleep. Thread context, one thread at a time. Returns how many there were.
 * warn_expect_anywhere - the same with reports from any context. warn_expected - how many there were so far.
 */
unsigned int warn_expect(void (*fn)(void *arg), void *arg, const char *text);
unsigned int warn_expect_anywhere(void (*fn)(void *arg), void *arg, const char *text);
unsigned int warn_expected(void);

/* warn_count - reports so far of WARN_ON, warn_report() and UBSan: a run with any is not a pass. */
unsigned long warn_count(void);
void warn_count_add(void);

/*
 * dump_stack - print the backtrace of the caller.
 * backtrace_print - print that of the frame @rbp, below a line for @rip if that is not 0.
 * backtrace_print_array - print that which backtrace() has put into @addresses, @n of them.
 * Never sleep. Any context.
 */
void dump_stack(void);
void backtrace_print(unsigned long rip, unsigned long rbp);
void backtrace_print_array(const unsigned long *addresses, unsigned int n);

/* The line before a diagnostic, and after it. */
#define REPORT_LINE "======================================================================"

/*
 * panic_set_filter - who is asked before a panic begins, with its message; it returns for the panic
 * to go on, or does not return. NULL: nobody. For tests of what must panic. Thread context.
 * panic_ask_filter - it is asked here, by misuse that goes on unless a test wants a panic of it. Any context.
 */
void panic_set_filter(void (*filter)(const char *message));
void panic_ask_filter(const char *message);
