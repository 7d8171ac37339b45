/* tasklet.h: a function that an interrupt has called soon, in softirq context, one CPU at a time.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A softirq runs on every CPU that raised it, so its function must lock. A tasklet is a softirq for
 *   everybody: any number of them, made at run time, and each is serialized with itself.
 *
 *         63            4      3       2      1      0
 *       +----------------+---------+--------+-----+-------+
 *       | times disabled | KILLING | PARKED | RUN | SCHED |  `state`: locked operations only
 *       +----------------+---------+--------+-----+-------+
 *        SCHED    scheduled and not begun: it is in one CPU's list, or parked
 *        RUN      its function runs: the lock of the tasklet against itself
 *        PARKED   scheduled, but in no list: it waits for the end of RUN or of being disabled
 *        KILLING  tasklet_kill() waits for it to begin, and wants SCHED then
 *
 *   tasklet_schedule() sets SCHED; who sets it puts the tasklet in this CPU's list. The softirq begins
 *   with one compare-and-swap that takes RUN and clears SCHED, and only where nothing forbids it, and
 *   *then* calls: what is scheduled from here on is another run. So a run begins after every
 *   tasklet_schedule() and sees what was stored before it; both are full barriers [A].
 *
 *   Where RUN is taken (it runs on another CPU) or it is disabled, Linux puts the tasklet back in the
 *   list and raises the softirq again, which spins through ksoftirqd until the reason is gone. Here it is
 *   parked, and whoever ends the last reason (the end of the run, tasklet_enable()) puts it in its own
 *   CPU's list. Because it all is one word, reason and PARKED are looked at in one instant: none parks
 *   what nobody will fetch, and nobody touches a tasklet that tasklet_kill() has let go of. (With the count
 *   in a word of its own, as in Linux, both sides would have to look twice.)
 *
 *   tasklet_kill() must beat a tasklet that schedules itself, whose SCHED is clear for a moment only. So
 *   it asks by KILLING; the next run begins with SCHED *kept*, for the killer, and whoever schedules from
 *   then on finds it scheduled already. (Linux tries to catch the moment, again and again.)
 *
 *   It does not: sleep, run at any given time, or promise an order among tasklets of several CPUs.
 *   Linux would rather see new code use workqueues or threaded interrupts (LWN 830964).
 *
 * RULES
 *   1. The function never sleeps; locks that it takes, threads take with spin_lock_bh().
 *   2. Scheduled once or ten times before it begins, it runs once.
 *   3. Before its memory goes: tasklet_kill(), by one thread, and nobody who schedules it any more.
 *   4. A tasklet that stays disabled cannot be killed if it is scheduled: enable it first.
 */
#pragma once

#include <arch/bitops.h>

#include "kernel/base/preempt.h"
#include "lib/macros.h"
#include "lib/types.h"

#define TASKLET_STATE_SCHED   0
#define TASKLET_STATE_RUN     1
#define TASKLET_STATE_PARKED  2
#define TASKLET_STATE_KILLING 3
#define TASKLET_DISABLED_ONE  (1UL << 4) /* in `state`: disabled once */

/* [I] set by tasklet_setup() or tasklet_init()  [a] atomic  [c] the CPU in whose list it is */
struct tasklet_struct {
	struct tasklet_struct *next; /* [c] */
	unsigned long state;         /* [a] see above */
	bool use_callback;           /* [I] which of the two it is */
	bool high;                   /* [c] in the list of tasklet_hi_schedule() */
	union {
		void (*func)(unsigned long data);                 /* [I] the old form */
		void (*callback)(struct tasklet_struct *tasklet); /* [I] */
	};
	unsigned long data; /* [I] for func */
};

#define DECLARE_TASKLET(name, fn)                                                                  \
	struct tasklet_struct name = { .callback = (fn), .use_callback = true }
#define DECLARE_TASKLET_DISABLED(name, fn)                                                         \
	struct tasklet_struct name = { .state = TASKLET_DISABLED_ONE,                              \
				       .callback = (fn),                                           \
				       .use_callback = true }
#define DECLARE_TASKLET_OLD(name, fn) struct tasklet_struct name = { .func = (fn) }
#define DECLARE_TASKLET_DISABLED_OLD(name, fn)                                                     \
	struct tasklet_struct name = { .state = TASKLET_DISABLED_ONE, .func = (fn) }

/*
 * tasklet_setup - make @t idle and enabled, to call @callback(@t). tasklet_init - to call @func(@data).
 * Nobody may use it. Never sleep. Any context.
 */
void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *t));
void tasklet_init(struct tasklet_struct *t, void (*func)(unsigned long data), unsigned long data);

/* The structure that the tasklet a callback was called with is part of. */
#define from_tasklet(var, t, field) container_of(t, typeof(*(var)), field)

/*
 * tasklet_schedule - have @t run once on this CPU, after this interrupt. tasklet_hi_schedule - before
 * timers and other tasklets. Never sleep. Any context but NMI.
 */
void tasklet_schedule_slow(struct tasklet_struct *t, bool high);

static inline void tasklet_schedule(struct tasklet_struct *t)
{
	// [A] pairs with [A] in begin_or_park(): a full barrier, whether it was set or not.
	if (!test_and_set_bit(TASKLET_STATE_SCHED, &t->state))
		tasklet_schedule_slow(t, false);
}

static inline void tasklet_hi_schedule(struct tasklet_struct *t)
{
	// [A] pairs with [A] in begin_or_park()
	if (!test_and_set_bit(TASKLET_STATE_SCHED, &t->state))
		tasklet_schedule_slow(t, true);
}

/*
 * tasklet_disable - begin no run of @t until the matching tasklet_enable(), and wait for one that goes on.
 *   May sleep. Thread context; not with a lock held that @t takes.
 * tasklet_disable_in_atomic - the same, spinning. Any context but @t itself and handlers.
 * tasklet_disable_nosync - the same without waiting. tasklet_enable - take one of them back; a run that was
 *   scheduled meanwhile follows. Never sleep. Any context but NMI.
 */
void tasklet_disable(struct tasklet_struct *t);
void tasklet_disable_in_atomic(struct tasklet_struct *t);
void tasklet_disable_nosync(struct tasklet_struct *t);
void tasklet_enable(struct tasklet_struct *t);

/* tasklet_unlock_wait - wait for a run that goes on. Sleeps. tasklet_unlock_spin_wait - spins. */
void tasklet_unlock_wait(struct tasklet_struct *t);
void tasklet_unlock_spin_wait(struct tasklet_struct *t);

/*
 * tasklet_kill - wait until @t has run, if it is scheduled, and runs no more. It may be scheduled again
 * later; what its own last run schedules is dropped. Sleeps. Thread context. Rules 3 and 4.
 */
void tasklet_kill(struct tasklet_struct *t);

void tasklet_subsystem_init(void); /* boot CPU, after softirq_init() and smp_prepare() */
