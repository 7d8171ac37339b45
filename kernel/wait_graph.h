/* wait_graph.h: which thread waits for which, and the circles in that.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/task.h"

#define WAIT_MAX_HOLDERS 8

/* How a lock and one of those whom its waiter waits for belong together. */
enum wait_tie {
	TIE_HELD,      /* he holds it */
	TIE_TAKEN,     /* he took a unit of the semaphore, and has not given it back */
	TIE_COMPLETED, /* he was the last to complete it, or is expected to */
};

struct wait_holder {
	struct task_struct *task;
	unsigned long where; /* the address that took it; 0: not known */
};

/* What a thread waits for. */
struct thread_wait {
	const void *lock;
	const char *kind;
	const char *name; /* or NULL */
	bool spins;       /* awake, on its CPU */
	u64 since;        /* when it began to wait, in ns since boot; 0: not known */
	enum wait_tie tie;
	u32 n_holders;
	struct wait_holder holders[WAIT_MAX_HOLDERS];
};

#define WAIT_CIRCLE_MAX 32

/* Threads that wait for one another, each for the next, and the last for the first. It may have been broken since. */
struct wait_circle {
	struct task_struct *members[WAIT_CIRCLE_MAX];
	u32 length;   /* those that are named; a longer circle is cut */
	bool certain; /* it is held together by owners alone */
	bool one;     /* all wait for one and the same semaphore */
	u64 still_ns; /* for how long, as far as looks tell, nobody in it has moved */
};

/*
 * wait_of - what @task waits for; returns false if it waits for no lock.
 * wait_next - of those @task waits for, the one by which the circle goes on that it is in, or leads into.
 * wait_find_stuck - mark (watch.stuck) the threads that cannot go on by themselves, for all whom they wait for
 *   are such; @still: only among those that have not moved since the look before.
 * wait_is_in_vain - @task waits, by way of others or not, for threads in a circle that was reported, and since the watchdog
 *   found so nobody on the way has moved.
 * wait_each_circle - call @fn(circle, @arg) for each circle among those marked, once.
 * Never sleep. Any context but NMI; caller has the list of threads locked.
 */
bool wait_of(struct task_struct *task, struct thread_wait *wait);
struct task_struct *wait_next(struct task_struct *task);
void wait_find_stuck(bool still);
bool wait_is_in_vain(struct task_struct *task);
void wait_each_circle(void (*fn)(const struct wait_circle *circle, void *arg), void *arg);

/* wait_note_progress - @task was looked at, @ns after the last time: note whether it has moved since. Caller
 * has the list of threads locked. */
void wait_note_progress(struct task_struct *task, u64 ns);
