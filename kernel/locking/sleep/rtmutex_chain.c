/* rtmutex_chain.c: priority inheritance: what waiting threads lend, and to whom, link by link.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   An rt_mutex lends its owner the priority of its best waiter. A thread may own many, and lists the
 *   best waiter of each (pi_waiters, best first): the first is its loan. It may itself wait for one, of
 *   another owner: then what it borrows it lends on.
 *
 *        A --waits for--> L1 --held by--> B --waits for--> L2 --held by--> C
 *        prio 10                          prio 70 -> 10                    prio 120 -> 10
 *
 *   A change (a waiter comes, leaves, or has another priority) is carried along the chain one link at a
 *   time: lock the mutex that a thread waits for, give the thread its new place in that queue, lend the
 *   owner the best priority there, remember the owner's own wait, unlock, go on. The walk ends at an
 *   owner that waits for nothing, or whose loan stays what it was.
 *   Locks: wait_lock of one mutex -> pi_lock of one thread -> wake_lock -> run queue. The walk enters from
 *   the thread: pi_lock first, to be sure of the wait, so it can only *try* the wait_lock; when that
 *   fails it drops both and begins the step again. Nothing is held between two steps but a reference on
 *   the next thread, so whoever it meets can go on, and what it finds later may be something else:
 *
 *      walker                                B, next in its chain
 *      lends B 10, notes "B, ticket 7"
 *                                            gives up L2, releases, takes, waits again: ticket 9
 *      finds 9: ends
 *
 *   Each wait has a ticket, drawn under the waiter's pi_lock with the wait itself. Another ticket than
 *   the noted one is another wait, begun after the loan, with the loan in it. No priority is
 *   carried along: each step reads `prio` under wait_lock, so of two walks that cross, the later one
 *   at a place leaves there what is true.
 *   Preemption is off meanwhile: a walker that waits for a CPU would be an inversion of its own.
 *
 *   Circles. A set of waits is a deadlock from the moment its last wait begins. The walk of that last
 *   waiter finds the others in place, as they do not go on, and reports; every other member may see the
 *   circle too. So a walk looks for one only along links whose tickets are *older* than the walker's, and
 *   from the first that is not it only carries changes on: exactly one of them reports, and links that came
 *   and went at different moments are never taken for a circle, since each link looked at began before the
 *   walk and is still there. A circle of others, about to be reported by one of them, would lead a walk
 *   round for ever: after as many steps as there are threads it only carries changes on, and those end.
 *
 *   Two copies of the priority in a waiter, one for each list: a list is in order only if its keys change
 *   under the lock that guards it. (Linux had one key for both until "locking/rtmutex: Fix
 *   task->pi_waiters integrity", 2023.)
 */
#include "kernel/locking/sleep/rtmutex_chain.h"

#include "kernel/sched/sched.h"
#include "lib/errno.h"
#include "lib/format.h"

static const struct rt_mutex_link no_link = { NULL, 0 };

static atomic64_t tickets = ATOMIC64_INIT(0);

static bool goes_before(const struct rt_mutex_waiter *a, const struct rt_mutex_waiter *b)
{
	return a->prio != b->prio ? a->prio < b->prio : a->ticket < b->ticket;
}

/* Put @waiter, with its priority, where it belongs. Caller holds lock->wait_lock. */
static void queue_insert(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	struct rt_mutex_waiter *other;

	list_for_each_entry(other, &lock->waiters, entry)
		if (goes_before(waiter, other))
			break;
	list_add_tail(&waiter->entry, &other->entry);
}

/* List the best waiter of a mutex with its @owner. Caller holds wait_lock and owner->pi_lock. */
static void loan_insert(struct task_struct *owner, struct rt_mutex_waiter *waiter)
{
	struct rt_mutex_waiter *other;

	waiter->pi_prio = waiter->prio;
	list_for_each_entry(other, &owner->pi_waiters, pi_entry)
		if (waiter->pi_prio < other->pi_prio)
			break;
	list_add_tail(&waiter->pi_entry, &other->pi_entry);
}

/* Have @owner run at what it is lent. Caller holds owner->pi_lock. Returns whether that is another. */
static bool loan_apply(struct task_struct *owner)
{
	const struct rt_mutex_waiter *best =
		list_first_entry_or_null(&owner->pi_waiters, struct rt_mutex_waiter, pi_entry);
	int before = READ_ONCE(owner->boost_prio);
	int prio = best ? best->pi_prio : MAX_PRIO;

	sched_set_boost(owner, prio);
	return prio != before;
}

/* Caller holds task->pi_lock, and @task stays for as long. */
static struct rt_mutex_link link_of(struct task_struct *task)
{
	const struct rt_mutex_waiter *waiter = task->pi_blocked_on;

	return waiter ? (struct rt_mutex_link){ get_task_struct(task), waiter->ticket } : no_link;
}

/* Lend the owner of @lock what its best waiter has now; @listed is the one that it has listed, or NULL.
 * Caller holds lock->wait_lock. Returns the owner's wait, if the walk is to go on there. */
static struct rt_mutex_link lend(struct rt_mutex *lock, struct rt_mutex_waiter *listed, bool follow)
{
	struct task_struct *owner = rt_mutex_owner(lock);
	struct rt_mutex_waiter *top = rt_mutex_top_waiter(lock);
	struct rt_mutex_link next = no_link;

	raw_spin_lock(&owner->pi_lock);
	if (listed)
		list_del(&listed->pi_entry);
	if (top)
		loan_insert(owner, top);
	if (loan_apply(owner) || follow)
		next = link_of(owner);
	raw_spin_unlock(&owner->pi_lock);
	return next;
}

/* Nobody owns @lock: the unlock woke @woken, to take it. If another is first by now, it must come instead.
 * Caller holds lock->wait_lock. */
static void call_new_top(struct rt_mutex *lock, const struct rt_mutex_waiter *woken)
{
	struct rt_mutex_waiter *top = rt_mutex_top_waiter(lock);

	if (top && top != woken)
		wake_up_process(top->task);
}

struct rt_mutex_link rt_chain_join(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	struct rt_mutex_waiter *listed = rt_mutex_top_waiter(lock);
	struct task_struct *task = current;

	raw_spin_lock(&task->pi_lock);
	*waiter = (struct rt_mutex_waiter){ .task = task, .lock = lock };
	waiter->ticket = (u64)atomic64_inc_return(&tickets);
	waiter->prio = READ_ONCE(task->prio);
	queue_insert(lock, waiter);
	task->pi_blocked_on = waiter;
	raw_spin_unlock(&task->pi_lock);
	return rt_mutex_owner(lock) ? lend(lock, listed, true) : no_link;
}

/* Caller holds lock->wait_lock. */
static void leave_queue(struct rt_mutex_waiter *waiter)
{
	raw_spin_lock(&waiter->task->pi_lock);
	waiter->task->pi_blocked_on = NULL;
	raw_spin_unlock(&waiter->task->pi_lock);
	list_del(&waiter->entry);
}

struct rt_mutex_link rt_chain_leave(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	bool was_top = rt_mutex_top_waiter(lock) == waiter;

	leave_queue(waiter);
	if (!was_top)
		return no_link;
	if (rt_mutex_owner(lock))
		return lend(lock, waiter, false);
	call_new_top(lock, waiter);
	return no_link;
}

void rt_chain_take(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	struct rt_mutex_waiter *top;

	if (waiter)
		leave_queue(waiter);
	top = rt_mutex_top_waiter(lock);
	WRITE_ONCE(lock->owner, (unsigned long)current | (top ? RT_MUTEX_HAS_WAITERS : 0));
	// Its best waiter is no better than this thread was; but this thread may be worse by now.
	if (top)
		lend(lock, NULL, false);
}

void rt_chain_release(struct rt_mutex *lock)
{
	struct task_struct *task = current;

	raw_spin_lock(&task->pi_lock);
	list_del(&rt_mutex_top_waiter(lock)->pi_entry);
	loan_apply(task);
	raw_spin_unlock(&task->pi_lock);
}

/* Lock the mutex that link->task waits for, if it still is the same wait; returns its place there, which
 * stays for as long; NULL, with nothing locked, if it is not. */
static struct rt_mutex_waiter *lock_link(const struct rt_mutex_link *link, unsigned long *flags)
{
	struct task_struct *task = link->task;
	struct rt_mutex_waiter *waiter;

	for (;;) {
		raw_spin_lock_irqsave(&task->pi_lock, *flags);
		waiter = task->pi_blocked_on;
		if (!waiter || waiter->ticket != link->ticket) {
			raw_spin_unlock_irqrestore(&task->pi_lock, *flags);
			return NULL;
		}
		// Against the order, so we may not wait for it. The mutex is there while @task waits for it.
		if (raw_spin_trylock(&waiter->lock->wait_lock))
			break;
		raw_spin_unlock_irqrestore(&task->pi_lock, *flags);
		cpu_relax();
	}
	raw_spin_unlock(&task->pi_lock);
	return waiter;
}

/* One link: bring @waiter, and the owner of what it waits for, up to date. Caller holds the wait_lock. */
static struct rt_mutex_link walk_step(struct rt_mutex_waiter *waiter, bool follow)
{
	struct rt_mutex *lock = waiter->lock;
	struct rt_mutex_waiter *listed = rt_mutex_top_waiter(lock);
	int prio = READ_ONCE(waiter->task->prio);
	bool moved = prio != waiter->prio;

	if (moved) {
		list_del(&waiter->entry);
		waiter->prio = prio;
		queue_insert(lock, waiter);
	}
	if (!rt_mutex_owner(lock)) {
		call_new_top(lock, listed);
		return no_link;
	}
	return moved || follow ? lend(lock, listed, follow) : no_link;
}

int rt_chain_walk(struct rt_mutex_link link, const struct rt_mutex_waiter *waiter)
{
	unsigned int steps = task_count();
	int result = 0;

	while (link.task) {
		struct rt_mutex_link next = no_link;
		unsigned long flags;
		struct rt_mutex_waiter *at = lock_link(&link, &flags);

		// From a newer link on, it only carries changes on.
		if (waiter && (link.ticket >= waiter->ticket || steps-- == 0))
			waiter = NULL;
		if (at) {
			struct rt_mutex *lock = at->lock;

			if (waiter && rt_mutex_owner(lock) == current) {
				result = -EDEADLK;
				waiter = NULL;
			}
			next = walk_step(at, waiter != NULL);
			raw_spin_unlock_irqrestore(&lock->wait_lock, flags);
		}
		put_task_struct(link.task);
		link = next;
	}
	return result;
}

/* The owner of @lock, and its wait; from there on as in rt_chain_walk(), but to look only. */
static struct rt_mutex_link describe_owner(struct rt_mutex *lock, char *buf, size_t n, int *used)
{
	struct task_struct *owner = rt_mutex_owner(lock);
	struct rt_mutex_link next = no_link;

	if (!owner)
		return no_link;
	*used += scnprintf(buf + *used, n - (size_t)*used,
			   " waits for \"%s\" (%p), which thread %d \"%s\" holds, who",
			   rt_mutex_name(lock), lock, owner->pid, owner->comm);
	if (owner == current)
		return no_link;
	raw_spin_lock(&owner->pi_lock);
	next = link_of(owner);
	raw_spin_unlock(&owner->pi_lock);
	return next;
}

void rt_chain_describe(struct rt_mutex *lock, char *buf, size_t n)
{
	unsigned int steps = task_count();
	struct rt_mutex_link link;
	unsigned long flags;
	int used;

	used = scnprintf(buf, n, "thread %d \"%s\"", current->pid, current->comm);
	raw_spin_lock_irqsave(&lock->wait_lock, flags);
	link = describe_owner(lock, buf, n, &used);
	raw_spin_unlock_irqrestore(&lock->wait_lock, flags);
	while (link.task) {
		struct rt_mutex_link next = no_link;
		struct rt_mutex_waiter *at = steps-- ? lock_link(&link, &flags) : NULL;

		if (at) {
			struct rt_mutex *next_lock = at->lock;

			next = describe_owner(next_lock, buf, n, &used);
			raw_spin_unlock_irqrestore(&next_lock->wait_lock, flags);
		}
		put_task_struct(link.task);
		link = next;
	}
	scnprintf(buf + used, n - (size_t)used, " closes the circle");
}

/* The scheduler says that a thread's own priority has changed. */
static void prio_changed(struct task_struct *task)
{
	struct rt_mutex_link link;
	unsigned long flags;

	raw_spin_lock_irqsave(&task->pi_lock, flags);
	link = link_of(task);
	preempt_disable();
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
	rt_chain_walk(link, NULL);
	preempt_enable();
}

void rt_mutexes_init(void)
{
	sched_register_prio_changed(prio_changed);
}
