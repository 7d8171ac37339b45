/* rwsem_misuse_test.c: what the checked profile says to whoever uses a reader-writer semaphore wrongly.
 * SPDX-License-Identifier: MIT
 *
 * As in sleep_misuse_test.c: test_panics() runs its function with preemption off.
 */
#include "kernel/locking/sleep/rwsem.h"

#include "kernel/test/lock_test.h"

#define NO_CHECKS "the fast profile does not check this"

static void take_read(void *arg)
{
	down_read(arg);
}

static void take_write(void *arg)
{
	down_write(arg);
}

static void try_read(void *arg)
{
	EXPECT(!down_read_trylock(arg));
}

static void try_write(void *arg)
{
	EXPECT(!down_write_trylock(arg));
}

static void release_read(void *arg)
{
	up_read(arg);
}

static void release_write(void *arg)
{
	up_write(arg);
}

static void downgrade(void *arg)
{
	downgrade_write(arg);
}

TEST(rwsem_taken_twice)
{
	DECLARE_RWSEM(sem);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	down_write(&sem);
	EXPECT(test_panics(take_read, &sem, "\"sem\""));
	EXPECT(test_panics(take_read, &sem, "which has it for writing"));
	EXPECT(test_panics(take_write, &sem, "which has it for writing"));
	EXPECT_EQ(down_read_trylock(&sem), 0);
	EXPECT_EQ(down_write_trylock(&sem), 0);
	up_write(&sem);
	EXPECT_EQ(atomic_read(&sem.count), 0);
}

TEST(rwsem_released_wrongly)
{
	DECLARE_RWSEM(sem);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(release_read, &sem, "its readers are 0"));
	EXPECT(test_panics(release_write, &sem, "its writer is \"nobody\""));
	EXPECT(test_panics(downgrade, &sem, "its writer is \"nobody\""));
	down_read(&sem);
	EXPECT(test_panics(release_write, &sem, "its readers are 1"));
	EXPECT(test_panics(downgrade, &sem, "its readers are 1"));
	up_read(&sem);
	down_write(&sem);
	EXPECT(test_panics(release_read, &sem, current->comm));
	up_write(&sem);
	EXPECT_EQ(atomic_read(&sem.count), 0);
}

/* A thread that holds it while the test errs. */
struct holder {
	struct rw_semaphore sem;
	bool holds;
	bool may_release;
};

static int hold(void *arg)
{
	struct holder *holder = arg;

	down_write(&holder->sem);
	WRITE_ONCE(holder->holds, true);
	EXPECT(WAIT_UNTIL(READ_ONCE(holder->may_release)));
	up_write(&holder->sem);
	return 0;
}

TEST(rwsem_released_by_non_owner)
{
	struct holder holder = { .holds = false };
	struct actor actor;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	init_rwsem(&holder.sem);
	REQUIRE(actor_start(&actor, hold, &holder, ANY_CPU));
	EXPECT(WAIT_UNTIL(READ_ONCE(holder.holds)));
	EXPECT(test_panics(release_write, &holder.sem, "its writer is \"actor\""));
	EXPECT(test_panics(downgrade, &holder.sem, "its writer is \"actor\""));
	EXPECT(test_panics(release_read, &holder.sem, "released for reading"));
	WRITE_ONCE(holder.may_release, true);
	actor_join(&actor);
	EXPECT(!rwsem_is_locked(&holder.sem));
}

TEST(rwsem_never_initialized)
{
	struct rw_semaphore sem = { .count = ATOMIC_INIT(0) };

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(take_read, &sem, "not initialized"));
	EXPECT(test_panics(take_write, &sem, "not initialized"));
	EXPECT(test_panics(try_read, &sem, "not initialized"));
	EXPECT(test_panics(try_write, &sem, "not initialized"));
	EXPECT(test_panics(release_read, &sem, "never initialized"));
	EXPECT(test_panics(release_write, &sem, "never initialized"));
}

TEST(rwsem_taken_where_one_may_not_sleep)
{
	DECLARE_RWSEM(sem);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(take_read, &sem, "may sleep"));
	EXPECT(test_panics(take_write, &sem, "may sleep"));
	EXPECT_EQ(atomic_read(&sem.count), 0);
}
