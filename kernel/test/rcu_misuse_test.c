/* rcu_misuse_test.c: what the checked profile says to whoever uses RCU wrongly.
 * SPDX-License-Identifier: MIT
 *
 * In the fast profile most of this reads freed memory or hangs without a word: it is skipped there.
 */
#include "kernel/locking/rcu_head.h"
#include "kernel/locking/rculist.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/tasklet.h"
#include "kernel/test/rcu_test.h"

#define NO_CHECKS "the fast profile does not check this"

static int value = 1;
static int __rcu *shared = &value;

static void unlock(void *arg)
{
	rcu_read_unlock();
}

static void unlock_twice(void *arg)
{
	rcu_read_lock();
	rcu_read_unlock();
	rcu_read_unlock();
}

TEST(rcu_unlock_without_lock)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(unlock, NULL, "is in no reader"));
	EXPECT(test_panics(unlock_twice, NULL, "is in no reader"));
	EXPECT_CONTEXT(false, 0);
	EXPECT(!rcu_read_lock_held());
}

static void sleep_inside(void *arg)
{
	rcu_read_lock();
	msleep(1);
	rcu_read_unlock();
}

static void wait_inside(void *arg)
{
	rcu_read_lock();
	rcu_read_lock();
	synchronize_rcu();
}

static void barrier_inside(void *arg)
{
	rcu_read_lock_sched();
	rcu_barrier();
}

TEST(rcu_sleep_inside_reader)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(sleep_inside, NULL,
			   "inside the RCU reader that begins at sleep_inside"));
	EXPECT(test_panics(wait_inside, NULL, "inside the RCU reader"));
	EXPECT(test_panics(barrier_inside, NULL, "inside the RCU reader"));
	EXPECT(!rcu_read_lock_held());
	EXPECT_CONTEXT(false, 0);
}

static void schedule_inside(void *arg)
{
	rcu_read_lock();
	schedule();
}

/* In every profile. */
TEST(rcu_schedule_inside_reader)
{
	EXPECT(test_panics(schedule_inside, NULL, "scheduling while atomic"));
	EXPECT_CONTEXT(false, 0);
}

static void schedule_after_wrong_end(void *arg)
{
	rcu_read_lock();
	preempt_enable_no_resched();
	schedule();
}

/* A reader without its end, and an end without its beginning, that cancel out in the preempt count. */
TEST(rcu_reader_ended_by_another)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(panics_alone(schedule_after_wrong_end, NULL,
			    "inside the RCU reader that begins at schedule_after_wrong_end"));
	EXPECT(!rcu_read_lock_held());
	EXPECT_CONTEXT(false, 0);
}

static void dereference(void *arg)
{
	EXPECT_EQ(*rcu_dereference(shared), 1);
}

static void dereference_under(void *held)
{
	EXPECT_EQ(*rcu_dereference_protected(shared, *(bool *)held), 1);
}

static void dereference_checked(void *held)
{
	EXPECT_EQ(*rcu_dereference_check(shared, *(bool *)held), 1);
}

struct entry {
	u32 n;
	struct list_head list;
};

static void walk(void *arg)
{
	struct list_head *head = arg;
	const struct entry *entry;

	list_for_each_entry_rcu(entry, head, list) EXPECT_EQ(entry->n, 1);
}

static void walk_where_it_is_fine(struct list_head *head)
{
	const struct entry *entry;

	list_for_each_entry_rcu(entry, head, list, true) EXPECT_EQ(entry->n, 1);
	rcu_read_lock();
	walk(head);
	rcu_read_unlock();
}

TEST(rcu_dereference_outside_reader)
{
	bool held = true, not_held = false;
	struct entry one = { .n = 1 };
	LIST_HEAD(head);

	list_add_rcu(&one.list, &head);
	dereference_under(&held);
	dereference_checked(&held);
	walk_where_it_is_fine(&head);
	EXPECT_EQ(*rcu_dereference_raw(shared), 1);
	EXPECT(rcu_access_pointer(shared) == &value);
	rcu_read_lock();
	dereference(NULL);
	dereference_checked(&not_held);
	rcu_read_unlock();
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(panics_alone(dereference, NULL, "rcu_dereference() of shared at dereference"));
	EXPECT(panics_alone(dereference_checked, &not_held, "rcu_dereference() of shared"));
	EXPECT(panics_alone(dereference_under, &not_held, "rcu_dereference_protected() of shared"));
	EXPECT(panics_alone(walk, &head, "suspicious RCU usage: a walk at walk"));
}

TEST(rcu_lock_of_updaters_is_held)
{
	DEFINE_MUTEX(mutex);
	DEFINE_SPINLOCK(spinlock);
	bool held;

	EXPECT(!lockdep_is_held(&mutex) && !lockdep_is_held(&spinlock));
	mutex_lock(&mutex);
	EXPECT(lockdep_is_held(&mutex));
	held = lockdep_is_held(&mutex);
	dereference_under(&held);
	mutex_unlock(&mutex);
	spin_lock(&spinlock);
	EXPECT(lockdep_is_held(&spinlock));
	spin_unlock(&spinlock);
}

static atomic_t calls;

static void count_call(struct rcu_head *head)
{
	atomic_inc(&calls);
}

static void call_again(void *head)
{
	call_rcu(head, count_call);
}

static void call_nothing(void *head)
{
	call_rcu(head, NULL);
}

TEST(rcu_head_queued_twice)
{
	static struct rcu_head head;

	EXPECT(test_panics(call_nothing, &head, "is no function"));
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	atomic_set(&calls, 0);
	rcu_read_lock(); // It stays queued.
	call_rcu(&head, count_call);
	EXPECT(test_panics(call_again, &head, "is queued twice"));
	rcu_read_unlock();
	rcu_barrier();
	EXPECT_EQ(atomic_read(&calls), 1);
	call_rcu(&head, count_call);
	rcu_barrier();
	EXPECT_EQ(atomic_read(&calls), 2);
}

/* ---- Callbacks that do what they may not ------------------------------------------------------------- */

static void do_nothing(struct rcu_head *head)
{
}

static void leave_preemption_off(struct rcu_head *head)
{
	preempt_disable();
}

static void enable_preemption(struct rcu_head *head)
{
	preempt_enable_no_resched();
}

static void leave_interrupts_off(struct rcu_head *head)
{
	local_irq_disable();
}

static void leave_reader(struct rcu_head *head)
{
	rcu_read_lock();
}

static void sleep_in_callback(struct rcu_head *head)
{
	msleep(1);
}

static void wait_in_callback(struct rcu_head *head)
{
	synchronize_rcu();
}

/* As RCU's thread does. */
static void call_back(void *func)
{
	struct rcu_head head = { .func = (rcu_callback_t)func };

	rcu_head_call(&head);
}

TEST(rcu_callback_changes_context)
{
	call_back(do_nothing);
	EXPECT_EQ(test_warnings(call_back, leave_preemption_off,
				"RCU callback leave_preemption_off"),
		  1);
	EXPECT_EQ(test_warnings(call_back, enable_preemption, "RCU callback enable_preemption"), 1);
	EXPECT_EQ(test_warnings(call_back, leave_interrupts_off, ", interrupts off"), 1);
	EXPECT_EQ(test_warnings(call_back, leave_reader, "RCU callback leave_reader"), 1);
	EXPECT_CONTEXT(false, 0);
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(panics_alone(call_back, sleep_in_callback, "called at sleep_in_callback"));
	EXPECT(panics_alone(call_back, wait_in_callback, "may sleep"));
	EXPECT(!rcu_read_lock_held());
	EXPECT_CONTEXT(false, 0);
}

/* The readers' calls nest, in all their names, and leave the context as they found it. */
TEST(rcu_readers_nest)
{
	if (CONFIG_CHECKED)
		EXPECT(!rcu_read_lock_held());
	rcu_read_lock();
	EXPECT_CONTEXT(false, 1);
	EXPECT(rcu_read_lock_held() && rcu_read_lock_any_held());
	rcu_read_lock();
	rcu_read_lock_sched();
	EXPECT_CONTEXT(false, 3);
	EXPECT(rcu_read_lock_sched_held());
	rcu_read_lock_bh();
	EXPECT(rcu_read_lock_bh_held());
	rcu_read_unlock_bh();
	rcu_read_unlock_sched();
	rcu_read_unlock();
	EXPECT(rcu_read_lock_held());
	EXPECT_CONTEXT(false, 1);
	rcu_read_unlock();
	EXPECT_CONTEXT(false, 0);
	EXPECT(!rcu_read_lock_any_held());
}

/* ---- A callback is a softirq ----------------------------------------------------------------------------- */

static bool tasklet_ran;

static void note_tasklet(struct tasklet_struct *unused)
{
	WRITE_ONCE(tasklet_ran, true);
}

static DECLARE_TASKLET(between, note_tasklet);

static void raise_softirq_in_callback(struct rcu_head *unused)
{
	tasklet_schedule(&between);
	EXPECT(!READ_ONCE(tasklet_ran));
}

static void expect_tasklet(struct rcu_head *unused)
{
	EXPECT(READ_ONCE(tasklet_ran));
}

static void queue_raiser(void *heads)
{
	call_rcu(heads, raise_softirq_in_callback);
	call_rcu((struct rcu_head *)heads + 1, expect_tasklet);
}

/* A callback is a softirq to others: those that are raised meanwhile run after it, and before the next one. */
TEST(rcu_callback_keeps_softirqs_off)
{
	static struct rcu_head heads[2];

	tasklet_ran = false;
	run_at(test_cpu(0), DEFAULT_PRIO, queue_raiser, heads);
	rcu_barrier();
	EXPECT(tasklet_ran);
}

static DEFINE_SPINLOCK(of_callbacks);

static void take_in_callback(struct rcu_head *head)
{
	spin_lock(&of_callbacks);
	spin_unlock(&of_callbacks);
}

static void queue_and_wait(void *head)
{
	call_rcu(head, take_in_callback);
	rcu_barrier();
}

static void take_with_softirqs_off(void *unused)
{
	spin_lock_bh(&of_callbacks);
	spin_unlock_bh(&of_callbacks);
}

static void take_plainly(void *unused)
{
	spin_lock(&of_callbacks);
	spin_unlock(&of_callbacks);
}

/* On Linux the callback may come in a softirq, on top of the thread that holds the lock. */
TEST(rcu_callback_lock_without_bh)
{
	static struct rcu_head head;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	spin_lock_init(&of_callbacks);
	EXPECT_EQ(test_warnings(queue_and_wait, &head, ""), 0);
	EXPECT_EQ(test_warnings(take_with_softirqs_off, NULL, ""), 0);
	EXPECT_EQ(test_warnings(take_plainly, NULL, "\"&of_callbacks\""), 1);
}
