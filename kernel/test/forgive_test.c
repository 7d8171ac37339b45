/* forgive_test.c: in a self-test's thread, and only there, misuse of a lock clears debug_locks and goes on.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/test/lock_test.h"

static DEFINE_SPINLOCK(spinlock);
static DEFINE_RWLOCK(rwlock);
static DEFINE_MUTEX(mutex);
static DECLARE_RWSEM(rwsem);
static DEFINE_RT_MUTEX(rt_mutex);

/* Each releases what nobody holds, or sleeps where it must not, and leaves everything as it was. */
static void unlock_spin(void *unused)
{
	spin_unlock(&spinlock);
}

static void unlock_reader(void *unused)
{
	read_unlock(&rwlock);
}

static void unlock_writer(void *unused)
{
	write_unlock(&rwlock);
}

static void unlock_mutex(void *unused)
{
	mutex_unlock(&mutex);
}

static void unlock_rwsem_reader(void *unused)
{
	up_read(&rwsem);
}

static void unlock_rwsem_writer(void *unused)
{
	up_write(&rwsem);
}

static void unlock_rt_mutex(void *unused)
{
	rt_mutex_unlock(&rt_mutex);
}

static void sleep_in_atomic(void *unused)
{
	preempt_disable();
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	preempt_enable();
}

static void (*const misuses[])(void *unused) = {
	unlock_spin,         unlock_reader,       unlock_writer,   unlock_mutex,
	unlock_rwsem_reader, unlock_rwsem_writer, unlock_rt_mutex, sleep_in_atomic,
};

/* All can be taken, so none is held; and nothing is wrong with any. */
static void take_all(void *unused)
{
	mutex_lock(&mutex);
	down_write(&rwsem);
	rt_mutex_lock(&rt_mutex);
	spin_lock(&spinlock);
	write_lock(&rwlock);
	write_unlock(&rwlock);
	spin_unlock(&spinlock);
	rt_mutex_unlock(&rt_mutex);
	up_write(&rwsem);
	mutex_unlock(&mutex);
}

static void misuse_each(bool *noticed, u32 *count_after)
{
	debug_locks_silent = 1;
	lockdep_set_selftest_task(current);
	for (u32 i = 0; i < ARRAY_SIZE(misuses); i++) {
		misuses[i](NULL);
		noticed[i] = !READ_ONCE(debug_locks);
		count_after[i] = preempt_count();
		lockdep_reset();
	}
	lockdep_set_selftest_task(NULL);
	debug_locks_silent = 0;
}

/* What this thread leaves held is noted on the CPU that it runs on. */
static int in_selftest(void *unused)
{
	bool noticed[ARRAY_SIZE(misuses)];
	u32 counts[ARRAY_SIZE(misuses)];

	misuse_each(noticed, counts);
	for (u32 i = 0; i < ARRAY_SIZE(misuses); i++) {
		EXPECT(noticed[i]);
		EXPECT_EQ(counts[i], 0);
	}
	EXPECT_EQ(lockdep_depth(), 0);
	EXPECT_EQ(test_warnings(take_all, NULL, ""), 0);
	return 0;
}

TEST(lockdep_selftest_goes_on)
{
	struct actor actor;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile has no validator");
	REQUIRE(actor_start(&actor, in_selftest, NULL, 0));
	actor_join(&actor);
}

/* Not silent, it is no self-test; and without one nothing is forgiven. */
TEST(lockdep_selftest_only)
{
	if (!CONFIG_CHECKED)
		SKIP("the fast profile has no validator");
	lockdep_set_selftest_task(current);
	EXPECT(test_panics(unlock_mutex, NULL, "its owner is"));
	lockdep_set_selftest_task(NULL);
	for (u32 i = 0; i < ARRAY_SIZE(misuses); i++)
		EXPECT(test_panics(misuses[i], NULL, ""));
}
