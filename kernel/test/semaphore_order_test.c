/* semaphore_order_test.c: a semaphore that is used as a lock is in the order of locks; one that signals is not.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/panic.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/test/deferred_test.h"

#define CIRCLE "possible circular locking dependency detected"

#define ONLY_CHECKED                                                                               \
	do {                                                                                       \
		if (!CONFIG_CHECKED)                                                               \
			SKIP("the fast profile has no validator");                                 \
	} while (0)

struct scene {
	struct semaphore *sem;
	struct mutex *lock;
};

/* The mutex inside the semaphore, and the other way round. */
static void lock_in_section(void *arg)
{
	struct scene *scene = arg;

	down(scene->sem);
	mutex_lock(scene->lock);
	mutex_unlock(scene->lock);
	up(scene->sem);
}

static void section_in_lock(void *arg)
{
	struct scene *scene = arg;

	mutex_lock(scene->lock);
	down(scene->sem);
	up(scene->sem);
	mutex_unlock(scene->lock);
}

TEST(semaphore_order_of_binary)
{
	static DEFINE_SEMAPHORE(sem);
	static DEFINE_MUTEX(lock);
	struct scene scene = { &sem, &lock };

	ONLY_CHECKED;
	EXPECT_EQ(test_warnings(lock_in_section, &scene, ""), 0);
	EXPECT_EQ(test_warnings(section_in_lock, &scene, CIRCLE), 1);
	EXPECT_EQ(test_warnings(section_in_lock, &scene, ""), 0); // Once is enough.
}

/* The other half is learnt first: then the end of the section is the last step. The mutex is no longer held when that
 * is reported, and may be gone: the report is printed here, in full. */
TEST(semaphore_order_seen_at_up)
{
	static DEFINE_MUTEX(lock);
	struct semaphore sem;
	struct scene scene = { &sem, &lock };

	ONLY_CHECKED;
	sema_init(&sem, 1);
	EXPECT_EQ(test_warnings(section_in_lock, &scene, ""), 0);
	EXPECT_EQ(warn_expect(lock_in_section, &scene, CIRCLE), 1);
}

struct two {
	struct semaphore *first, *second;
};

static void one_in_other(void *arg)
{
	struct two *two = arg;

	down(two->first);
	EXPECT_EQ(down_interruptible(two->second), 0);
	up(two->first); // In any order.
	up(two->second);
}

TEST(semaphore_order_of_two)
{
	static DEFINE_SEMAPHORE(a);
	static DEFINE_SEMAPHORE(b);
	struct two two = { &a, &b }, turned = { &b, &a };

	ONLY_CHECKED;
	EXPECT_EQ(test_warnings(one_in_other, &two, ""), 0);
	EXPECT_EQ(test_warnings(one_in_other, &turned, CIRCLE), 1);
}

/* ---- A completion that is completed with the semaphore held ---- */

struct signal {
	struct semaphore *sem;
	struct completion *done;
};

static void complete_in_section(void *arg)
{
	struct signal *signal = arg;

	down(signal->sem);
	complete(signal->done);
	up(signal->sem);
}

static void wait_in_section(void *arg)
{
	struct signal *signal = arg;

	down(signal->sem);
	wait_for_completion(signal->done);
	up(signal->sem);
}

TEST(semaphore_order_at_complete)
{
	static DECLARE_COMPLETION(done);
	static DEFINE_SEMAPHORE(sem);
	struct signal signal = { &sem, &done };

	ONLY_CHECKED;
	EXPECT_EQ(test_warnings(complete_in_section, &signal, ""), 0);
	EXPECT_EQ(warn_expect(wait_in_section, &signal, CIRCLE), 1);
	EXPECT_EQ(test_warnings(complete_in_section, &signal, ""), 0); // Once is enough.
}

TEST(semaphore_order_wait_then_complete)
{
	static DECLARE_COMPLETION(done);
	static DEFINE_SEMAPHORE(sem);
	struct signal signal = { &sem, &done };

	ONLY_CHECKED;
	complete(&done);
	EXPECT_EQ(test_warnings(wait_in_section, &signal, ""), 0);
	EXPECT_EQ(warn_expect(complete_in_section, &signal, CIRCLE), 1);
}

/* Who only tries needs no unit for it. */
static void complete_if_free(void *arg)
{
	struct signal *signal = arg;

	EXPECT_EQ(down_trylock(signal->sem), 0);
	complete(signal->done);
	up(signal->sem);
	EXPECT_EQ(down_timeout(signal->sem, 10), 0);
	complete(signal->done);
	up(signal->sem);
}

TEST(semaphore_order_not_of_who_tries_and_completes)
{
	static DECLARE_COMPLETION(done);
	static DEFINE_SEMAPHORE(sem);
	struct signal signal = { &sem, &done };

	EXPECT_EQ(test_warnings(complete_if_free, &signal, ""), 0);
	EXPECT_EQ(test_warnings(wait_in_section, &signal, ""), 0);
	EXPECT_EQ(test_warnings(wait_in_section, &signal, ""), 0);
}

/* ---- What is no lock ---- */

static void expect_silence(struct scene *scene)
{
	EXPECT_EQ(test_warnings(lock_in_section, scene, ""), 0);
	EXPECT_EQ(test_warnings(section_in_lock, scene, ""), 0);
}

static int give(void *sem)
{
	up(sem);
	return 0;
}

TEST(semaphore_order_not_of_events)
{
	static DEFINE_MUTEX(lock);
	static DEFINE_MUTEX(lock_2);
	struct semaphore sems[2];
	struct scene scene = { &sems[0], &lock };

	for (u32 i = 0; i < ARRAY_SIZE(sems); i++)
		sema_init(&sems[i], 1);
	EXPECT_EQ(test_warnings(lock_in_section, &scene, ""), 0);
	// The unit goes to another thread, and comes back from it: nothing of this section is an order.
	down(&sems[1]);
	mutex_lock(&lock_2);
	mutex_unlock(&lock_2);
	test_run_threads(1, give, &sems[1]);
	// What was learnt of the class before is forgotten, too.
	expect_silence(&scene);
	scene = (struct scene){ &sems[1], &lock_2 };
	expect_silence(&scene);
}

static void give_in_handler(void *sem)
{
	up(sem);
}

TEST(semaphore_order_not_of_handlers)
{
	static DEFINE_MUTEX(lock);
	struct semaphore sem;
	struct scene scene = { &sem, &lock };

	sema_init(&sem, 1);
	down(&sem);
	preempt_disable();
	interrupt_here(give_in_handler, &sem);
	preempt_enable();
	expect_silence(&scene);
}

TEST(semaphore_order_not_of_many_units)
{
	static DEFINE_MUTEX(lock);
	static DEFINE_MUTEX(lock_2);
	struct semaphore two_units, no_unit;
	struct scene scene = { &two_units, &lock };

	sema_init(&two_units, 2);
	expect_silence(&scene);
	sema_init(&no_unit, 0);
	up(&no_unit);
	scene = (struct scene){ &no_unit, &lock_2 };
	expect_silence(&scene);
}

/* Waits that end by themselves, with the mutex held. */
static void tries(void *arg)
{
	struct scene *scene = arg;

	mutex_lock(scene->lock);
	EXPECT_EQ(down_timeout(scene->sem, 10), 0);
	up(scene->sem);
	EXPECT_EQ(down_trylock(scene->sem), 0);
	up(scene->sem);
	mutex_unlock(scene->lock);
}

static void tries_inside(void *arg)
{
	struct scene *scene = arg;

	down(scene->sem);
	EXPECT(mutex_trylock(scene->lock));
	mutex_unlock(scene->lock);
	up(scene->sem);
}

TEST(semaphore_order_not_of_tries)
{
	static DEFINE_MUTEX(lock);
	static DEFINE_MUTEX(lock_2);
	struct semaphore sem, sem_2;
	struct scene scene = { &sem, &lock };

	sema_init(&sem, 1);
	EXPECT_EQ(test_warnings(lock_in_section, &scene, ""), 0);
	EXPECT_EQ(test_warnings(tries, &scene, ""), 0);
	sema_init(&sem_2, 1);
	scene = (struct scene){ &sem_2, &lock_2 };
	EXPECT_EQ(test_warnings(tries_inside, &scene, ""), 0);
	EXPECT_EQ(test_warnings(section_in_lock, &scene, ""), 0);
}

/* A circle of forks, each taken with the next: their order is not the classes'. */
static void take_around(void *arg)
{
	struct semaphore *forks = arg;

	for (u32 i = 0; i < 3; i++) {
		struct two two = { &forks[i], &forks[(i + 1) % 3] };

		one_in_other(&two);
	}
}

TEST(semaphore_order_not_inside_a_class)
{
	struct semaphore forks[3];

	for (u32 i = 0; i < ARRAY_SIZE(forks); i++)
		sema_init(&forks[i], 1);
	EXPECT_EQ(test_warnings(take_around, forks, ""), 0);
}
