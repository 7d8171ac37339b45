/* rtmutex.c: the mutex that lends its owner the priority of who waits for it.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   In July 1997, on Mars, Pathfinder's computer reset itself again and again. A thread of low priority
 *   held a mutex (of the "information bus"); the thread that distributes the bus's data, of high
 *   priority, waited for it; and threads in between, which wanted no mutex at all, kept the low one off
 *   the CPU. So the high one waited for them, for as long as they liked. A watchdog saw it miss its
 *   cycle and reset the machine. The cure, sent up from Earth, was to turn on priority inheritance for that
 *   mutex: whoever holds it runs at the priority of the best who waits for it.
 *   It promises: mutual exclusion; the lock goes to the best waiter, in order of arrival among equals; and
 *   a thread waits, for each lock that it or one of its owners wants, for sections of threads worse than
 *   itself and for nothing else of theirs. How the loan is carried along chains: rtmutex_chain.c.
 *
 *        owner   0             free                       unlock, nobody waits: task -> 0
 *                task          held, nobody waits         lock: 0 -> task
 *                task | 1      held, somebody waits  }    the slow paths, under wait_lock
 *                       1      free, the first comes }
 *
 *   Fast: one cmpxchg each way. Bit 0 makes both fail; only under wait_lock is the word then changed. So
 *   who has set the bit, under wait_lock, sees an owner that cannot go away.
 *   Slow lock: set the bit; if nobody owns it and nobody as good waits, take it. Else queue, lend, walk the
 *   chain, sleep until first and free. Slow unlock: give back the loan, leave "free, the first comes",
 *   wake the first. It is not handed over: a better thread that comes before the first has run takes it
 *   (it would have to lend to it otherwise, and wait for a section that has not begun). Only a better one:
 *   among equals nobody passes.
 *   A first waiter that was woken, and goes away for a signal, or stops being the first, calls the next.
 *   There is no spinning on a running owner: order of priority would need a queue of spinners by priority,
 *   and a spinner lends nothing.
 *
 *   The loan is given back before the first waiter is woken and both under wait_lock, with preemption off:
 *   who was a borrower is switched out with the waiter runnable, never before.
 *   Last touch. With waiters, the unlock's last access is the release of wait_lock, which the next owner
 *   must take. Without, it drops wait_lock first and then frees by cmpxchg; if a waiter came in between
 *   that fails, and it begins again. (Linux: "rtmutex: Plug slow unlock race", 2014, the store of 0
 *   under wait_lock that a fast lock, unlock and free could overtake.)
 *   The bit is cleared only where it is seen set: where it is clear a fast unlock may change the word
 *   between our read and our write, and a write would make the old owner owner again. (Linux: "Prevent
 *   dequeue vs. unlock race", 2016.)
 *   Deadlock. Linux's rt_mutex_lock() warns and sleeps for ever. Here it panics: it can return neither with
 *   the lock nor without. The other forms return -EDEADLK.
 *   Orders: cmpxchg is a full barrier both ways; the slow paths are ordered by wait_lock.
 *
 *   It does not: bound how long its owner holds it; keep one thread from waiting once for each lock that
 *   it takes (a priority ceiling does, but has to know all users beforehand); look at locks of other types
 *   in the chain, through which nothing is lent; or move a borrower to another CPU that is free for it,
 *   unless it waits for a CPU.
 *   Sources: L. Sha, R. Rajkumar, J. Lehoczky, "Priority inheritance protocols: an approach to
 *   real-time synchronization", IEEE Trans. Computers 39(9), 1990; Pathfinder: M. Jones, "What really
 *   happened on Mars?", 1997, and G. Reeves' answer.
 */
#include "kernel/locking/sleep/rtmutex.h"

#include "kernel/core/panic.h"
#include "kernel/locking/sleep/rtmutex_chain.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/signal.h"
#include "lib/errno.h"

#define CIRCLE_TEXT 512

/* Make both fast paths fail. Caller holds wait_lock. */
static void set_waiters_bit(struct rt_mutex *lock)
{
	if (!(READ_ONCE(lock->owner) & RT_MUTEX_HAS_WAITERS))
		set_bit(0, &lock->owner);
}

/* Open them again if nobody waits: a bit that is left behind costs the next unlock the slow path, and no more.
 * Caller holds wait_lock. */
static void fix_waiters_bit(struct rt_mutex *lock)
{
	unsigned long word = READ_ONCE(lock->owner);

	if (list_empty(&lock->waiters) && (word & RT_MUTEX_HAS_WAITERS))
		WRITE_ONCE(lock->owner, word & ~RT_MUTEX_HAS_WAITERS);
}

/* Take it if it is free and this thread's turn; @waiter is its place in the queue, or NULL. Caller holds
 * wait_lock. */
static bool take_locked(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	struct rt_mutex_waiter *top = rt_mutex_top_waiter(lock);

	set_waiters_bit(lock);
	if (rt_mutex_owner(lock))
		return false;
	if (waiter ? top != waiter : top && READ_ONCE(current->prio) >= top->prio)
		return false;
	rt_chain_take(lock, waiter);
	return true;
}

/* Sleep until it is ours or a signal is pending. Called and returns with wait_lock held. */
static int sleep_locked(struct rt_mutex *lock, struct rt_mutex_waiter *waiter, unsigned int state)
{
	int result = 0;

	task_blocks_on(BLOCKED_RT_MUTEX, lock, LOCK_NAME_OF(lock));
	lock_slept(&lock->dep_map);
	while (!take_locked(lock, waiter)) {
		if (signal_pending_state(state, current)) {
			result = -EINTR;
			break;
		}
		__set_current_state(state); // Wakers take wait_lock: no barrier needed.
		raw_spin_unlock_irq(&lock->wait_lock);
		schedule();
		raw_spin_lock_irq(&lock->wait_lock);
	}
	__set_current_state(TASK_RUNNING);
	task_blocks_no_more();
	return result;
}

/* Lock or unlock wait_lock around a walk. From the one to the other preemption is off. */
static int walk_unlocked(struct rt_mutex *lock, struct rt_mutex_link link,
			 const struct rt_mutex_waiter *waiter)
{
	int result;

	preempt_disable();
	raw_spin_unlock_irq(&lock->wait_lock);
	result = rt_chain_walk(link, waiter);
	raw_spin_lock_irq(&lock->wait_lock);
	preempt_enable_no_resched();
	return result;
}

/* This lock would wait for itself, and cannot say so to its caller. @waiter: our place, or NULL if @lock is
 * our own. Called with wait_lock held. Leaves the lock as it was, for what the panic leads to. */
static noinline __noreturn void deadlock_locked(struct rt_mutex *lock,
						struct rt_mutex_waiter *waiter)
{
	char text[CIRCLE_TEXT];

	raw_spin_unlock_irq(&lock->wait_lock);
	rt_chain_describe(lock, text, sizeof(text));
	raw_spin_lock_irq(&lock->wait_lock);
	if (waiter)
		walk_unlocked(lock, rt_chain_leave(lock, waiter), NULL);
	fix_waiters_bit(lock);
	raw_spin_unlock_irq(&lock->wait_lock);
	panic("deadlock of rt_mutexes: %s", text);
}

/* Queue, and wait for the turn. Called and returns with wait_lock held. */
static int wait_locked(struct rt_mutex *lock, unsigned int state)
{
	struct rt_mutex_waiter waiter;
	int result = walk_unlocked(lock, rt_chain_join(lock, &waiter), &waiter);

	if (!result)
		result = sleep_locked(lock, &waiter, state);
	else if (state == TASK_UNINTERRUPTIBLE)
		deadlock_locked(lock, &waiter);
	if (result)
		walk_unlocked(lock, rt_chain_leave(lock, &waiter), NULL);
	return result;
}

noinline int rt_mutex_lock_slow(struct rt_mutex *lock, unsigned int state)
{
	int result = 0;

	lock_contended(&lock->dep_map, _RET_IP_);
	raw_spin_lock_irq(&lock->wait_lock);
	if (rt_mutex_owner(lock) == current) {
		if (state == TASK_UNINTERRUPTIBLE)
			deadlock_locked(lock, NULL);
		result = -EDEADLK;
	} else if (!take_locked(lock, NULL)) {
		result = wait_locked(lock, state);
	}
	fix_waiters_bit(lock);
	raw_spin_unlock_irq(&lock->wait_lock);
	return result;
}

noinline bool rt_mutex_trylock_slow(struct rt_mutex *lock)
{
	unsigned long flags;
	bool taken;

	if (rt_mutex_owner(lock))
		return false;
	raw_spin_lock_irqsave(&lock->wait_lock, flags);
	taken = take_locked(lock, NULL);
	fix_waiters_bit(lock);
	raw_spin_unlock_irqrestore(&lock->wait_lock, flags);
	return taken;
}

noinline void rt_mutex_unlock_slow(struct rt_mutex *lock)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock->wait_lock, flags);
	while (list_empty(&lock->waiters)) {
		fix_waiters_bit(lock);
		raw_spin_unlock_irqrestore(&lock->wait_lock, flags);
		if (rt_mutex_release_fast(lock))
			return;
		raw_spin_lock_irqsave(&lock->wait_lock, flags);
	}
	rt_chain_release(lock);
	WRITE_ONCE(lock->owner, RT_MUTEX_HAS_WAITERS);
	wake_up_process(rt_mutex_top_waiter(lock)->task);
	raw_spin_unlock_irqrestore(&lock->wait_lock, flags);
}

void rt_mutex_init_named(struct rt_mutex *lock, const char *name, const char *site)
{
	*lock = (struct rt_mutex)__RT_MUTEX_INITIALIZER(*lock);
	rt_mutex_set_name(lock, name, site);
}
