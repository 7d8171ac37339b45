/* park_test.h: what the tests of kthread_park() share: a thread that works, and parks when it is asked to.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/test/sched_test.h"

#define PARKER_RESULT 4711

/*
 * A thread whose function is parker_runs(&parker). It counts its rounds, and sleeps between them: then any
 * wake-up makes it go round. While it is blind it does not look at what it is asked.
 */
struct parker {
	struct task_struct *task; /* with a reference */
	unsigned long rounds;     /* [a] */
	unsigned long parks;      /* [a] calls of kthread_parkme() */
	unsigned long parked;     /* [a] of which returned */
	bool began;               /* [a] */
	bool blind;               /* [a] */
	unsigned long last;       /* [I] it ends by itself in this round; 0: never */
};

static inline void parker_round(struct parker *parker)
{
	WRITE_ONCE(parker->rounds, parker->rounds + 1);
	set_current_state(TASK_INTERRUPTIBLE);
	if (!kthread_should_stop_or_park())
		schedule_timeout(parker->rounds % 4);
	__set_current_state(TASK_RUNNING);
}

static inline int parker_runs(void *arg)
{
	struct parker *parker = arg;

	WRITE_ONCE(parker->began, true);
	EXPECT(WAIT_UNTIL(!READ_ONCE(parker->blind)));
	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			WRITE_ONCE(parker->parks, parker->parks + 1);
			kthread_parkme();
			EXPECT(preemptible());
			WRITE_ONCE(parker->parked, parker->parked + 1);
			continue;
		}
		parker_round(parker);
		if (parker->rounds == parker->last)
			break;
	}
	return PARKER_RESULT;
}

/* Make one that is not woken yet; returns whether it could. Nobody uses @parker. */
static inline bool parker_make(struct parker *parker)
{
	struct task_struct *task = kthread_create(parker_runs, parker, "parker");

	if (!EXPECT(!IS_ERR(task)))
		return false;
	parker->task = get_task_struct(task);
	return true;
}

/* The same, woken, and in its function by now: one that is not there yet parks before it. */
static inline bool parker_start(struct parker *parker)
{
	if (!parker_make(parker))
		return false;
	wake_up_process(parker->task);
	EXPECT(WAIT_UNTIL(READ_ONCE(parker->began)));
	return true;
}

static inline void parker_stop(struct parker *parker)
{
	EXPECT_EQ(kthread_stop(parker->task), PARKER_RESULT);
	put_task_struct(parker->task);
}

/* Whether it sleeps, parked, off its CPU. */
static inline bool parker_is_parked(const struct parker *parker)
{
	return READ_ONCE(parker->task->__state) == TASK_PARKED &&
	       READ_ONCE(parker->task->on_rq) == ON_RQ_NO && !READ_ONCE(parker->task->on_cpu);
}

/* It goes round. */
static inline void parker_expect_running(const struct parker *parker)
{
	unsigned long rounds = READ_ONCE(parker->rounds);

	EXPECT(WAIT_UNTIL(READ_ONCE(parker->rounds) - rounds >= 2));
}
