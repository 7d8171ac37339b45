/* mutex_fair_test.c: when the mutex is spun for, who passes whom, and that a waiter is not passed for ever.
 * SPDX-License-Identifier: MIT
 *
 * Priorities make these races come out the same way: a first-in-first-out thread keeps all others that
 * are bound to its CPU from running, woken or not. Only an interrupt that has been on its way to that
 * CPU for long may disturb it; then the race is run again.
 */
#include "kernel/locking/sleep/mutex.h"

#include "kernel/test/lock_test.h"
#include "lib/string.h"

#define MAX_PASSES 16 /* mutex.c promises that no more go before a first waiter */
#define TRIES      20

/* A thread that barges, and a waiter that is woken and kept from its CPU. */
struct scene {
	struct mutex mutex;
	struct actor barger;
	struct actor waiter;
	struct actor hogger;
	bool held; /* the mutex is, so that the waiter will wait */
	bool hog_runs;
	bool barging;
	unsigned int taken; /* how often it was taken before the waiter had it */
	bool waiter_had_it;
};

static int wait_in_vain(void *arg)
{
	struct scene *scene = arg;

	mutex_lock(&scene->mutex);
	scene->waiter_had_it = true;
	mutex_unlock(&scene->mutex);
	return 0;
}

static void hold_until_waited_for(struct scene *scene)
{
	mutex_lock(&scene->mutex);
	WRITE_ONCE(scene->held, true);
	if (EXPECT(WAIT_UNTIL(!list_empty(&scene->mutex.wait_list))))
		actor_sleeps(&scene->waiter);
}

/* Take the mutex, which is held, again and again, until the waiter has had it, or too often. */
static void barge(struct scene *scene)
{
	WRITE_ONCE(scene->barging, true);
	while (!scene->waiter_had_it && scene->taken <= MAX_PASSES) {
		mutex_unlock(&scene->mutex);
		mutex_lock(&scene->mutex);
		if (!scene->waiter_had_it)
			scene->taken++;
	}
	mutex_unlock(&scene->mutex);
}

static void scene_init(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	mutex_init(&scene->mutex);
}

/* Run @attempt until the barger has been as quick as it may. */
static void check_handover(bool (*attempt)(struct scene *scene))
{
	struct scene scene;
	struct mutex_stats stats;
	unsigned int tries = 0;

	do {
		scene_init(&scene);
		REQUIRE(attempt(&scene));
		EXPECT(scene.taken <= MAX_PASSES);
		EXPECT_EQ(atomic_read(&scene.mutex.count), 1);
	} while (scene.taken < MAX_PASSES && ++tries < TRIES);
	stats = mutex_get_stats(&scene.mutex);
	EXPECT_EQ(scene.taken, MAX_PASSES);
	EXPECT_EQ(stats.most_passed, CONFIG_CHECKED ? MAX_PASSES : 0);
	EXPECT_EQ(stats.handed, CONFIG_CHECKED ? 1 : 0);
}

/* The barger itself keeps the waiter from the CPU of both. */
static int barge_on_waiters_cpu(void *arg)
{
	struct scene *scene = arg;

	sched_set_fifo(current);
	hold_until_waited_for(scene);
	barge(scene);
	return 0;
}

static bool barge_on_one_cpu(struct scene *scene)
{
	if (!actor_start(&scene->barger, barge_on_waiters_cpu, scene, test_cpu(0)))
		return false;
	EXPECT(WAIT_UNTIL(READ_ONCE(scene->held)));
	actor_start(&scene->waiter, wait_in_vain, scene, test_cpu(0));
	actor_join(&scene->barger);
	actor_join(&scene->waiter);
	return true;
}

TEST(mutex_is_handed_over_on_one_cpu)
{
	check_handover(barge_on_one_cpu);
}

static int barge_from_other_cpu(void *arg)
{
	struct scene *scene = arg;

	hold_until_waited_for(scene);
	EXPECT(SPIN_UNTIL(READ_ONCE(scene->hog_runs)));
	barge(scene);
	return 0;
}

/* Keep the waiter's CPU until the barger sleeps for the mutex: then the waiter is to have it. */
static int hog(void *arg)
{
	struct scene *scene = arg;

	sched_set_fifo(current);
	WRITE_ONCE(scene->hog_runs, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(scene->barger.ended) ||
			  (READ_ONCE(scene->barging) &&
			   actor_is_asleep(&scene->barger, TASK_UNINTERRUPTIBLE))));
	return 0;
}

static bool barge_on_two_cpus(struct scene *scene)
{
	if (!actor_start(&scene->barger, barge_from_other_cpu, scene, test_cpu(0)))
		return false;
	EXPECT(WAIT_UNTIL(READ_ONCE(scene->held)));
	if (actor_start(&scene->waiter, wait_in_vain, scene, test_cpu(1)))
		actor_sleeps(&scene->waiter);
	actor_start(&scene->hogger, hog, scene, test_cpu(1));
	actor_join(&scene->barger);
	actor_join(&scene->hogger);
	actor_join(&scene->waiter);
	return true;
}

TEST(mutex_is_handed_over_to_another_cpu)
{
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	check_handover(barge_on_two_cpus);
}

/*
 * Everybody at once goes before the waiter, as often as the mutex lets them: those who try it and never sleep
 * for it, and those who lock it. The waiter's CPU is kept from it until the mutex is the waiter's own.
 * Each counts, under the mutex, that it had it before the waiter.
 */
#define BARGERS 3

struct siege {
	struct scene scene;
	struct actor bargers[BARGERS];
	atomic_t number;
	bool open;
};

static void barge_by(struct siege *siege, bool try)
{
	struct scene *scene = &siege->scene;

	while (!READ_ONCE(scene->waiter_had_it)) {
		if (try && !mutex_trylock(&scene->mutex)) {
			cpu_relax();
			continue;
		}
		if (!try)
			mutex_lock(&scene->mutex);
		if (!READ_ONCE(scene->waiter_had_it))
			scene->taken++;
		mutex_unlock(&scene->mutex);
	}
}

static int besiege(void *arg)
{
	struct siege *siege = arg;
	bool try = atomic_fetch_add(1, &siege->number) != 1; // The second one locks.

	EXPECT(WAIT_UNTIL(READ_ONCE(siege->open)));
	barge_by(siege, try);
	return 0;
}

static int keep_until_handed_over(void *arg)
{
	struct scene *scene = arg;

	sched_set_fifo(current);
	WRITE_ONCE(scene->hog_runs, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(scene->mutex.owner) == scene->waiter.task));
	return 0;
}

static void run_siege(struct siege *siege)
{
	struct scene *scene = &siege->scene;

	scene_init(scene);
	mutex_lock(&scene->mutex);
	if (actor_start(&scene->waiter, wait_in_vain, scene, test_cpu(1)))
		actor_sleeps(&scene->waiter);
	for (unsigned int i = 0; i < BARGERS; i++)
		actor_start(&siege->bargers[i], besiege, siege, test_cpu(i ? i + 1 : 0));
	actor_start(&scene->hogger, keep_until_handed_over, scene, test_cpu(1));
	EXPECT(WAIT_UNTIL(READ_ONCE(scene->hog_runs)));
	WRITE_ONCE(siege->open, true);
	mutex_unlock(&scene->mutex);
	for (unsigned int i = 0; i < BARGERS; i++)
		actor_join(&siege->bargers[i]);
	actor_join(&scene->hogger);
	actor_join(&scene->waiter);
}

TEST(mutex_waiter_is_passed_so_often_by_all)
{
	struct siege siege = { .open = false };

	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	run_siege(&siege);
	EXPECT_EQ(siege.scene.taken, MAX_PASSES);
	EXPECT_EQ(mutex_get_stats(&siege.scene.mutex).handed, CONFIG_CHECKED ? 1 : 0);
	EXPECT_EQ(atomic_read(&siege.scene.mutex.count), 1);
}

/* Whoever takes the mutex stores its name a moment later. In between it may lose its CPU to one that
 * runs first and wants the mutex too: that one must not spin for the name for ever. */
static int take_and_go(void *arg)
{
	struct mutex *mutex = arg;

	sched_set_fifo(current);
	mutex_lock(mutex);
	mutex_unlock(mutex);
	return 0;
}

static int take_and_be_preempted(void *arg)
{
	struct mutex *mutex = arg;
	struct actor higher;

	mutex_lock(mutex);
	WRITE_ONCE(mutex->owner, NULL);
	if (actor_start(&higher, take_and_go, mutex, test_cpu(0)))
		actor_sleeps(&higher);
	WRITE_ONCE(mutex->owner, current);
	mutex_unlock(mutex);
	actor_join(&higher);
	return 0;
}

TEST(mutex_spinner_lets_a_lower_owner_run)
{
	DEFINE_MUTEX(mutex);
	struct actor lower;

	REQUIRE(actor_start(&lower, take_and_be_preempted, &mutex, test_cpu(0)));
	actor_join(&lower);
	EXPECT_EQ(atomic_read(&mutex.count), 1);
}

/* A holder that runs, and one who wants the mutex on another CPU: that one spins. */
struct spinning {
	struct mutex mutex;
	bool held;
};

static int want(void *arg)
{
	struct spinning *spinning = arg;

	EXPECT(SPIN_UNTIL(READ_ONCE(spinning->held)));
	mutex_lock(&spinning->mutex);
	mutex_unlock(&spinning->mutex);
	return 0;
}

static int hold(void *arg)
{
	struct spinning *spinning = arg;

	mutex_lock(&spinning->mutex);
	WRITE_ONCE(spinning->held, true);
	EXPECT(SPIN_UNTIL(atomic_read(&spinning->mutex.count) < 0));
	for (unsigned int i = 0; i < 100; i++)
		cpu_relax();
	mutex_unlock(&spinning->mutex);
	return 0;
}

/* It may have to give up its CPU, and sleep instead: seldom. */
#define SPINNING_TRIES 100

TEST(mutex_is_spun_for)
{
	struct spinning spinning = { .held = false };
	struct actor holder, wanter;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not count");
	if (num_online_cpus() < 2)
		SKIP("nobody can spin while the only CPU holds the mutex");
	NEED_PARALLEL();
	mutex_init(&spinning.mutex);
	for (unsigned int i = 0; i < SPINNING_TRIES; i++) {
		WRITE_ONCE(spinning.held, false);
		REQUIRE(actor_start(&wanter, want, &spinning, test_cpu(1)));
		actor_start(&holder, hold, &spinning, test_cpu(0));
		actor_join(&holder);
		actor_join(&wanter);
		if (mutex_get_stats(&spinning.mutex).spun)
			break;
	}
	EXPECT(mutex_get_stats(&spinning.mutex).spun > 0);
}
