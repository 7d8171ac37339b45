/* sleep_misuse_test.c: what the checked profile says to whoever uses a sleeping lock wrongly.
 * SPDX-License-Identifier: MIT
 *
 * test_panics() runs its function with preemption off. So whatever may sleep is wrong there, and what
 * else is wrong must be found before that is.
 */
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/locking/sleep/wait.h"

#include "kernel/test/lock_test.h"

#define NO_CHECKS "the fast profile does not check this"

static void lock(void *arg)
{
	mutex_lock(arg);
}

static void lock_interruptible(void *arg)
{
	EXPECT(mutex_lock_interruptible(arg) == 0);
}

static void trylock(void *arg)
{
	EXPECT(!mutex_trylock(arg));
}

static void unlock(void *arg)
{
	mutex_unlock(arg);
}

static void destroy(void *arg)
{
	mutex_destroy(arg);
}

TEST(mutex_taken_twice)
{
	DEFINE_MUTEX(mutex);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	mutex_lock(&mutex);
	EXPECT(test_panics(lock, &mutex, "\"mutex\""));
	EXPECT(test_panics(lock, &mutex, "which holds it"));
	EXPECT(test_panics(lock_interruptible, &mutex, "which holds it"));
	EXPECT_EQ(atomic_read(&mutex.count), 0);
	mutex_unlock(&mutex);
	EXPECT_EQ(atomic_read(&mutex.count), 1);
}

/* A thread that holds a mutex while the test errs. */
struct holder {
	struct mutex mutex;
	bool holds;
	bool may_release;
};

static int hold(void *arg)
{
	struct holder *holder = arg;

	mutex_lock(&holder->mutex);
	WRITE_ONCE(holder->holds, true);
	EXPECT(WAIT_UNTIL(READ_ONCE(holder->may_release)));
	mutex_unlock(&holder->mutex);
	return 0;
}

TEST(mutex_released_by_non_owner)
{
	struct holder holder = { .holds = false };
	struct actor actor;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	mutex_init(&holder.mutex);
	EXPECT(test_panics(unlock, &holder.mutex, "its owner is \"nobody\""));
	REQUIRE(actor_start(&actor, hold, &holder, ANY_CPU));
	EXPECT(WAIT_UNTIL(READ_ONCE(holder.holds)));
	EXPECT(test_panics(unlock, &holder.mutex, "its owner is \"actor\""));
	EXPECT(mutex_is_locked(&holder.mutex));
	WRITE_ONCE(holder.may_release, true);
	actor_join(&actor);
	EXPECT(!mutex_is_locked(&holder.mutex));
}

TEST(mutex_never_initialized)
{
	struct mutex mutex = { .count = ATOMIC_INIT(0) };

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(lock, &mutex, "not initialized"));
	EXPECT(test_panics(trylock, &mutex, "not initialized"));
	EXPECT(test_panics(destroy, &mutex, "never initialized"));
	mutex_init(&mutex);
	mutex_destroy(&mutex);
	EXPECT(test_panics(lock, &mutex, "not initialized"));
}

TEST(mutex_destroyed_while_held)
{
	DEFINE_MUTEX(mutex);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	mutex_lock(&mutex);
	EXPECT(test_panics(destroy, &mutex, "while it is held"));
	mutex_unlock(&mutex);
	mutex_destroy(&mutex);
}

/* Everything that may sleep says so at once, also where it would not have had to. */
static void take_unit(void *arg)
{
	down(arg);
}

static void take_unit_in_time(void *arg)
{
	EXPECT(down_timeout(arg, 1) == 0);
}

static void wait_for_it(void *arg)
{
	wait_for_completion(arg);
}

static void wait_for_nothing(void *arg)
{
	wait_queue_head_t *wq = arg;

	wait_event(*wq, true);
}

static void sleep(void *arg)
{
	msleep(1);
}

TEST(sleeping_where_one_may_not)
{
	struct semaphore semaphore = __SEMAPHORE_INITIALIZER(semaphore, 1);
	DECLARE_COMPLETION(completion);
	DECLARE_WAIT_QUEUE_HEAD(wq);
	DEFINE_MUTEX(mutex);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	complete(&completion);
	EXPECT(test_panics(lock, &mutex, "may sleep"));
	EXPECT(test_panics(lock_interruptible, &mutex, "may sleep"));
	EXPECT(test_panics(take_unit, &semaphore, "may sleep"));
	EXPECT(test_panics(take_unit_in_time, &semaphore, "may sleep"));
	EXPECT(test_panics(wait_for_it, &completion, "may sleep"));
	EXPECT(test_panics(wait_for_nothing, &wq, "may sleep"));
	EXPECT(test_panics(sleep, NULL, "may sleep"));
	EXPECT_EQ(atomic_read(&mutex.count), 1);
	EXPECT_EQ(semaphore.count, 1);
	EXPECT(completion_done(&completion));
}

static void lock_under_spinlock(void *arg)
{
	DEFINE_SPINLOCK(spinlock);

	spin_lock(&spinlock);
	mutex_lock(arg);
}

static void lock_with_interrupts_off(void *arg)
{
	local_irq_disable();
	mutex_lock(arg);
}

TEST(sleeping_under_a_spinlock)
{
	DEFINE_MUTEX(mutex);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(lock_under_spinlock, &mutex, "may sleep"));
	EXPECT_CONTEXT(false, 0);
	EXPECT(test_panics(lock_with_interrupts_off, &mutex, "interrupts off"));
	EXPECT_CONTEXT(false, 0);
}

static void give_up_the_cpu(void *arg)
{
	schedule();
}

/* In every profile: a switch would take the CPU from under the lock. */
TEST(scheduling_while_atomic)
{
	EXPECT(test_panics(give_up_the_cpu, NULL, "scheduling while atomic"));
	EXPECT_CONTEXT(false, 0);
}
