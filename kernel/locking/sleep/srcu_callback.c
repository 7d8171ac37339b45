/* srcu_callback.c: functions that are called after a grace period of one srcu_struct.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   One thread serves all structures. It must wait for none of them: a reader that sleeps for long in one
 *   would hold up the callbacks of all others. So it does not call synchronize_srcu(), but takes turns: each
 *   structure's grace period goes as far as it can without waiting, and after all had their turn the thread
 *   sleeps for a moment. While somebody in synchronize_srcu() has a structure's mutex, that one makes the
 *   steps; the thread tries the mutex only, and looks whether the grace period has ended.
 *
 *      call_srcu()        the thread
 *      queued  ---------> batch, and the cookie ------ grace period ------> called, the oldest first
 *                         of a grace period that
 *                         begins from now on
 *
 *   A structure comes to the thread with its first callback, and is let go when none is left; both are decided
 *   under one raw spinlock, together with the list of callbacks, so none is left behind. That lock is shared by
 *   all structures and CPUs, and held for a few instructions: whoever queues so many callbacks that it
 *   matters has what RCU's lists are for (rcu_callback.c).
 *   The lock also puts a structure's callbacks in one order, in which they are called. So srcu_barrier() is
 *   a callback itself: when it is called, those before it have returned.
 *   The thread touches a structure for the last time when it says that it lets it go. cleanup_srcu_struct()
 *   waits for that, since srcu_barrier() returns while the thread is still busy with what called it back.
 */
#include <arch/clock.h>

#include "kernel/core/panic.h"
#include "kernel/core/timer.h"
#include "kernel/locking/rcu_head.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/srcu_grace.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/sched/sched.h"

#define TURN_SLEEP_NS (1 * NSEC_PER_MSEC)

static raw_spinlock_t callbacks_lock = RAW_SPIN_LOCK_UNLOCKED;
static LIST_HEAD(newcomers); /* under callbacks_lock: structures that the thread has not met */
static LIST_HEAD(turns);     /* the thread's: structures that have callbacks */
static struct task_struct *thread;    /* under callbacks_lock: NULL until it begins */
static DECLARE_WAIT_QUEUE_HEAD(gone); /* who waits for a structure to be let go */

/* Caller holds callbacks_lock. */
static void come_to_thread(struct srcu_struct *srcu)
{
	srcu->served = true;
	list_add_tail(&srcu->turn, &newcomers);
	// Before there is one nobody waits: it looks at the list when it starts.
	if (thread)
		wake_up_process(thread);
}

void call_srcu(struct srcu_struct *srcu, struct rcu_head *head, rcu_callback_t func)
{
	unsigned long flags;

	srcu_check_init(srcu, _RET_IP_);
	if (unlikely(!rcu_func_check(func, "call_srcu", _RET_IP_) ||
		     !rcu_head_take_in(head, func, _RET_IP_)))
		return;
	raw_spin_lock_irqsave(&callbacks_lock, flags);
	head->next = srcu->queued;
	WRITE_ONCE(srcu->queued, head);
	if (!srcu->served)
		come_to_thread(srcu);
	raw_spin_unlock_irqrestore(&callbacks_lock, flags);
}

/* A callback and who waits for it. */
struct barrier {
	struct rcu_head head;
	struct completion called;
};

static void barrier_called(struct rcu_head *head)
{
	complete(&container_of(head, struct barrier, head)->called);
}

void srcu_barrier(struct srcu_struct *srcu)
{
	struct barrier barrier = { .called = COMPLETION_INITIALIZER(barrier.called) };

	might_sleep_here();
	call_srcu(srcu, &barrier.head, barrier_called);
	wait_for_completion(&barrier.called);
}

/* ---- The thread ------------------------------------------------------------------------------------- */

static void meet_newcomers(void)
{
	raw_spin_lock_irq(&callbacks_lock);
	list_splice_tail_init(&newcomers, &turns);
	raw_spin_unlock_irq(&callbacks_lock);
}

static void take_batch(struct srcu_struct *srcu)
{
	struct rcu_head *newest;

	raw_spin_lock_irq(&callbacks_lock);
	newest = srcu->queued;
	WRITE_ONCE(srcu->queued, NULL);
	raw_spin_unlock_irq(&callbacks_lock);
	WRITE_ONCE(srcu->batch, rcu_heads_in_order(newest, NULL));
	srcu->cookie = rounds_snap(&srcu->rounds);
}

/* Whether the readers that were there when the batch was taken have ended. */
static bool batch_is_due(struct srcu_struct *srcu)
{
	if (!rounds_done(&srcu->rounds, srcu->cookie) && mutex_trylock(&srcu->updaters)) {
		srcu_advance(srcu);
		mutex_unlock(&srcu->updaters);
	}
	return rounds_done(&srcu->rounds, srcu->cookie);
}

static void call_batch(struct srcu_struct *srcu)
{
	while (srcu->batch) {
		struct rcu_head *head = srcu->batch;

		WRITE_ONCE(srcu->batch, head->next);
		rcu_head_call(head);
	}
}

/* Let @srcu go, if nothing is queued. */
static void let_go(struct srcu_struct *srcu)
{
	bool idle;

	raw_spin_lock_irq(&callbacks_lock);
	idle = !srcu->queued;
	if (idle) {
		list_del(&srcu->turn);
		smp_store_release(&srcu->served,
				  false); // [V] pairs with [L] in srcu_callbacks_leave()
	}
	raw_spin_unlock_irq(&callbacks_lock);
	if (idle)
		wake_up_all(&gone);
}

static void serve(struct srcu_struct *srcu)
{
	if (!srcu->batch)
		take_batch(srcu);
	if (!batch_is_due(srcu))
		return;
	call_batch(srcu);
	let_go(srcu);
}

void srcu_callbacks_turn(void)
{
	struct srcu_struct *srcu, *next;

	// A barrier: whoever brings a structure after we looked sees that we sleep, and wakes us.
	set_current_state(TASK_IDLE);
	if (!list_empty(&turns))
		schedule_until(clock_ns() + TURN_SLEEP_NS);
	else if (list_empty_careful(&newcomers))
		schedule();
	__set_current_state(TASK_RUNNING);
	meet_newcomers();
	list_for_each_entry_safe(srcu, next, &turns, turn)
		serve(srcu);
}

void srcu_callbacks_begin(void)
{
	raw_spin_lock_irq(&callbacks_lock);
	thread = current;
	raw_spin_unlock_irq(&callbacks_lock);
}

static void callbacks_run(void *unused)
{
	srcu_callbacks_begin();
	for (;;)
		srcu_callbacks_turn();
}

bool srcu_has_callbacks(struct srcu_struct *srcu)
{
	return READ_ONCE(srcu->queued) || READ_ONCE(srcu->batch);
}

void srcu_callbacks_leave(struct srcu_struct *srcu)
{
	wait_event(gone, !smp_load_acquire(&srcu->served)); // [L] pairs with [V] in let_go()
}

void srcu_init(void)
{
	struct task_struct *task = task_create("srcu_callbacks", callbacks_run, NULL);

	if (!task)
		panic("no memory for SRCU's callback thread");
	wake_up_process(task);
}
