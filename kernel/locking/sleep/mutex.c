/* mutex.c: the mutex: one instruction when free, spinning while its owner runs, sleeping otherwise.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   It promises mutual exclusion between threads, and that no waiter starves: once a thread is first in
 *   the wait list, at most MUTEX_MAX_PASSES others take the mutex before it does.
 *
 *       count   1  free                       held, nobody waits   0
 *       count < 0  contended: the wait list and `released` decide; every lock and unlock comes here
 *
 *   Fast: `lock decl` 1 -> 0 and not negative: ours. `lock incl` 0 -> 1 and positive: free.
 *   Spin: the owner is running on another CPU, so it will release soon; sleeping and waking would
 *     take longer. Spinners queue (osq.h), the first one looks at the mutex. They give up when the
 *     owner stops running or their own CPU is wanted.
 *   Sleep: under wait_lock, queue, make the count negative [1], sleep until we are first and it is ours.
 *
 *   Contended. While somebody is in the wait list the count is negative, so both fast paths fail and
 *   the slow unlock decides, under wait_lock: it sets `released` and wakes the first waiter; who
 *   exchanges `released` 1 -> 0 has the mutex: that waiter, or a spinner or a trylock that is quicker.
 *   Who wins so goes before the first waiter and counts itself in `passed`. At
 *   MUTEX_MAX_PASSES the next unlock does not set `released`: it makes the first waiter the owner, in
 *   the wait list's own lock, and wakes it. No other way leads past a first waiter, since the fast path
 *   is closed and the other waiters do not look; so the bound holds whatever is scheduled when.
 *   Why let anybody pass? Handing over always would leave the mutex unused while each new owner is
 *   woken; with no bound a quick thread on another CPU can win for ever.
 *   When the last waiter leaves the list the count goes back to 0 (held) or 1 (free).
 *
 *   The race of going to sleep, [1] against the fast unlock:
 *
 *      waiter                                owner
 *      xchg(count, -1) == 0: still held
 *                                            lock incl: -1 -> 0, not positive
 *      queued, sleeps; drops wait_lock       mutex_unlock_slow(): wait_lock, finds the waiter
 *
 *   and if the `incl` comes first, the exchange returns 1: free, and it is ours.
 *   The count of a held mutex also goes down by threads that fail the fast path; each of them comes
 *   here and stores -1, 0 or 1 under wait_lock, or spins and takes 1 or `released`. So a stray
 *   decrement at most sends an unlock to the slow path, which finds nobody and tries again.
 *
 *   Last touch. A fast unlock's last access is the `incl` that frees. A slow one either retries that
 *   `incl`, or sets `released` or a new owner under wait_lock and then releases wait_lock, which the
 *   next owner's own unlock, or the waiter's leaving the list, must take first. So an owner may free
 *   the memory right after its unlock. Linux's mutex touches its wait_lock after it freed the count.
 *
 *   Owner. It is stored after taking and cleared before releasing, so it may lag: NULL while held, but
 *   never another thread's. Spinners take NULL for "look again". An owner seen may be gone by the
 *   time its on_cpu is read: task structures are type-stable (task.h), so that reads some thread's
 *   on_cpu, and the spinner looks at lock->owner again before the next time.
 *   Orders: taking is a locked instruction, an acquire and more; so is releasing, but for the handover,
 *   which is ordered by wait_lock.
 *   It does not: lend the owner its waiters' priority (rt_mutex does), or nest.
 *   Sources: the count and its two instructions, Linux 2.6.16 to 4.9 (I. Molnar); spinning on a running
 *   owner, Solaris' adaptive mutex; the bounded handover is this file's own.
 */
#include "kernel/locking/sleep/mutex.h"

#include "kernel/core/panic.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/signal.h"
#include "lib/errno.h"

/* On the waiter's stack. All under wait_lock. */
struct mutex_waiter {
	struct list_head entry;
	struct task_struct *task;
	bool granted; /* the mutex was handed over, and we are out of the list */
};

/* Take the mutex if it is free, past its waiters if it has any. */
static bool try_take(struct mutex *lock)
{
	int free = 1;

	if (atomic_read(&lock->count) == 1 && atomic_try_cmpxchg(&lock->count, &free, 0))
		return true;
	if (READ_ONCE(lock->released) && xchg(&lock->released, 0)) {
		lock->passed++;
		mutex_note_pass(lock);
		return true;
	}
	return false;
}

/* Spin while @owner holds the mutex and runs; returns false if it is no use to go on spinning. */
static bool spin_on_owner(struct mutex *lock, struct task_struct *owner)
{
	while (READ_ONCE(lock->owner) == owner) {
		if (!READ_ONCE(owner->on_cpu) || need_resched())
			return false;
		hook_spin();
		cpu_relax();
	}
	return true;
}

/* First of the spinners: spin until the mutex is ours, or spinning is no use. */
static bool spin_first(struct mutex *lock)
{
	unsigned int looks = 0;

	for (;;) {
		struct task_struct *owner = READ_ONCE(lock->owner);

		if (owner && !spin_on_owner(lock, owner))
			return false;
		if (try_take(lock))
			return true;
		looks = owner ? 0 : looks + 1;
		if (looks > spin_max_looks || need_resched())
			return false;
		hook_spin();
		cpu_relax();
	}
}

/* The spinning path. Preemption stays off, so that nobody in the queue waits for a thread that was
 * switched out. */
static bool mutex_spin(struct mutex *lock)
{
	struct task_struct *owner = READ_ONCE(lock->owner);
	bool taken = false;
	struct hook_spin outer;

	if (need_resched() || (owner && !READ_ONCE(owner->on_cpu)))
		return false;
	preempt_disable();
	outer = hook_spin_begin(lock, "mutex");
	if (osq_lock(&lock->osq)) {
		taken = spin_first(lock);
		osq_unlock(&lock->osq);
	}
	hook_spin_end(outer);
	preempt_enable();
	return taken;
}

static struct mutex_waiter *first_waiter(struct mutex *lock)
{
	return list_first_entry(&lock->wait_list, struct mutex_waiter, entry);
}

/* Whether the mutex is ours: handed over, or released and we are first. Caller holds wait_lock. */
static bool waiter_take_locked(struct mutex *lock, struct mutex_waiter *waiter)
{
	if (waiter->granted) {
		mutex_count(lock, handed);
		return true;
	}
	if (first_waiter(lock) != waiter || !xchg(&lock->released, 0))
		return false;
	list_del(&waiter->entry);
	if (list_empty(&lock->wait_list))
		atomic_set(&lock->count, 0);
	lock->passed = 0;
	mutex_count(lock, slept);
	return true;
}

/* Leave the wait list without the mutex. No wake-up goes with us. If we are the first it is held, or we would
 * have it by now, and its release wakes the next; if we are not, its release wakes, or woke, the first.
 * Caller holds wait_lock, and could not take the mutex under it. */
static void waiter_give_up_locked(struct mutex *lock, struct mutex_waiter *waiter)
{
	list_del(&waiter->entry);
	if (list_empty(&lock->wait_list))
		atomic_set(&lock->count, 0);
}

/* The sleeping path. Called and returns with wait_lock held. */
static int mutex_sleep_locked(struct mutex *lock, unsigned int state)
{
	struct mutex_waiter waiter = { .task = current };
	int result = 0;

	if (list_empty(&lock->wait_list) && atomic_xchg(&lock->count, -1) == 1) { // [1]
		atomic_set(&lock->count, 0);
		mutex_count(lock, spun);
		return 0;
	}
	list_add_tail(&waiter.entry, &lock->wait_list);
	task_blocks_on(BLOCKED_MUTEX, lock, LOCK_NAME_OF(lock));
	lock_slept(&lock->dep_map);
	while (!waiter_take_locked(lock, &waiter)) {
		if (signal_pending_state(state, current)) {
			waiter_give_up_locked(lock, &waiter);
			result = -EINTR;
			break;
		}
		__set_current_state(state); // Wakers take wait_lock: no barrier needed.
		raw_spin_unlock(&lock->wait_lock);
		schedule();
		raw_spin_lock(&lock->wait_lock);
	}
	__set_current_state(TASK_RUNNING);
	task_blocks_no_more();
	return result;
}

noinline int mutex_lock_slow(struct mutex *lock, unsigned int state)
{
	int result;

	lock_contended(&lock->dep_map, _RET_IP_);
	if (mutex_spin(lock)) {
		WRITE_ONCE(lock->owner, current);
		mutex_count(lock, spun);
		lock_acquired(&lock->dep_map, _RET_IP_);
		return 0;
	}
	raw_spin_lock(&lock->wait_lock);
	result = mutex_sleep_locked(lock, state);
	if (!result)
		WRITE_ONCE(lock->owner, current);
	else
		lock_release(&lock->dep_map, _RET_IP_);
	raw_spin_unlock(&lock->wait_lock);
	if (!result)
		lock_acquired(&lock->dep_map, _RET_IP_);
	return result;
}

/* Make the first waiter the owner. Caller owns the mutex and holds wait_lock. */
static void hand_over_locked(struct mutex *lock, struct mutex_waiter *first)
{
	list_del(&first->entry);
	if (list_empty(&lock->wait_list))
		atomic_set(&lock->count, 0);
	lock->passed = 0;
	WRITE_ONCE(lock->owner, first->task);
	lock_handoff(&lock->dep_map, first->task->pid);
	first->granted = true;
}

noinline void mutex_unlock_slow(struct mutex *lock)
{
	struct mutex_waiter *first;

	raw_spin_lock(&lock->wait_lock);
	while (list_empty(&lock->wait_list)) {
		// A thread that failed the fast path left its mark on the count, and does not wait here.
		atomic_set(&lock->count, 0);
		raw_spin_unlock(&lock->wait_lock);
		if (mutex_release_fast(lock))
			return;
		raw_spin_lock(&lock->wait_lock);
	}
	atomic_set(&lock->count, -1);
	first = first_waiter(lock);
	if (lock->passed >= MUTEX_MAX_PASSES)
		hand_over_locked(lock, first);
	else
		smp_store_release(&lock->released, 1);
	wake_up_process(first->task);
	raw_spin_unlock(&lock->wait_lock);
}

int mutex_trylock(struct mutex *lock)
{
	mutex_check_init(lock, _RET_IP_);
	if (unlikely(!must_be_thread(__func__, LOCK_NAME_OF(lock), _RET_IP_)) || !try_take(lock))
		return 0;
	WRITE_ONCE(lock->owner, current);
	mutex_count(lock, fast);
	lock_acquire(&lock->dep_map, 0, 1, LOCKDEP_EXCLUSIVE, 1, NULL, _RET_IP_);
	lock_acquired(&lock->dep_map, _RET_IP_);
	return 1;
}

int atomic_dec_and_mutex_lock(atomic_t *count, struct mutex *lock)
{
	if (atomic_add_unless(count, -1, 1))
		return 0;
	mutex_lock(lock);
	// It may have grown while we waited: somebody found the object under the mutex.
	if (atomic_dec_and_test(count))
		return 1;
	mutex_unlock(lock);
	return 0;
}

#if CONFIG_CHECKED

void mutex_init_named(struct mutex *lock, const char *name, const char *site)
{
	struct mutex fresh = __MUTEX_INITIALIZER(fresh);

	*lock = fresh;
	INIT_LIST_HEAD(&lock->wait_list);
	lockdep_init_lock(lock, name, site);
}

void mutex_destroy(struct mutex *lock)
{
	if (likely(lock->dep_map.name && atomic_read(&lock->count) == 1 &&
		   list_empty(&lock->wait_list)))
		lock->dep_map.name = NULL;
	else
		misuse(READ_ONCE(lock->owner), "mutex \"%s\" (%p) is destroyed %s",
		       lock->dep_map.name ?: "?", lock,
		       lock->dep_map.name ? "while it is held" : "and was never initialized");
}

static const char *owner_name(const struct mutex *lock)
{
	struct task_struct *owner = READ_ONCE(lock->owner);

	return owner ? owner->comm : "nobody";
}

/* As spin_check_init(). */
void mutex_check_init(struct mutex *lock, unsigned long where)
{
	if (likely(lock->dep_map.name))
		return;
	misuse(NULL, "mutex %p is taken at %pS and is not initialized: call mutex_init()", lock,
	       (void *)where);
	mutex_init_named(lock, "never initialized", LOCK_SITE("never initialized"));
}

void mutex_check_take(struct mutex *lock, unsigned long where)
{
	mutex_check_init(lock, where);
	if (unlikely(READ_ONCE(lock->owner) == current))
		panic("mutex \"%s\" (%p) is taken at %pS by thread %d \"%s\", which holds it",
		      lock->dep_map.name, lock, (void *)where, current->pid, current->comm);
}

static __cold void release_of_foreign(const struct mutex *lock, unsigned long where)
{
	if (lockdep_is_poison(&lock->dep_map)) {
		hook_gone_released("mutex", lock, where);
		return;
	}
	misuse(READ_ONCE(lock->owner),
	       "mutex \"%s\" (%p) is released at %pS by thread %d \"%s\"; its owner is \"%s\"",
	       lock->dep_map.name ?: "never initialized", lock, (void *)where, current->pid,
	       current->comm, owner_name(lock));
}

bool mutex_check_release(struct mutex *lock, unsigned long where)
{
	if (unlikely(READ_ONCE(lock->owner) != current)) {
		release_of_foreign(lock, where);
		return false;
	}
	lock_release(&lock->dep_map, where);
	hook_sleep_released(lock);
	return true;
}

#else

void mutex_init_named(struct mutex *lock, const char *name, const char *site)
{
	struct mutex fresh = __MUTEX_INITIALIZER(fresh);

	*lock = fresh;
	INIT_LIST_HEAD(&lock->wait_list);
}

#endif
