/* held_sleep_test.c: the sleeping locks other than the mutex, held in memory that is freed, or by a thread that ends.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/held.h"
#include "kernel/core/slab.h"
#include "kernel/locking/sleep/percpu_rwsem.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/test/lock_test.h"

#define NO_CHECKS "the fast profile does not check this"

/* ---- Each is noted by every way to take it ----------------------------------------------------------- */

static void free_it(void *obj)
{
	kfree(obj);
}

/* The check is the first that a thread's end does, so the test's thread goes on after the report. */
static void end(void *unused)
{
	task_exit();
}

struct with_sleepers {
	struct rt_mutex rt;
	struct rw_semaphore rwsem;
	struct percpu_rw_semaphore percpu;
};

static void take_rt(struct with_sleepers *obj)
{
	rt_mutex_lock(&obj->rt);
}

static void take_rt_killable(struct with_sleepers *obj)
{
	EXPECT_EQ(rt_mutex_lock_killable(&obj->rt), 0);
}

static void try_rt(struct with_sleepers *obj)
{
	EXPECT(rt_mutex_trylock(&obj->rt));
}

static void release_rt(struct with_sleepers *obj)
{
	rt_mutex_unlock(&obj->rt);
}

static void read_rwsem(struct with_sleepers *obj)
{
	down_read(&obj->rwsem);
}

static void try_read_rwsem(struct with_sleepers *obj)
{
	EXPECT(down_read_trylock(&obj->rwsem));
}

static void write_rwsem(struct with_sleepers *obj)
{
	EXPECT_EQ(down_write_killable(&obj->rwsem), 0);
}

static void try_write_rwsem(struct with_sleepers *obj)
{
	EXPECT(down_write_trylock(&obj->rwsem));
}

static void release_read_rwsem(struct with_sleepers *obj)
{
	up_read(&obj->rwsem);
}

static void release_write_rwsem(struct with_sleepers *obj)
{
	up_write(&obj->rwsem);
}

static void downgrade_and_release(struct with_sleepers *obj)
{
	downgrade_write(&obj->rwsem);
	EXPECT(test_panics(free_it, obj, "took it at write_rwsem+"));
	up_read(&obj->rwsem);
}

static void read_percpu(struct with_sleepers *obj)
{
	percpu_down_read(&obj->percpu);
}

static void try_read_percpu(struct with_sleepers *obj)
{
	EXPECT(percpu_down_read_trylock(&obj->percpu));
}

static void write_percpu(struct with_sleepers *obj)
{
	percpu_down_write(&obj->percpu);
}

static void release_read_percpu(struct with_sleepers *obj)
{
	percpu_up_read(&obj->percpu);
}

static void release_write_percpu(struct with_sleepers *obj)
{
	percpu_up_write(&obj->percpu);
}

struct way {
	const char *name, *where; /* as the reports say them */
	void (*take)(struct with_sleepers *obj);
	void (*release)(struct with_sleepers *obj);
};

#define WAY(lock, taker, releaser)                                                                 \
	{                                                                                          \
		"the lock \"&obj->" #lock "\"", "took it at " #taker "+", taker, releaser          \
	}

static const struct way ways[] = {
	WAY(rt, take_rt, release_rt),
	WAY(rt, take_rt_killable, release_rt),
	WAY(rt, try_rt, release_rt),
	WAY(rwsem, read_rwsem, release_read_rwsem),
	WAY(rwsem, try_read_rwsem, release_read_rwsem),
	WAY(rwsem, write_rwsem, release_write_rwsem),
	WAY(rwsem, write_rwsem, downgrade_and_release),
	WAY(rwsem, try_write_rwsem, release_write_rwsem),
	WAY(percpu, read_percpu, release_read_percpu),
	WAY(percpu, try_read_percpu, release_read_percpu),
	WAY(percpu, write_percpu, release_write_percpu),
};

static struct with_sleepers *make_with_sleepers(void)
{
	struct with_sleepers *obj = kzalloc(sizeof(*obj), GFP_KERNEL);

	if (!obj || percpu_init_rwsem(&obj->percpu)) {
		kfree(obj);
		return NULL;
	}
	rt_mutex_init(&obj->rt);
	init_rwsem(&obj->rwsem);
	return obj;
}

TEST(free_or_end_with_sleeping_lock_held)
{
	struct with_sleepers *obj;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	obj = make_with_sleepers();
	REQUIRE(obj);
	for (u32 i = 0; i < ARRAY_SIZE(ways); i++) {
		ways[i].take(obj);
		EXPECT(test_panics(free_it, obj, ways[i].name));
		EXPECT(test_panics(free_it, obj, ways[i].where));
		EXPECT(test_panics(end, NULL, ways[i].name));
		ways[i].release(obj);
		task_check_exit(current);
	}
	percpu_free_rwsem(&obj->percpu);
	kfree(obj);
}

/* ---- Readers: each hold is noted, and who releases one has it ---------------------------------------- */

static void up_read_by_another(void *sem)
{
	up_read(sem);
}

static void percpu_up_read_by_another(void *sem)
{
	percpu_up_read(sem);
}

/* Hold both for reading until told; and one more that somebody else is to release. */
struct reader {
	struct rw_semaphore sem, passed_on;
	struct percpu_rw_semaphore percpu;
	bool holds, may_release;
};

static int read_all(void *arg)
{
	struct reader *reader = arg;

	down_read(&reader->sem);
	down_read_non_owner(&reader->passed_on);
	percpu_down_read(&reader->percpu);
	WRITE_ONCE(reader->holds, true);
	EXPECT(WAIT_UNTIL(READ_ONCE(reader->may_release)));
	percpu_up_read(&reader->percpu);
	up_read(&reader->sem);
	return 0;
}

TEST(rwsem_read_released_by_another)
{
	struct reader reader = { .holds = false };
	struct actor actor;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	init_rwsem(&reader.sem);
	init_rwsem(&reader.passed_on);
	REQUIRE(percpu_init_rwsem(&reader.percpu) == 0);
	if (actor_start(&actor, read_all, &reader, ANY_CPU)) {
		EXPECT(WAIT_UNTIL(READ_ONCE(reader.holds)));
		EXPECT(test_panics(up_read_by_another, &reader.sem, "by another than took it"));
		EXPECT(test_panics(percpu_up_read_by_another, &reader.percpu, "has not taken it"));
		WRITE_ONCE(reader.may_release, true);
		actor_join(&actor);
		up_read_non_owner(&reader.passed_on);
	}
	EXPECT(!rwsem_is_locked(&reader.sem) && !rwsem_is_locked(&reader.passed_on));
	percpu_free_rwsem(&reader.percpu);
}

/* More holds than the table has entries: none is reported falsely, then or later. */
TEST(held_locks_beyond_the_table)
{
	DECLARE_RWSEM(sem);
	DECLARE_RWSEM(passed_on);
	u32 holds = 300;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	lockdep_off(); // One thread takes one lock more often than any should.
	for (u32 i = 0; i < holds; i++)
		down_read(&sem);
	for (u32 i = 0; i < holds; i++)
		up_read(&sem);
	lockdep_on();
	task_check_exit(current);
	EXPECT(!rwsem_is_locked(&sem));
	down_read_non_owner(&passed_on);
	EXPECT(test_panics(up_read_by_another, &passed_on, "by another than took it"));
	up_read_non_owner(&passed_on);
}
