/* lock_test.h: what the tests of the locks share: data to guard, threads to start, ways to wait.
 * SPDX-License-Identifier: MIT
 *
 * No test here asserts a time. What must happen is waited for, with a limit so generous that only
 * a hang reaches it; what must not happen is looked for where it would have happened.
 */
#pragma once

#include <arch/atomic.h>
#include <arch/clock.h>
#include <arch/irqflags.h>

#include "kernel/base/preempt.h"
#include "kernel/core/parallel.h"
#include "kernel/core/timer.h"
#include "kernel/kthread.h"
#include "kernel/test/test.h"

#define LOCK_TEST_LIMIT_NS (60 * NSEC_PER_SEC)

/*
 * WAIT_UNTIL - sleep until @cond holds, or too long. YIELD_UNTIL - the same, staying awake. Thread context.
 * SPIN_UNTIL - spin, in any context. All return whether it holds.
 */
#define WAIT_UNTIL(cond)  __LOCK_TEST_UNTIL(cond, usleep_range(100, 200))
#define YIELD_UNTIL(cond) __LOCK_TEST_UNTIL(cond, yield())
#define SPIN_UNTIL(cond)  __LOCK_TEST_UNTIL(cond, cpu_relax())
#define __LOCK_TEST_UNTIL(cond, pause)                                                             \
	({                                                                                         \
		u64 __limit = clock_ns() + LOCK_TEST_LIMIT_NS;                                     \
		bool __holds;                                                                      \
		while (!(__holds = !!(cond)) && clock_ns() < __limit)                              \
			pause;                                                                     \
		__holds;                                                                           \
	})

/* NEED_PARALLEL - this test makes sense only where CPUs run at the same time: return from its function. */
#define NEED_PARALLEL()                                                                            \
	do {                                                                                       \
		if (!cpus_run_in_parallel())                                                       \
			SKIP("the CPUs run in turn, not in parallel");                             \
	} while (0)

/* EXPECT_CONTEXT - interrupts are off or not, and the preempt count is @count. */
#define EXPECT_CONTEXT(irqs_off, count)                                                            \
	do {                                                                                       \
		EXPECT_EQ(irqs_disabled(), irqs_off);                                              \
		EXPECT_EQ(preempt_count(), count);                                                 \
	} while (0)

/*
 * Data that a lock guards. Whenever nobody is inside, its words are equal, and they say how often it
 * was updated. Two updates at the same time lose one or leave the words unequal.
 */
#define GUARDED_WORDS 4

struct guarded {
	unsigned long words[GUARDED_WORDS];
	atomic_t torn; /* how often somebody who was inside found the words unequal */
};

/* guarded_update - caller holds the lock. guarded_look - caller holds it at least as a reader. Any context. */
void guarded_update(struct guarded *data);
void guarded_look(struct guarded *data);

/* guarded_expect - @updates were made, and nobody saw another at work. */
void guarded_expect(const struct guarded *data, unsigned long updates);

/*
 * How long the threads of a test are at it: they run together for a while, which makes them meet on any
 * machine, and each goes on until it has made its least number of rounds, however long they take.
 *
 * effort_of - for @ms milliseconds, which begin when the first thread does, and at least @total rounds,
 *   shared by @threads. effort_goes_on - whether a thread that made @done rounds makes one more.
 * Never sleep. Any context.
 */
struct effort {
	unsigned int ms;
	unsigned int least; /* rounds of each thread */
	u64 end;            /* [a] 0: not begun */
};

struct effort effort_of(unsigned int ms, unsigned int total, unsigned int threads);
bool effort_goes_on(struct effort *effort, unsigned int done);

/*
 * start_line_wait - spin until @n threads have come to the line: then all go on within a moment. They run
 * on different CPUs. Never sleeps.
 */
struct start_line {
	atomic_t arrived;
};

void start_line_wait(struct start_line *line, unsigned int n);

/* test_cpu - the CPU of a test's thread @i: all online CPUs in turn. */
u32 test_cpu(unsigned int i);
#define ANY_CPU NR_CPUS

/*
 * A thread of a test, which can be watched. Every actor that was started must be joined.
 *
 * actor_start - run @fn(@arg) in a thread, on CPU @cpu only or on ANY_CPU. Returns whether it could.
 * actor_sleeps - wait until it sleeps; returns whether it does.
 * actor_is_asleep - whether it sleeps now, in one of @states: exact for one that nobody wakes.
 * actor_join - wait until @fn has returned; returns what it did. A thread that does not end fails the
 *   test, is woken in case that is all it lacks, and panics when it is not.
 * May sleep. Thread context.
 */
struct actor {
	struct task_struct *task;
	int (*fn)(void *arg);
	void *arg;
	int result;
	bool ended; /* stored after `result`, and the last that the thread touches */
};

bool actor_start(struct actor *actor, int (*fn)(void *arg), void *arg, u32 cpu);
bool actor_sleeps(struct actor *actor);
bool actor_is_asleep(const struct actor *actor, unsigned int states);
int actor_join(struct actor *actor);
