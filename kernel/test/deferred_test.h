/* deferred_test.h: what the tests of deferred work share: an interrupt on demand, and counts.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/test/lock_test.h"

/*
 * An interrupt of this CPU that calls @fn(@arg) in its handler.
 * interrupt_here - have it come, and spin until its handler has returned: then the interrupt's end has come
 * too, softirqs included if they may run. Preemption is off, interrupts are on.
 */
struct interrupt {
	struct ktimer timer;
	void (*fn)(void *arg);
	void *arg;
	bool came;
};

static inline void interrupt_comes(struct ktimer *timer)
{
	struct interrupt *interrupt = container_of(timer, struct interrupt, timer);

	EXPECT(in_hardirq());
	interrupt->fn(interrupt->arg);
	WRITE_ONCE(interrupt->came, true);
}

static inline void interrupt_here(void (*fn)(void *arg), void *arg)
{
	struct interrupt interrupt = { .fn = fn, .arg = arg };

	timer_init(&interrupt.timer, interrupt_comes);
	timer_start(&interrupt.timer, 0);
	EXPECT(SPIN_UNTIL(READ_ONCE(interrupt.came)));
	timer_cancel_sync(&interrupt.timer);
}

/*
 * test_leave_cpu - keep this thread off the CPU test_cpu(1), where it is going to make a handler or a
 * softirq spin: on top of the thread itself that would be for ever. It is on test_cpu(0) then.
 * test_return - it may run where it could before. Thread context; there are two CPUs.
 */
static inline struct cpumask test_leave_cpu(void)
{
	struct cpumask before = current->cpus_allowed;
	struct cpumask mask = cpumask_of_cpu(test_cpu(0));

	EXPECT_EQ(set_cpus_allowed_ptr(current, &mask), 0);
	return before;
}

static inline void test_return(const struct cpumask *before)
{
	EXPECT_EQ(set_cpus_allowed_ptr(current, before), 0);
}

/*
 * A function that must not run on two CPUs at once, and must run after each time it was asked for.
 * alone_ask - before each scheduling. alone_enter, alone_leave - around the function's body.
 * alone_expect_served - wait until it ran after the last time it was asked for; it never overlapped.
 */
struct alone {
	atomic_t asked;
	int served; /* `asked` as the last run saw it when it began */
	atomic_t inside;
	atomic_t overlaps;
	unsigned long runs;
	struct guarded data;
};

static inline void alone_ask(struct alone *alone)
{
	atomic_inc(&alone->asked);
}

static inline void alone_enter(struct alone *alone)
{
	if (atomic_inc_return(&alone->inside) != 1)
		atomic_inc(&alone->overlaps);
	WRITE_ONCE(alone->served, atomic_read(&alone->asked));
	guarded_update(&alone->data);
	WRITE_ONCE(alone->runs, READ_ONCE(alone->runs) + 1);
}

static inline void alone_leave(struct alone *alone)
{
	atomic_dec(&alone->inside);
}

static inline void alone_expect_served(struct alone *alone)
{
	EXPECT(WAIT_UNTIL(READ_ONCE(alone->served) == atomic_read(&alone->asked) &&
			  !atomic_read(&alone->inside)));
	EXPECT_EQ(atomic_read(&alone->overlaps), 0);
	guarded_expect(&alone->data, READ_ONCE(alone->runs));
}
