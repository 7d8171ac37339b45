/* sched_test.h: what the tests of the scheduler share: a thread that counts how often it runs.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/sched.h"
#include "kernel/test/lock_test.h"

/*
 * FOR_A_WHILE - a loop of at least @least and at most @most rounds, which between the two goes on for
 * @ms milliseconds. A slow machine makes fewer, and nothing is expected of how many it makes.
 */
#define FOR_A_WHILE(i, least, most, ms)                                                            \
	for (u64 i = 0, __end = clock_ns() + (ms)*NSEC_PER_MSEC;                                   \
	     i < (most) && (i < (least) || clock_ns() < __end); i++)

/*
 * A thread that sleeps, adds one to `runs` when it is woken, and sleeps again: what it has counted
 * when the waker's next statement looks says whether the wake-up preempted the waker.
 *
 * noter_start - make one of priority @prio on @cpu, and wait until it sleeps. Returns whether it does.
 * noter_wake - wake it; caller knows that it sleeps. noter_runs - how often it has run.
 * noter_end - wait until it has ended. Every noter that was started must be ended.
 * noter_start and noter_end sleep, in thread context; the others: any context but NMI.
 */
struct noter {
	struct actor actor;
	int prio;
	u32 runs;
	bool end;
};

bool noter_start(struct noter *noter, u32 cpu, int prio);
void noter_wake(struct noter *noter);
u32 noter_runs(const struct noter *noter);
void noter_end(struct noter *noter);

/* run_at - run @fn(@arg) in a thread of priority @prio on @cpu, and wait until it returns. Sleeps. */
void run_at(u32 cpu, int prio, void (*fn)(void *arg), void *arg);

/* Priorities of the tests' first-in-first-out threads. */
#define FIFO_HIGH 50
#define FIFO_MID  60
#define FIFO_LOW  70
