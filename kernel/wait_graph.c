/* wait_graph.c: which thread waits for which, and the circles in that.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A deadlock is a set of threads of which each waits for another of the set. The validator finds the wrong
 *   order that leads there; this finds the deadlock itself, of whatever kinds of locks it is made, the
 *   spinning ones included: a thread that spins is on its CPU, and waits for the thread that runs on the
 *   CPU that holds the lock.
 *
 *        thread A  --waits for mutex m, held by-->  thread B  --spins for s, held by the CPU of-->  thread C
 *
 *   Whom a thread waits for:
 *      mutex, rt_mutex, rwsem      the owner in the lock, and all that are noted as holders (held.h): any of them
 *        alone keeps the waiter out. A reader that waits does so for a writer, or behind one that waits
 *        for the readers inside: for them, in the end.
 *      spinlock, rwlock            the CPUs that hold it (struct cpu)
 *      semaphore                   who took a unit and has not given it back; any of them can end the wait
 *      completion                  who completed it last; the same
 *      wait queue                  nobody knows
 *
 *   Stuck is, at the most, every thread that waits and has no time limit. From these is taken away, until nothing changes,
 *   who waits for somebody that is not stuck: for owners, if none is; for last holders, if one is not, or
 *   somebody unknown might help. What remains is the largest set in which each waits for others of it;
 *   from each of its members the way, from one to the next, ends in a circle.
 *
 *   One look is no proof. The waits are read one after the other, while threads go on. But a thread that is
 *   found waiting at two looks, and has not run in between (its switches say so; of a spinner, the count
 *   of its waits), has waited all the time; and an owner that waits has kept what it holds. So if a whole
 *   circle is found twice unmoved, all its waits existed at once, between the looks: a fact. A circle
 *   through last holders is a guess still: a thread outside may do what the last one did. It is believed
 *   when it has stood for long (watchdog.c), and never if one semaphore is all there is in it: a
 *   producer that has filled the buffer waits for units that it took itself, and the consumer may come yet.
 *
 *   What is read of a lock may be old, or freed and something else: it is memory all the same, and what is
 *   taken from it for a thread is looked up in the list of threads, which is locked.
 *   It does not: know readers of an rwsem, holders of spinlocks, takers and completers in PROFILE=fast.
 */
#include "kernel/wait_graph.h"

#include "kernel/base/held.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/percpu_rwsem.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/spinlock.h"

/* A spinlock is found by the address of its word. */
static_assert(offsetof(spinlock_t, word) == 0 && offsetof(rwlock_t, word) == 0);

#if CONFIG_CHECKED
/* And gdb tells what kind of lock sleepers wait for by where its map lies (tools/gdb/il_locks.py). */
static_assert(offsetof(struct mutex, dep_map) != offsetof(struct rw_semaphore, dep_map) &&
	      offsetof(struct mutex, dep_map) != offsetof(struct rt_mutex, dep_map) &&
	      offsetof(struct rw_semaphore, dep_map) != offsetof(struct rt_mutex, dep_map));
#endif

/* The CPU that @task runs on, if it does. */
static struct cpu *cpu_of(const struct task_struct *task)
{
	struct cpu *cpu = cpu_by_id(READ_ONCE(task->cpu));

	return READ_ONCE(task->on_cpu) && READ_ONCE(cpu->running) == task ? cpu : NULL;
}

static bool is_listed(const struct task_struct *task)
{
	struct task_struct *other;

	for_each_task(other)
	{
		if (other == task)
			return true;
	}
	return false;
}

static struct task_struct *task_by_pid(int pid)
{
	struct task_struct *task;

	for_each_task(task)
	{
		if (task->pid == pid)
			return task;
	}
	return NULL;
}

/* @task is one of them, unless it is no thread at all. */
static void add_holder(struct thread_wait *wait, struct task_struct *task, unsigned long where)
{
	if (!task || wait->n_holders == WAIT_MAX_HOLDERS || !is_listed(task))
		return;
	for (u32 i = 0; i < wait->n_holders; i++) {
		if (wait->holders[i].task == task)
			return;
	}
	wait->holders[wait->n_holders++] = (struct wait_holder){ task, where };
}

static void add_spinning_holders(struct thread_wait *wait)
{
	struct held_lock held;
	u32 id;

	for_each_online_cpu(id) {
		if (!held_spinlock(id, wait->lock, &held))
			continue;
		wait->name = held.name;
		add_holder(wait, READ_ONCE(cpu_by_id(id)->running), held.where);
	}
}

/* *@name becomes what they call it. */
static void add_sleeping_holders(struct thread_wait *wait, const char **name)
{
	struct held_lock held[WAIT_MAX_HOLDERS];
	u32 n = held_locks(NULL, wait->lock, held, WAIT_MAX_HOLDERS);

	for (u32 i = 0; i < n; i++) {
		*name = held[i].name;
		add_holder(wait, held[i].task, held[i].where);
	}
}

/* Those that might end the wait; none if somebody unknown might, too. */
static void add_last_holders(struct thread_wait *wait, const struct last_holders *last)
{
	if (!last || data_race(last->unknown) || data_race(last->foreign))
		return;
	for (u32 i = 0; i < LAST_HOLDERS; i++) {
		int pid = data_race(last->of[i].pid);
		struct task_struct *task = pid ? task_by_pid(pid) : NULL;

		// Who has ended will not complete it again: somebody else is going to. But he gives no unit back.
		if (pid && !task && wait->tie == TIE_COMPLETED) {
			wait->n_holders = 0;
			return;
		}
		add_holder(wait, task, data_race(last->of[i].where));
	}
}

/* @owner is in the lock. That may be the waiter himself, who has been handed it and not been woken yet. */
static void add_owner(struct thread_wait *wait, struct task_struct *task, struct task_struct *owner)
{
	if (owner != task)
		add_holder(wait, owner, 0);
}

static void add_owners(struct thread_wait *wait, struct task_struct *task, enum blocked_kind kind)
{
	const void *lock = wait->lock;
	const char *name;

	add_sleeping_holders(wait, &name);
	switch (kind) {
	case BLOCKED_MUTEX:
		add_owner(wait, task, READ_ONCE(((const struct mutex *)lock)->owner));
		break;
	case BLOCKED_READ:
	case BLOCKED_WRITE:
		add_owner(wait, task, READ_ONCE(((const struct rw_semaphore *)lock)->owner));
		break;
	case BLOCKED_RT_MUTEX:
		add_owner(wait, task, rt_mutex_owner(lock));
		break;
	case BLOCKED_SEMAPHORE:
		wait->tie = TIE_TAKEN;
		add_last_holders(wait, SEMAPHORE_HOLDERS((const struct semaphore *)lock));
		break;
	case BLOCKED_COMPLETION:
		wait->tie = TIE_COMPLETED;
		add_last_holders(wait, COMPLETION_HOLDERS((const struct completion *)lock));
		break;
	case BLOCKED_READERS:
	case BLOCKED_QUEUE:
		break;
	}
}

static bool is_asleep(const struct task_struct *task)
{
	return !READ_ONCE(task->on_cpu) && READ_ONCE(task->on_rq) == ON_RQ_NO &&
	       (READ_ONCE(task->__state) & TASK_NORMAL);
}

/* The spinlock that @task spins for; NULL, it does not. */
static const void *spins_for(const struct task_struct *task)
{
	const struct cpu *cpu = cpu_of(task);

	return cpu ? READ_ONCE(cpu->spins_for) : NULL;
}

bool wait_of(struct task_struct *task, struct thread_wait *wait)
{
	enum blocked_kind kind = READ_ONCE(task->blocked_kind);

	*wait = (struct thread_wait){ .lock = spins_for(task), .spins = true };
	if (wait->lock) {
		wait->kind = READ_ONCE(cpu_by_id(READ_ONCE(task->cpu))->spins_kind) ?: "lock";
		add_spinning_holders(wait);
		// A mutex and a rwsem are spun for while their owner runs.
		add_sleeping_holders(wait, &wait->name);
		return true;
	}
	wait->lock = READ_ONCE(task->blocked_on);
	if (!wait->lock || !is_asleep(task))
		return false;
	wait->spins = false;
	wait->kind = task_kind_name(kind);
	wait->since = READ_ONCE(task->blocked_since);
	wait->name = READ_ONCE(task->blocked_name);
	add_owners(wait, task, kind);
	return true;
}

/* Whether those that @task waits for leave it no hope. */
static bool is_hopeless(struct task_struct *task)
{
	struct thread_wait wait;
	u32 stuck = 0;

	if (!wait_of(task, &wait))
		return false;
	for (u32 i = 0; i < wait.n_holders; i++)
		stuck += wait.holders[i].task->watch.stuck;
	return stuck && (wait.tie == TIE_HELD || stuck == wait.n_holders);
}

void wait_find_stuck(bool still)
{
	struct task_struct *task;
	bool changed;

	for_each_task(task) task->watch.stuck =
		(spins_for(task) ||
		 (is_asleep(task) && READ_ONCE(task->blocked_on) && !READ_ONCE(task->wakes_at))) &&
		(!still || task->watch.still_ns);
	do {
		changed = false;
		for_each_task(task)
		{
			if (!task->watch.stuck || is_hopeless(task))
				continue;
			task->watch.stuck = false;
			changed = true;
		}
	} while (changed);
}

struct task_struct *wait_next(struct task_struct *task)
{
	struct thread_wait wait;

	if (!wait_of(task, &wait))
		return NULL;
	for (u32 i = 0; i < wait.n_holders; i++) {
		if (wait.holders[i].task->watch.stuck)
			return wait.holders[i].task;
	}
	return NULL;
}

bool wait_is_in_vain(struct task_struct *task)
{
	for (u32 i = 0; task && task->watch.stuck && i < WAIT_CIRCLE_MAX; i++) {
		if (task->watch.told_circle)
			return true;
		task = wait_next(task);
	}
	return false;
}

/* Describe the circle that @first is in; returns false if it is none any more. */
static bool measure(struct task_struct *first, struct wait_circle *circle)
{
	struct task_struct *task = first;
	const void *lock = NULL;

	*circle = (struct wait_circle){ .certain = true, .one = true, .still_ns = ~0ULL };
	do {
		struct thread_wait wait;

		if (!task || !wait_of(task, &wait))
			return false;
		if (wait.tie != TIE_HELD)
			circle->certain = false;
		if (wait.tie != TIE_TAKEN || (lock && lock != wait.lock))
			circle->one = false;
		lock = wait.lock;
		circle->still_ns = min(circle->still_ns, task->watch.still_ns);
		circle->members[circle->length++] = task;
		task = wait_next(task);
	} while (task != first && circle->length < WAIT_CIRCLE_MAX);
	return true;
}

/* Each stuck thread has one next one, so a walk that comes to a thread of its own has closed a circle, and one
 * that comes to another's thread leads into a circle that was found then. */
void wait_each_circle(void (*fn)(const struct wait_circle *circle, void *arg), void *arg)
{
	struct task_struct *start, *task;
	struct wait_circle circle;
	unsigned int walk = 0;

	for_each_task(task) task->watch.walk = 0;
	for_each_task(start)
	{
		if (!start->watch.stuck || start->watch.walk)
			continue;
		walk++;
		for (task = start; task && !task->watch.walk; task = wait_next(task))
			task->watch.walk = walk;
		if (task && task->watch.walk == walk && measure(task, &circle))
			fn(&circle, arg);
	}
}

/* The spinning that @task is at, as a number that is never used again; 0: none. */
static unsigned long spinning_of(const struct task_struct *task)
{
	const struct cpu *cpu = cpu_of(task);

	return cpu && READ_ONCE(cpu->spins_for) ? READ_ONCE(cpu->nr_spins) * NR_CPUS + cpu->id : 0;
}

void wait_note_progress(struct task_struct *task, u64 ns)
{
	unsigned long switches = data_race(task->nvcsw) + data_race(task->nivcsw);
	unsigned long spin = spinning_of(task);

	if (switches == task->watch.switches && spin == task->watch.spin) {
		task->watch.still_ns += ns;
		return;
	}
	task->watch.switches = switches;
	task->watch.spin = spin;
	task->watch.still_ns = 0;
	task->watch.told_circle = false;
	task->watch.told_hung = false;
}
