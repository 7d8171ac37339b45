/* lockdep_test.c: the lock validator: what a report says, contexts of sleeping locks, and the functions of its own.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/lockdep.h"

#include "kernel/base/bh.h"
#include "kernel/base/irqflags.h"
#include "kernel/core/slab.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/seqlock.h"
#include "kernel/test/test.h"
#include "lib/string.h"

#define NO_CHECKS "the fast profile has no validator"

/* ---- Where a sleeping lock may be taken ---------------------------------------------------------------- */

static DEFINE_MUTEX(outer);
static DEFINE_MUTEX(inner);
static DEFINE_SPINLOCK(spin);
static raw_spinlock_t raw = RAW_SPIN_LOCK_UNLOCKED;

static void take_inner(void *unused)
{
	mutex_lock(&inner);
	mutex_unlock(&inner);
}

#define EXPECT_NO_MUTEX() EXPECT(test_panics_here(take_inner, NULL, "mutex_lock"))

TEST(mutex_in_wrong_contexts)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	local_irq_disable();
	preempt_count_add(HARDIRQ_OFFSET);
	EXPECT_NO_MUTEX();
	preempt_count_sub(HARDIRQ_OFFSET);
	local_irq_enable();
	local_irq_disable();
	EXPECT_NO_MUTEX();
	local_irq_enable();
	preempt_count_add(SOFTIRQ_OFFSET);
	EXPECT_NO_MUTEX();
	preempt_count_sub(SOFTIRQ_OFFSET);
	local_bh_disable();
	EXPECT_NO_MUTEX();
	local_bh_enable();
	rcu_read_lock();
	EXPECT_NO_MUTEX();
	rcu_read_unlock();
	rcu_read_lock_bh();
	EXPECT_NO_MUTEX();
	rcu_read_unlock_bh();
	rcu_read_lock_sched();
	EXPECT_NO_MUTEX();
	rcu_read_unlock_sched();
	raw_spin_lock(&raw);
	EXPECT_NO_MUTEX();
	raw_spin_unlock(&raw);
	spin_lock(&spin);
	EXPECT_NO_MUTEX();
	spin_unlock(&spin);
	mutex_lock(&outer);
	take_inner(NULL);
	mutex_unlock(&outer);
}

/* Spinlocks and readers are right everywhere there. */
TEST(spinlock_in_all_contexts)
{
	local_irq_disable();
	preempt_count_add(HARDIRQ_OFFSET);
	rcu_read_lock();
	raw_spin_lock(&raw);
	raw_spin_unlock(&raw);
	rcu_read_unlock();
	preempt_count_sub(HARDIRQ_OFFSET);
	local_irq_enable();
	mutex_lock(&outer);
	rcu_read_lock();
	spin_lock(&spin);
	raw_spin_lock(&raw);
	raw_spin_unlock(&raw);
	spin_unlock(&spin);
	rcu_read_unlock();
	mutex_unlock(&outer);
}

/* ---- Reports ---------------------------------------------------------------------------------------------- */

/* Locks of which each test makes classes, and forgets them. */
struct two {
	struct mutex a, b, c;
	struct lock_class_key key_a, key_b, key_c;
};

static struct two two;

static void two_init(void)
{
	mutex_init(&two.a);
	mutex_init(&two.b);
	mutex_init(&two.c);
	lockdep_set_class_and_name(&two.a, &two.key_a, "first");
	lockdep_set_class_and_name(&two.b, &two.key_b, "second");
	lockdep_set_class_and_name(&two.c, &two.key_c, "third");
}

static void two_forget(void)
{
	lockdep_unregister_key(&two.key_a);
	lockdep_unregister_key(&two.key_b);
	lockdep_unregister_key(&two.key_c);
}

static void take_both(struct mutex *first, struct mutex *second)
{
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
}

static void take_ab(void *unused)
{
	take_both(&two.a, &two.b);
}

static void take_ba(void *unused)
{
	take_both(&two.b, &two.a);
}

TEST(lockdep_names_both_locks)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	two_init();
	EXPECT_EQ(test_warnings(take_ab, NULL, ""), 0);
	EXPECT_EQ(test_warnings(
			  take_ba, NULL,
			  "possible circular locking dependency detected: \"first\" is taken at"),
		  1);
	two_forget();
	two_init();
	EXPECT_EQ(test_warnings(take_ab, NULL, ""), 0);
	EXPECT_EQ(test_warnings(take_ba, NULL, "while \"second\" is held"), 1);
	two_forget();
}

static void take_in_a_circle(void *unused)
{
	take_both(&two.c, &two.b);
	take_both(&two.a, &two.c);
}

/* It goes on: the same mistake is not said again, another one is, and what is right stays right. */
TEST(lockdep_goes_on_after_a_report)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	two_init();
	take_ab(NULL);
	EXPECT_EQ(test_warnings(take_ba, NULL, ""), 1);
	EXPECT_EQ(test_warnings(take_ba, NULL, ""), 0);
	take_ab(NULL);
	// These close a circle with what was reported, and with nothing else.
	EXPECT_EQ(test_warnings(take_in_a_circle, NULL, ""), 0);
	two_forget();
	two_init();
	take_ba(NULL);
	EXPECT_EQ(test_warnings(take_ab, NULL, ""), 1);
	two_forget();
	EXPECT_EQ(debug_locks, 1);
}

static void assert_held(void *lock)
{
	lockdep_assert_held((struct mutex *)lock);
}

static void assert_not_held(void *lock)
{
	lockdep_assert_not_held((struct mutex *)lock);
}

TEST(lockdep_assertions)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	two_init();
	EXPECT_EQ(test_warnings(assert_held, &two.a, "lockdep_is_held"), 1);
	EXPECT_EQ(test_warnings(assert_not_held, &two.a, ""), 0);
	mutex_lock(&two.a);
	EXPECT_EQ(test_warnings(assert_held, &two.a, ""), 0);
	EXPECT_EQ(test_warnings(assert_held, &two.b, "must be so"), 1);
	EXPECT_EQ(test_warnings(assert_not_held, &two.a, "must be so"), 1);
	EXPECT_EQ(lockdep_depth(), 1);
	mutex_unlock(&two.a);
	EXPECT_EQ(lockdep_depth(), 0);
	two_forget();
}

static void assert_held_for_writing(void *sem)
{
	lockdep_assert_held_write((struct rw_semaphore *)sem);
}

static void assert_held_for_reading(void *sem)
{
	lockdep_assert_held_read((struct rw_semaphore *)sem);
}

TEST(lockdep_knows_readers_from_writers)
{
	DECLARE_RWSEM(sem);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	down_write(&sem);
	EXPECT_EQ(test_warnings(assert_held_for_writing, &sem, ""), 0);
	EXPECT_EQ(test_warnings(assert_held_for_reading, &sem, "must be so"), 1);
	downgrade_write(&sem);
	EXPECT_EQ(test_warnings(assert_held_for_writing, &sem, "must be so"), 1);
	EXPECT_EQ(test_warnings(assert_held_for_reading, &sem, ""), 0);
	up_read(&sem);
}

/* Another thread's lock is not held here. */
static int is_held_elsewhere(void *lock)
{
	return lockdep_is_held((struct mutex *)lock);
}

TEST(lockdep_is_held_by_this_thread)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	two_init();
	mutex_lock(&two.a);
	EXPECT_EQ(test_run_threads(3, is_held_elsewhere, &two.a), 0);
	EXPECT(lockdep_is_held(&two.a));
	mutex_unlock(&two.a);
	two_forget();
}

/* ---- Classes ---------------------------------------------------------------------------------------------- */

static void take_two_of_one(void *unused)
{
	mutex_lock(&two.a);
	mutex_lock_nested(&two.b, SINGLE_DEPTH_NESTING);
	mutex_unlock(&two.b);
	mutex_unlock(&two.a);
}

static void take_two_of_one_backwards(void *unused)
{
	mutex_lock_nested(&two.a, SINGLE_DEPTH_NESTING);
	mutex_lock(&two.b);
	mutex_unlock(&two.b);
	mutex_unlock(&two.a);
}

TEST(lockdep_subclasses_have_an_order)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	two_init();
	lockdep_set_class_and_name(&two.b, &two.key_a, "first");
	EXPECT_EQ(test_warnings(take_ab, NULL, "possible recursive locking detected: \"first\""),
		  1);
	EXPECT_EQ(test_warnings(take_two_of_one, NULL, ""), 0);
	EXPECT_EQ(test_warnings(take_two_of_one_backwards, NULL, "\"first\" is taken"), 1);
	two_forget();
}

/* A subclass does not change the name. */
TEST(lockdep_subclass_keeps_the_name)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	two_init();
	lockdep_set_subclass(&two.a, 1);
	EXPECT(!strcmp(LOCKDEP_MAP_OF(&two.a)->name, "first"));
	EXPECT(lockdep_match_class(&two.a, &two.key_a));
	two_forget();
}

/* Objects made by one line are of one class; the key of the second half of an object is another. */
static struct mutex *make_mutex(void)
{
	struct mutex *lock = kmalloc(sizeof(*lock), GFP_KERNEL);

	if (lock)
		mutex_init(lock);
	return lock;
}

static void nest_two_made(void *unused)
{
	struct mutex *first = make_mutex(), *second = make_mutex();

	if (EXPECT(first && second))
		take_both(first, second);
	kfree(first);
	kfree(second);
}

TEST(lockdep_class_is_the_line_of_init)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT_EQ(test_warnings(nest_two_made, NULL,
				"possible recursive locking detected: \"lock\""),
		  1);
}

static void take_third_first(void *unused)
{
	take_both(&two.c, &two.a);
}

/* The number of a class that is forgotten goes to the next new one; its orders do not. */
TEST(lockdep_forgets_orders_with_a_class)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	two_init();
	take_ab(NULL);
	lockdep_unregister_key(&two.key_b);
	EXPECT_EQ(test_warnings(take_third_first, NULL, ""), 0);
	EXPECT_EQ(test_warnings(take_ba, NULL, ""), 0);
	EXPECT_EQ(test_warnings(take_ab, NULL, "\"second\" is taken"), 1);
	two_forget();
}

TEST(lockdep_free_key_range_forgets)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	two_init();
	take_ab(NULL);
	lockdep_free_key_range(&two.key_c, sizeof(two.key_c));
	EXPECT_EQ(test_warnings(take_ba, NULL, "\"first\" is taken"), 1);
	lockdep_free_key_range(&two, sizeof(two));
	EXPECT_EQ(test_warnings(take_ba, NULL, ""), 0);
	EXPECT_EQ(test_warnings(take_ab, NULL, "\"second\" is taken"), 1);
	two_forget();
}

/* ---- seqcounts --------------------------------------------------------------------------------------------- */

static DEFINE_SEQLOCK(sequence);

static void read_in_interrupt(void *unused)
{
	unsigned int start;

	local_irq_disable();
	preempt_count_add(HARDIRQ_OFFSET);
	do {
		start = read_seqbegin(&sequence);
	} while (read_seqretry(&sequence, start));
	preempt_count_sub(HARDIRQ_OFFSET);
	local_irq_enable();
}

static void write_with_interrupts_on(void *unused)
{
	write_seqlock(&sequence);
	write_sequnlock(&sequence);
}

/* The reader in the handler would spin for the writer that it has interrupted. */
TEST(lockdep_seqlock_read_in_an_interrupt)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT_EQ(test_warnings(read_in_interrupt, NULL, ""), 0);
	EXPECT_EQ(test_warnings(write_with_interrupts_on, NULL, "inconsistent lock state"), 1);
	lockdep_reset_lock(&sequence.seqcount.dep_map);
	lockdep_reset_lock(&sequence.lock.dep_map);
	EXPECT_EQ(test_warnings(write_with_interrupts_on, NULL, ""), 0);
	EXPECT_EQ(test_warnings(read_in_interrupt, NULL, "inconsistent lock state"), 1);
}
