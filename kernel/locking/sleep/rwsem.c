/* rwsem.c: the reader-writer semaphore: one instruction when free, and nobody starves when not.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   It promises: one writer, or any number of readers; and that neither kind starves. A reader that is
 *   first in the wait list is passed by nobody. A writer that is first is passed by at most
 *   RWSEM_MAX_PASSES writers, that spin. A waiter that is not first may besides be passed by the readers
 *   behind it, once: when readers are let in, all that wait are, so that they read together.
 *
 *        31  30  29                           0
 *       +---+---+------------------------------+
 *       | C | W |       number of readers      |    C: contended, somebody is in the wait list
 *       +---+---+------------------------------+    W: a writer has it
 *
 *   The word is exact: it changes by compare-and-exchange, and a reader counts itself only when it is
 *   in. (Adding first and taking back, as Linux does, saves a load, and makes every other path reckon
 *   with readers that are not there.)
 *   Fast: n -> n + 1 with C and W clear, 0 -> W; back with C clear.
 *   Spin: writers only, while the owner runs on another CPU; readers inside have no names, so nobody
 *     knows whether they run. One at a time, from a queue (osq.h), with preemption off [7cdacc5f52d6].
 *   Sleep: under wait_lock, queue and set C in the exchange that sees it held: then its release finds C,
 *     and takes wait_lock; no wake-up falls between [e158488be27b], and none is left out [5c1ec49b60cd].
 *
 *   Contended. C is set and cleared under wait_lock only, and closes every fast path. Whoever releases
 *   comes here, still holding the lock, and is the only one who decides who is next:
 *
 *     first waiter   the releaser, under wait_lock
 *     a reader       adds all waiting readers to the word in the instruction that takes it out itself:
 *                    no spinner can come between [2f06f702925b: spinning writers starved readers]
 *     a writer       leaves the word at C and wakes it. The writer takes C -> C + W under wait_lock, or
 *                    a spinner was quicker: that counts itself in `passed`, and at RWSEM_MAX_PASSES
 *                    the releaser makes the writer the owner instead [4f23dbc1e657: lock stealing]
 *
 *   There is no "hand me the lock" mark for others to see, misread or leave behind [d257cc8cb8d5,
 *   6eebd5fb2083, b613c7f31476]: handing over is one step, made by who has the lock. A waiter that is
 *   given it finds `granted`, before it looks at its signals: it cannot leave with it.
 *   A writer that leaves the head of the list lets the readers behind it join the readers inside, who
 *   will not do it [a0c4acd2c220: wake on EINTR].
 *
 *   Last touch. An uncontended release is the exchange that frees. A contended one holds wait_lock until
 *   its end, and all who can own the lock by it must come through wait_lock first: a waiter to leave the
 *   list, a spinner because C is still set at its release. So an owner may free the memory after it.
 *
 *   Owner. Only writers' names are stored, as in the mutex: NULL for a moment, never another's. An owner
 *   that was seen may be gone; task structures are type-stable, so its on_cpu can still be read.
 *   Orders: every change of hands is a locked instruction on the word, a full barrier.
 *   It does not: nest, know its readers, lend priority, or let a reader become a writer.
 *   Sources: numbers in brackets are the Linux commits that mended, or made, the bugs named; the word with a
 *   readers' count, Linux 2.4 (D. Howells); phases, Brandenburg and Anderson, "Reader-writer
 *   synchronization for shared-memory multiprocessor real-time systems", ECRTS 2009.
 */
#include "kernel/locking/sleep/rwsem.h"

#include "kernel/core/panic.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/signal.h"
#include "lib/errno.h"

/* On the waiter's stack. All under wait_lock. */
struct rwsem_waiter {
	struct list_head entry;
	struct task_struct *task;
	bool reads;
	bool granted; /* it is ours, and we are out of the list */
};

static struct rwsem_waiter *first_waiter(struct rw_semaphore *sem)
{
	return list_first_entry(&sem->wait_list, struct rwsem_waiter, entry);
}

/* ---- Taking it without sleeping ---- */

static bool try_take_read(struct rw_semaphore *sem)
{
	int count = atomic_read(&sem->count);

	while ((u32)count < RWSEM_WRITER) {
		if (atomic_try_cmpxchg(&sem->count, &count, count + 1))
			return true;
	}
	return false;
}

/* A spinner takes it if nobody has it, past the first waiter if there is one. */
static bool try_take_spinning(struct rw_semaphore *sem)
{
	int count = atomic_read(&sem->count);

	if ((count & ~RWSEM_CONTENDED) ||
	    !atomic_try_cmpxchg(&sem->count, &count, count | RWSEM_WRITER))
		return false;
	if (count & RWSEM_CONTENDED) {
		sem->passed++;
		rwsem_note_pass(sem);
	}
	return true;
}

/* Spin while @owner has it and runs; returns false if it is no use to go on spinning. */
static bool spin_on_owner(struct rw_semaphore *sem, struct task_struct *owner)
{
	while (READ_ONCE(sem->owner) == owner) {
		if (!READ_ONCE(owner->on_cpu) || need_resched())
			return false;
		hook_spin();
		cpu_relax();
	}
	return true;
}

/* First of the spinners: spin until it is ours, or spinning is no use. */
static bool spin_first(struct rw_semaphore *sem)
{
	unsigned int looks = 0;

	for (;;) {
		struct task_struct *owner = READ_ONCE(sem->owner);

		if (owner && !spin_on_owner(sem, owner))
			return false;
		if (try_take_spinning(sem))
			return true;
		looks = owner ? 0 : looks + 1;
		if (looks > spin_max_looks || need_resched())
			return false;
		hook_spin();
		cpu_relax();
	}
}

static bool rwsem_spin(struct rw_semaphore *sem)
{
	struct task_struct *owner = READ_ONCE(sem->owner);
	bool taken = false;
	struct hook_spin outer;

	if (need_resched() || (owner && !READ_ONCE(owner->on_cpu)))
		return false;
	preempt_disable();
	outer = hook_spin_begin(sem, "rwsem");
	if (osq_lock(&sem->osq)) {
		taken = spin_first(sem);
		osq_unlock(&sem->osq);
	}
	hook_spin_end(outer);
	preempt_enable();
	return taken;
}

/* ---- The wait list: all under wait_lock ---- */

/* Take @waiter out of the list; the last one takes C along. */
static void dequeue_locked(struct rw_semaphore *sem, struct rwsem_waiter *waiter)
{
	list_del(&waiter->entry);
	if (list_empty(&sem->wait_list))
		atomic_sub(RWSEM_CONTENDED, &sem->count);
}

static int count_readers_locked(struct rw_semaphore *sem)
{
	struct rwsem_waiter *waiter;
	int readers = 0;

	list_for_each_entry(waiter, &sem->wait_list, entry)
		readers += waiter->reads;
	return readers;
}

/* Change the word by @change, and let in all readers that wait. Caller has the lock. */
static void let_readers_in_locked(struct rw_semaphore *sem, int change)
{
	struct rwsem_waiter *waiter, *next;

	sem->passed = 0;
	atomic_add(count_readers_locked(sem) + change, &sem->count);
	list_for_each_entry_safe(waiter, next, &sem->wait_list, entry) {
		if (!waiter->reads)
			continue;
		dequeue_locked(sem, waiter);
		waiter->granted = true;
		lock_handoff(&sem->dep_map, waiter->task->pid);
		rwsem_count(sem, let_in);
		wake_up_process(waiter->task);
	}
}

/* Make the first waiter, a writer, the owner instead of the caller, who has @held of the word. */
static void hand_over_locked(struct rw_semaphore *sem, int held)
{
	struct rwsem_waiter *first = first_waiter(sem);

	sem->passed = 0;
	WRITE_ONCE(sem->owner, first->task);
	atomic_add(RWSEM_WRITER - held, &sem->count);
	dequeue_locked(sem, first);
	first->granted = true;
	lock_handoff(&sem->dep_map, first->task->pid);
	rwsem_count(sem, handed);
	wake_up_process(first->task);
}

/* Release @held of the word, in favour of the first waiter. */
static void release_locked(struct rw_semaphore *sem, int held)
{
	struct rwsem_waiter *first = first_waiter(sem);
	int stay = (atomic_read(&sem->count) & ~RWSEM_CONTENDED) - held;

	// C is set and we are inside: nobody but us can change the word now.
	if (stay) {
		atomic_sub(held, &sem->count);
	} else if (first->reads) {
		let_readers_in_locked(sem, -held);
	} else if (sem->passed >= RWSEM_MAX_PASSES) {
		hand_over_locked(sem, held);
	} else {
		atomic_sub(held, &sem->count);
		wake_up_process(first->task);
	}
}

/* Whether it is ours: granted, or free, and we are a writer and first. */
static bool waiter_take_locked(struct rw_semaphore *sem, struct rwsem_waiter *waiter)
{
	int free = RWSEM_CONTENDED;

	if (waiter->granted)
		return true;
	if (waiter->reads || first_waiter(sem) != waiter ||
	    !atomic_try_cmpxchg(&sem->count, &free, RWSEM_CONTENDED | RWSEM_WRITER))
		return false;
	dequeue_locked(sem, waiter);
	sem->passed = 0;
	WRITE_ONCE(sem->owner, current);
	rwsem_count(sem, slept);
	return true;
}

/* Leave the list without it. It is not free for us, hence held; if readers hold it, the readers that
 * stood behind us join them. */
static void waiter_give_up_locked(struct rw_semaphore *sem, struct rwsem_waiter *waiter)
{
	dequeue_locked(sem, waiter);
	if ((atomic_read(&sem->count) & RWSEM_READERS) && !list_empty(&sem->wait_list) &&
	    first_waiter(sem)->reads)
		let_readers_in_locked(sem, 0);
}

/* Join the list, or take the lock if that is possible after all; returns whether it was taken. */
static bool enqueue_or_take_locked(struct rw_semaphore *sem, struct rwsem_waiter *waiter)
{
	int one = waiter->reads ? 1 : RWSEM_WRITER;
	int count = atomic_read(&sem->count);

	while (list_empty(&sem->wait_list)) {
		bool take = waiter->reads ? !(count & RWSEM_WRITER) : !count;

		if (!atomic_try_cmpxchg(&sem->count, &count,
					take ? count + one : count | RWSEM_CONTENDED))
			continue;
		if (take)
			return true;
		break;
	}
	list_add_tail(&waiter->entry, &sem->wait_list);
	return false;
}

/* The sleeping path. Called and returns with wait_lock held. */
static int rwsem_sleep_locked(struct rw_semaphore *sem, bool reads, unsigned int state)
{
	struct rwsem_waiter waiter = { .task = current, .reads = reads };
	int result = 0;

	if (enqueue_or_take_locked(sem, &waiter)) {
		if (!reads)
			WRITE_ONCE(sem->owner, current);
		return 0;
	}
	task_blocks_on(reads ? BLOCKED_READ : BLOCKED_WRITE, sem, LOCK_NAME_OF(sem));
	lock_slept(&sem->dep_map);
	while (!waiter_take_locked(sem, &waiter)) {
		if (signal_pending_state(state, current)) {
			waiter_give_up_locked(sem, &waiter);
			result = -EINTR;
			break;
		}
		__set_current_state(state); // Wakers take wait_lock: no barrier needed.
		raw_spin_unlock(&sem->wait_lock);
		schedule();
		raw_spin_lock(&sem->wait_lock);
	}
	__set_current_state(TASK_RUNNING);
	task_blocks_no_more();
	return result;
}

static int rwsem_sleep(struct rw_semaphore *sem, bool reads, unsigned int state)
{
	int result;

	raw_spin_lock(&sem->wait_lock);
	result = rwsem_sleep_locked(sem, reads, state);
	raw_spin_unlock(&sem->wait_lock);
	return result;
}

/* ---- The slow paths ---- */

noinline int rwsem_read_slow(struct rw_semaphore *sem, unsigned int state)
{
	lock_contended(&sem->dep_map, _RET_IP_);
	return try_take_read(sem) ? 0 : rwsem_sleep(sem, true, state);
}

noinline int rwsem_write_slow(struct rw_semaphore *sem, unsigned int state)
{
	lock_contended(&sem->dep_map, _RET_IP_);
	if (!rwsem_spin(sem))
		return rwsem_sleep(sem, false, state);
	WRITE_ONCE(sem->owner, current);
	rwsem_count(sem, spun);
	return 0;
}

noinline void rwsem_release_slow(struct rw_semaphore *sem, int held)
{
	for (;;) {
		int count = atomic_read(&sem->count);

		// Uncontended, the exchange must be the last touch: not under wait_lock.
		while (count >= 0) {
			if (atomic_try_cmpxchg(&sem->count, &count, count - held))
				return;
		}
		raw_spin_lock(&sem->wait_lock);
		if (!list_empty(&sem->wait_list)) {
			release_locked(sem, held);
			raw_spin_unlock(&sem->wait_lock);
			return;
		}
		raw_spin_unlock(&sem->wait_lock); // The waiter has left.
	}
}

noinline void rwsem_downgrade_slow(struct rw_semaphore *sem)
{
	raw_spin_lock(&sem->wait_lock);
	if (!list_empty(&sem->wait_list) && first_waiter(sem)->reads)
		let_readers_in_locked(sem, 1 - RWSEM_WRITER);
	else
		atomic_add(1 - RWSEM_WRITER, &sem->count);
	raw_spin_unlock(&sem->wait_lock);
}

int down_read_trylock(struct rw_semaphore *sem)
{
	rwsem_check_init(sem, _RET_IP_);
	if (!try_take_read(sem))
		return 0;
	lock_acquire(&sem->dep_map, 0, 1, LOCKDEP_READ, 1, NULL, _RET_IP_);
	lock_acquired(&sem->dep_map, _RET_IP_);
	hook_sleep_acquired(sem, rwsem_name(sem), _RET_IP_);
	return 1;
}

int down_write_trylock(struct rw_semaphore *sem)
{
	rwsem_check_init(sem, _RET_IP_);
	if (!rwsem_write_fast(sem))
		return 0;
	lock_acquire(&sem->dep_map, 0, 1, LOCKDEP_EXCLUSIVE, 1, NULL, _RET_IP_);
	lock_acquired(&sem->dep_map, _RET_IP_);
	hook_sleep_acquired(sem, rwsem_name(sem), _RET_IP_);
	return 1;
}

void init_rwsem_named(struct rw_semaphore *sem, const char *name, const char *site)
{
	struct rw_semaphore fresh = __RWSEM_INITIALIZER(fresh);

	*sem = fresh;
	INIT_LIST_HEAD(&sem->wait_list);
	rwsem_set_name(sem, name, site);
}
