/* tasklet.c: the lists of scheduled tasklets, and the softirqs that run them.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/irqflags.h"
#include "kernel/tasklet.h"

#include <arch/atomic.h>
#include <arch/barrier.h>

#include "kernel/base/hooks.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/softirq.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/wait.h"

/* The scheduled tasklets of a CPU, in order of arrival. [c] with interrupts off. */
struct tasklet_list {
	struct tasklet_struct *first; /* [c] */
	struct tasklet_struct **end;  /* [c] where the next one is linked; NULL: to `first` */
};

static DEFINE_PER_CPU(struct tasklet_list, lists[2]); /* [high] */

static DEFINE_PER_CPU(struct tasklet_struct *, running); /* only compared */

/* Those who wait for a tasklet to begin or to end. */
static DECLARE_WAIT_QUEUE_HEAD(waiters);

/* Put @t in this CPU's list. The caller set SCHED or cleared PARKED, so nobody else does. */
static void enlist(struct tasklet_struct *t)
{
	unsigned long flags = arch_local_irq_save();
	struct tasklet_list *list = this_cpu_ptr(&lists[t->high]);

	t->next = NULL;
	if (!list->first)
		list->end = &list->first;
	*list->end = t;
	list->end = &t->next;
	raise_softirq_irqoff(t->high ? HI_SOFTIRQ : TASKLET_SOFTIRQ);
	local_irq_restore(flags);
}

void tasklet_schedule_slow(struct tasklet_struct *t, bool high)
{
	if (unlikely(!t->func)) {
		misuse(NULL, "tasklet %p is scheduled and was never set up: call tasklet_setup()",
		       t);
		return;
	}
	t->high = high;
	enlist(t);
}

#define SCHED   (1UL << TASKLET_STATE_SCHED)
#define RUN     (1UL << TASKLET_STATE_RUN)
#define PARKED  (1UL << TASKLET_STATE_PARKED)
#define KILLING (1UL << TASKLET_STATE_KILLING)

/* What forbids to begin: RUN, and any count of being disabled. */
#define FORBID (~(SCHED | PARKED | KILLING))

/* Something that waiters wait for is so now, by a full barrier: they queue first and then look. */
static void tell_waiters(void)
{
	if (waitqueue_active(&waiters))
		wake_up_all(&waiters);
}

/* What becomes of the word of a tasklet that is to begin. */
static unsigned long begun_or_parked(unsigned long state)
{
	if (state & FORBID)
		return state | PARKED;
	// A killer gets SCHED from us; otherwise it is free, and the tasklet can be scheduled anew.
	return (state | RUN) & ~(state & KILLING ? KILLING : SCHED);
}

/* Begin to run @t, which was in a list and is in none now; or park it. Returns whether it may run. */
static bool begin_or_park(struct tasklet_struct *t)
{
	unsigned long seen = READ_ONCE(t->state);

	do {
		// [A] pairs with [A] in tasklet_schedule(): a full barrier.
	} while (!try_cmpxchg(&t->state, &seen, begun_or_parked(seen)));
	if (unlikely(!(seen & SCHED)))
		panic("tasklet %p (%ps) runs and was not scheduled", t, (void *)t->func);
	return !(seen & FORBID);
}

/* Subtract @what, which forbids @t to begin. If nothing else does, and it is parked, list it. */
static void allow(struct tasklet_struct *t, unsigned long what)
{
	unsigned long seen = READ_ONCE(t->state);
	unsigned long next;

	do {
		next = seen - what;
		if (!(next & FORBID))
			next &= ~PARKED;
	} while (!try_cmpxchg(&t->state, &seen, next));
	// If it was not parked it may be gone already.
	if (seen & ~next & PARKED)
		enlist(t);
}

/* Held while the function runs, and taken by who waits for that. */
static struct lockdep_map map_of(const struct tasklet_struct *t)
{
	return LOCKDEP_FUNCTION_MAP("tasklet", t->func);
}

static void run(struct tasklet_struct *t)
{
	struct lockdep_map map __maybe_unused = map_of(t);
	struct context_mark before;

	if (!begin_or_park(t))
		return;
	tell_waiters();
	this_cpu_write(running, t);
	before = context_begin("tasklet", t->func);
	lock_map_acquire(&map);
	if (t->use_callback)
		t->callback(t);
	else
		t->func(t->data);
	lock_map_release(&map);
	context_check(&before, "tasklet", t->func);
	this_cpu_write(running, NULL);
	allow(t, RUN);
	tell_waiters();
}

/* Run what is in the list now; what comes meanwhile raises the softirq again. Softirq context. */
static void run_list(bool high)
{
	struct tasklet_struct *t, *next;

	local_irq_disable();
	t = this_cpu_ptr(&lists[high])->first;
	this_cpu_ptr(&lists[high])->first = NULL;
	local_irq_enable();
	for (; t; t = next) {
		next = t->next; // It may be in another list, or gone, once it ran.
		run(t);
	}
}

static void run_high(void)
{
	run_list(true);
}

static void run_normal(void)
{
	run_list(false);
}

void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *t))
{
	*t = (struct tasklet_struct){ .use_callback = true, .callback = callback };
}

void tasklet_init(struct tasklet_struct *t, void (*func)(unsigned long data), unsigned long data)
{
	*t = (struct tasklet_struct){ .func = func, .data = data };
}

void tasklet_disable_nosync(struct tasklet_struct *t)
{
	unsigned long seen = READ_ONCE(t->state);

	do {
	} while (!try_cmpxchg(&t->state, &seen, seen + TASKLET_DISABLED_ONE));
}

void tasklet_enable(struct tasklet_struct *t)
{
	if (unlikely(READ_ONCE(t->state) < TASKLET_DISABLED_ONE)) {
		misuse(NULL, "tasklet_enable() of %p (%ps), which is not disabled", t,
		       (void *)t->func);
		return;
	}
	allow(t, TASKLET_DISABLED_ONE);
}

static void unlock_wait(struct tasklet_struct *t, unsigned long where)
{
	struct lockdep_map map __maybe_unused = map_of(t);

	lockdep_waits_for(&map, where);
	wait_event(waiters, !test_bit(TASKLET_STATE_RUN, &t->state));
}

void tasklet_unlock_wait(struct tasklet_struct *t)
{
	unlock_wait(t, _RET_IP_);
}

static void unlock_spin_wait(struct tasklet_struct *t, unsigned long where)
{
	struct lockdep_map map __maybe_unused = map_of(t);

	// A thread that has just migrated compares with another CPU's: that one it is not on top of.
	if (unlikely(in_interrupt() && this_cpu_read(running) == t)) {
		misuse(NULL, "tasklet %p (%ps) waits for its own end", t, (void *)t->func);
		return;
	}
	lockdep_waits_for(&map, where);
	while (test_bit(TASKLET_STATE_RUN, &t->state))
		cpu_relax();
}

void tasklet_unlock_spin_wait(struct tasklet_struct *t)
{
	unlock_spin_wait(t, _RET_IP_);
}

void tasklet_disable(struct tasklet_struct *t)
{
	tasklet_disable_nosync(t);
	unlock_wait(t, _RET_IP_);
}

void tasklet_disable_in_atomic(struct tasklet_struct *t)
{
	tasklet_disable_nosync(t);
	unlock_spin_wait(t, _RET_IP_);
}

void tasklet_kill(struct tasklet_struct *t)
{
	unsigned long seen = READ_ONCE(t->state);

	might_sleep_here();
	// Which was said. It may be the tasklet itself, or what interrupts it.
	if (CONFIG_CHECKED && unlikely(!preemptible()))
		return;
	do {
	} while (!try_cmpxchg(&t->state, &seen, seen | (seen & SCHED ? KILLING : SCHED)));
	// SCHED is ours, or will be when KILLING is gone. Then nobody schedules it: not even its own run.
	wait_event(waiters, !test_bit(TASKLET_STATE_KILLING, &t->state));
	unlock_wait(t, _RET_IP_);
	clear_bit(TASKLET_STATE_SCHED, &t->state);
}

void tasklet_subsystem_init(void)
{
	open_softirq(HI_SOFTIRQ, run_high);
	open_softirq(TASKLET_SOFTIRQ, run_normal);
}
