/* trace.h: what happens on each CPU, noted down: the hooks, and the ring of records.
 * SPDX-License-Identifier: MIT
 *
 * Off, each hook is one branch on a word that nobody writes; in PROFILE=fast it is nothing. On, from trace_start()
 * to trace_stop() (kernel/debug/trace_dump.h; trace=1 on the kernel's command line, `make trace`), it writes a record of 32
 * bytes into a ring of the CPU's own. Theory: trace.c.
 */
#pragma once

#include <arch/percpu.h>

#include "kernel/base/config.h"
#include "lib/macros.h"
#include "lib/types.h"

/* What a record tells; tools/trace_read.py has the same list. In a record `pid` is the thread that ran. */
enum trace_kind {
	TRACE_NONE, /* never written, or being written */
	TRACE_SWITCH, /* arg: the thread that runs now; object, name: what the other sleeps for; value: its state */
	TRACE_WAKE, /* arg: the thread that slept, and is runnable now; value: the CPU it ran on */
	TRACE_MIGRATE,   /* arg: the thread; value: its new CPU */
	TRACE_IRQ_ENTER, /* value: the vector; name: its name; arg: the code that it interrupts */
	TRACE_IRQ_EXIT,  /* value: the vector */
	TRACE_IPI,       /* value: the CPU it is sent to; arg: which, as in enum smp_ipi */
	TRACE_ACQUIRE, /* object, name: the lock; arg: the code; value: how (LOCKDEP_READ), and TRACE_TRY */
	TRACE_CONTENDED, /* the same lock is held: the thread waits */
	TRACE_SPIN,      /* object: the lock that the CPU begins to spin for */
	TRACE_SPUN,      /* it spins no more */
	TRACE_SLEEP,     /* object, name: the lock in whose wait list it is */
	TRACE_ACQUIRED,  /* it has the lock; arg: the code */
	TRACE_RELEASE,   /* it is about to give it back, or gives up waiting; arg: the code */
	TRACE_HANDOFF,   /* object, name: the lock; arg: the thread that it is handed to */
	TRACE_MARK, /* arg: the code that called trace_printk(); value: records of text that follow */
	TRACE_TEXT, /* the first bytes are text */
};

#define TRACE_TRY 0x100U /* in the value of TRACE_ACQUIRE: a trylock */
#define TRACE_PREEMPTED                                                                            \
	0x8000U /* in that of TRACE_SWITCH: the other thread did not want to leave */

/* In `flags`. */
#define TRACE_IN_SOFTIRQ 1U
#define TRACE_IN_HARDIRQ 2U
#define TRACE_IN_NMI     4U

/* [c] all, but for who reads it once nothing is written any more. Addresses of code and constants are below 4 GiB. */
struct trace_record {
	u64 ns;
	u64 object;
	u32 name; /* the address of a string in the kernel, or 0 */
	u32 arg;
	s32 pid;
	u16 value;
	u8 flags;
	u8 kind; /* [a] written last */
};

static_assert(sizeof(struct trace_record) == 32);

/* One CPU's. */
struct trace_ring {
	struct trace_record *records; /* [I] NULL: this CPU has none */
	u64 head;                     /* [c] records written so far */
	s32 pid;                      /* [c] the thread that runs */
};

DECLARE_PER_CPU(struct trace_ring, trace_ring);

#define TRACE_RECORDS   16384U /* of a ring, a power of 2: the oldest are written over */
#define TRACE_TEXT_MAX  120U   /* characters of one trace_printk() */
#define TRACE_TEXT_SIZE 30U    /* of them in one record */
#define TRACE_THREADS   1024U  /* names of threads that are kept: the last */

struct trace_thread {
	s32 pid;
	char name[16];
};

/*
 * trace_printk - note a text (printk()'s format, cut off at TRACE_TEXT_MAX) in the trace, if it is on.
 * Never sleeps. Any context. Returns nothing.
 */
#define trace_printk(...)                                                                          \
	do {                                                                                       \
		if (trace_is_on())                                                                 \
			trace_mark(__VA_ARGS__);                                                   \
	} while (0)

#if CONFIG_CHECKED

extern u32 trace_on; /* [a] 1: note down */

static __always_inline bool trace_is_on(void)
{
	return unlikely(READ_ONCE(trace_on));
}

/* trace_record - write a record. trace_mark - write a text, for trace_printk(). Never sleep. Any context. */
void trace_record(enum trace_kind kind, const void *object, const char *name, u32 arg, u32 value);
void trace_mark(const char *fmt, ...) __printf(1, 2);

/* trace_note - the hook: write a record if the trace is on. Never sleeps. Any context. */
static __always_inline void trace_note(enum trace_kind kind, const void *object, const char *name,
				       u32 arg, u32 value)
{
	if (trace_is_on())
		trace_record(kind, object, name, arg, value);
}

/* trace_thread - keep the name of the thread @pid. trace_runs - it is the one that runs here now. Never sleep. Any context;
 * the second with interrupts off. */
void trace_thread(int pid, const char *name);
extern struct trace_thread trace_threads[TRACE_THREADS];

static __always_inline void trace_runs(int pid)
{
	this_cpu_write(trace_ring.pid, pid);
}

#else

#define trace_is_on()           false
#define trace_note(...)         ((void)0)
#define trace_mark(...)         ((void)0)
#define trace_thread(pid, name) ((void)0)
#define trace_runs(pid)         ((void)0)

#endif
