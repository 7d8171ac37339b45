/* lockstat_wait_test.c: the statistics of locks that others hold: waiting, by which path, and for whom.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/lockstat_test.h"

#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/sched/signal.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#if CONFIG_CHECKED

/* ---- Waiting ---------------------------------------------------------------------------------------------- */

/* A lock that one thread holds until another, on another CPU, has found it taken. */
struct scene {
	const char *name;
	void (*take)(void);
	void (*release)(void);
	struct lockdep_map *map;
	bool read; /* the waiter's row is the readers' */
	u32 path;  /* LOCKSTAT_*, by which the waiter gets it */
	void (*holder_take)(void);
	void (*holder_release)(void);
};

#define SCENE_WAYS(what, take, release)                                                            \
	static noinline void what##_take(void)                                                     \
	{                                                                                          \
		take;                                                                              \
	}                                                                                          \
	static noinline void what##_release(void)                                                  \
	{                                                                                          \
		release;                                                                           \
	}

static DEFINE_SPINLOCK(scene_spin);
static DEFINE_RWLOCK(scene_rwlock);
static DEFINE_RWLOCK(scene_rwlock_2);
static DEFINE_MUTEX(scene_mutex);
static DECLARE_RWSEM(scene_rwsem);
static DECLARE_RWSEM(scene_rwsem_2);
static DEFINE_RT_MUTEX(scene_rt);

SCENE_WAYS(spin, spin_lock(&scene_spin), spin_unlock(&scene_spin))
SCENE_WAYS(write, write_lock(&scene_rwlock), write_unlock(&scene_rwlock))
SCENE_WAYS(write_2, write_lock(&scene_rwlock_2), write_unlock(&scene_rwlock_2))
SCENE_WAYS(read_2, read_lock(&scene_rwlock_2), read_unlock(&scene_rwlock_2))
SCENE_WAYS(mutex, mutex_lock(&scene_mutex), mutex_unlock(&scene_mutex))
SCENE_WAYS(rwsem, down_write(&scene_rwsem), up_write(&scene_rwsem))
SCENE_WAYS(rwsem_2, down_write(&scene_rwsem_2), up_write(&scene_rwsem_2))
SCENE_WAYS(rwsem_read_2, down_read(&scene_rwsem_2), up_read(&scene_rwsem_2))
SCENE_WAYS(rt, rt_mutex_lock(&scene_rt), rt_mutex_unlock(&scene_rt))

static const struct scene spinning_scenes[] = {
	{ "spinlock", spin_take, spin_release, &scene_spin.dep_map, false, LOCKSTAT_SPUN, spin_take,
	  spin_release },
	{ "write_lock", write_take, write_release, &scene_rwlock.dep_map, false, LOCKSTAT_SPUN,
	  write_take, write_release },
	{ "read_lock", read_2_take, read_2_release, &scene_rwlock_2.dep_map, true, LOCKSTAT_SPUN,
	  write_2_take, write_2_release },
};

static const struct scene sleeping_scenes[] = {
	{ "mutex", mutex_take, mutex_release, &scene_mutex.dep_map, false, LOCKSTAT_SLEPT,
	  mutex_take, mutex_release },
	{ "down_write", rwsem_take, rwsem_release, &scene_rwsem.dep_map, false, LOCKSTAT_SLEPT,
	  rwsem_take, rwsem_release },
	{ "down_read", rwsem_read_2_take, rwsem_read_2_release, &scene_rwsem_2.dep_map, true,
	  LOCKSTAT_SLEPT, rwsem_2_take, rwsem_2_release },
	{ "rt_mutex", rt_take, rt_release, &scene_rt.dep_map, false, LOCKSTAT_SLEPT, rt_take,
	  rt_release },
};

static bool scene_set; /* [a] the lock is held */

static int want(void *arg)
{
	const struct scene *scene = arg;

	WAIT_UNTIL(READ_ONCE(scene_set));
	scene->take();
	scene->release();
	return 0;
}

/* After the scene: one waited for the other, on two CPUs, once. */
static void expect_waited(const struct scene *scene, bool bounced)
{
	struct lockstat_row row = row_of(scene->map, scene->read);
	struct lockstat_point point[LOCKSTAT_POINTS];
	u16 class = class_of(scene->map);

	test_note("%s", scene->name);
	expect_times(&row.wait, 1);
	expect_bucket(&row.wait);
	EXPECT_EQ(row.con_bounces, bounced);
	EXPECT_EQ(row.acq_bounces, bounced);
	EXPECT_EQ(row.paths[scene->path], 1);
	EXPECT_EQ(row.paths[LOCKSTAT_FAST], scene->read ? 0 : 1);
	EXPECT_EQ(row.hold.n, scene->read ? 1 : 2);
	EXPECT_EQ(lockstat_top(class, false, point, LOCKSTAT_POINTS), 1);
	EXPECT_EQ(point[0].n, 1);
	EXPECT_EQ(lockstat_top(class, true, point, LOCKSTAT_POINTS), 1);
	EXPECT_EQ(point[0].n, 1);
}

/* Whether @task has looked at the lock that it waits for. */
static bool has_looked(const struct task_struct *task)
{
	const struct lockdep_task *lockdep = &task->lockdep;

	return READ_ONCE(lockdep->spins) != READ_ONCE(lockdep->held[0].spins);
}

/* The holder keeps its CPU, and lets go when the other has looked at the lock. */
static void play_spinning(const struct scene *scene)
{
	struct lockstat_row row;
	struct actor actor;

	WRITE_ONCE(scene_set, false);
	REQUIRE(actor_start(&actor, want, (void *)scene, test_cpu(1)));
	scene->holder_take();
	WRITE_ONCE(scene_set, true);
	EXPECT(SPIN_UNTIL(times_contended(scene->map) == 1));
	EXPECT(SPIN_UNTIL(has_looked(actor.task)));
	scene->holder_release();
	actor_join(&actor);
	expect_waited(scene, true);
	row = row_of(scene->map, scene->read);
	EXPECT(row.spins > 0);
}

TEST(lockstat_counts_spinning)
{
	if (num_online_cpus() < 2)
		SKIP("nobody can wait for a spinlock on one CPU");
	stats_on();
	stay_on(test_cpu(0));
	for (size_t i = 0; i < ARRAY_SIZE(spinning_scenes); i++)
		play_spinning(&spinning_scenes[i]);
	stay_anywhere();
	stats_as_before();
}

/* The holder sleeps, and lets go when the other does. */
static void play_sleeping(const struct scene *scene)
{
	struct actor actor;

	scene->holder_take();
	WRITE_ONCE(scene_set, true);
	if (EXPECT(actor_start(&actor, want, (void *)scene, test_cpu(1))))
		EXPECT(actor_sleeps(&actor));
	EXPECT_EQ(times_contended(scene->map), 1);
	scene->holder_release();
	actor_join(&actor);
	expect_waited(scene, test_cpu(0) != test_cpu(1));
}

TEST(lockstat_counts_sleeping)
{
	stats_on();
	stay_on(test_cpu(0));
	for (size_t i = 0; i < ARRAY_SIZE(sleeping_scenes); i++)
		play_sleeping(&sleeping_scenes[i]);
	stay_anywhere();
	stats_as_before();
}

/* ---- Who is in whose way ---------------------------------------------------------------------------------- */

static DEFINE_MUTEX(named_mutex);

static noinline int who_waits(void *unused)
{
	mutex_lock(&named_mutex);
	mutex_unlock(&named_mutex);
	return 0;
}

static noinline void who_holds(struct actor *actor)
{
	mutex_lock(&named_mutex);
	if (EXPECT(actor_start(actor, who_waits, NULL, ANY_CPU)))
		EXPECT(actor_sleeps(actor));
	mutex_unlock(&named_mutex);
}

static bool is_in(const struct lockstat_point *point, const char *function)
{
	char text[128];

	snprintf(text, sizeof(text), "%pS", (void *)point->where);
	return !strncmp(text, function, strlen(function));
}

/* A class's places are forgotten with it; those of one that has many are in the order of how many waited there. */
TEST(lockstat_sorts_and_forgets_places)
{
	static struct lock_class_key key;
	struct lockstat_point point[LOCKSTAT_POINTS];
	static struct mutex lock;

	stats_on();
	mutex_init(&lock);
	lockdep_set_class(&lock, &key);
	for (unsigned long where = 1; where <= LOCKSTAT_POINTS; where++) {
		for (unsigned long i = 0; i < where; i++) {
			// As one who waits and then does not take it: a place, and nothing else.
			lock_acquire(&lock.dep_map, 0, 0, LOCKDEP_EXCLUSIVE, 1, NULL, where);
			lockstat_contended(&lock.dep_map, where);
			lock_release(&lock.dep_map, where);
		}
	}
	EXPECT_EQ(lockstat_top(class_of(&lock.dep_map), false, point, LOCKSTAT_POINTS),
		  LOCKSTAT_POINTS);
	for (unsigned int i = 0; i < LOCKSTAT_POINTS; i++) {
		EXPECT_EQ(point[i].n, LOCKSTAT_POINTS - i);
		EXPECT_EQ(point[i].where, LOCKSTAT_POINTS - i);
	}
	EXPECT_EQ(lockstat_top(class_of(&lock.dep_map), false, point, 2), 2);
	EXPECT_EQ(point[1].n, LOCKSTAT_POINTS - 1);
	lockdep_unregister_key(&key);
	EXPECT_EQ(lockstat_top(class_of(&lock.dep_map), false, point, LOCKSTAT_POINTS), 0);
	lock_acquire(&lock.dep_map, 0, 0, LOCKDEP_EXCLUSIVE, 1, NULL, 99);
	lockstat_contended(&lock.dep_map, 99);
	lock_release(&lock.dep_map, 99);
	EXPECT_EQ(lockstat_top(class_of(&lock.dep_map), false, point, LOCKSTAT_POINTS), 1);
	EXPECT_EQ(point[0].where, 99);
	lockdep_unregister_key(&key);
	stats_as_before();
}

TEST(lockstat_names_places)
{
	u16 class = class_of(&named_mutex.dep_map);
	struct lockstat_point point[LOCKSTAT_POINTS];
	struct actor actor;

	stats_on();
	for (unsigned int i = 0; i < 3; i++) {
		who_holds(&actor);
		actor_join(&actor);
	}
	REQUIRE(lockstat_top(class, false, point, LOCKSTAT_POINTS) == 1);
	EXPECT_EQ(point[0].n, 3);
	EXPECT(is_in(&point[0], "who_waits"));
	REQUIRE(lockstat_top(class, true, point, LOCKSTAT_POINTS) == 1);
	EXPECT_EQ(point[0].n, 3);
	EXPECT(is_in(&point[0], "who_holds"));
	stats_as_before();
}

/* A signal ends the wait: that was a place, and no contention, nor an acquisition. */
static DEFINE_MUTEX(signal_mutex);

static int wait_for_signal(void *unused)
{
	allow_signal(SIGINT);
	return mutex_lock_interruptible(&signal_mutex);
}

TEST(lockstat_wait_ends_without)
{
	struct lockstat_row row;
	struct actor actor;

	stats_on();
	mutex_lock(&signal_mutex);
	REQUIRE(actor_start(&actor, wait_for_signal, NULL, ANY_CPU));
	EXPECT(actor_sleeps(&actor));
	send_sig(SIGINT, actor.task, 1);
	EXPECT_EQ(actor_join(&actor), -EINTR);
	EXPECT_EQ(times_contended(&signal_mutex.dep_map), 1);
	mutex_unlock(&signal_mutex);
	row = row_of(&signal_mutex.dep_map, false);
	expect_quiet(&row, 1, 0);
	stats_as_before();
}

/* ---- Many threads ----------------------------------------------------------------------------------------- */

static DEFINE_MUTEX(busy_mutex);
static unsigned long busy_count;

static int keep_busy(void *unused)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		mutex_lock(&busy_mutex);
		busy_count++;
		if (i % 8 == 0)
			yield();
		mutex_unlock(&busy_mutex);
	}
	return 0;
}

/* The mutex counts its own paths. */
TEST(lockstat_agrees_with_the_mutex)
{
	unsigned int threads = 2 * num_online_cpus();
	struct mutex_stats stats;
	struct lockstat_row row;

	stats_on();
	test_run_threads(threads, keep_busy, NULL);
	stats = mutex_get_stats(&busy_mutex);
	row = row_of(&busy_mutex.dep_map, false);
	EXPECT_EQ(busy_count, threads * ROUNDS);
	expect_times(&row.hold, threads * ROUNDS);
	expect_paths(&row, stats.fast, stats.spun, stats.slept + stats.handed);
	expect_times(&row.wait, stats.spun + stats.slept + stats.handed);
	EXPECT_EQ(times_contended(&busy_mutex.dep_map), row.wait.n);
	EXPECT(row.con_bounces <= row.wait.n && row.con_bounces <= row.acq_bounces);
	EXPECT(row.acq_bounces < row.hold.n);
	EXPECT(num_online_cpus() > 1 || !row.acq_bounces);
	stats_as_before();
}

#endif
