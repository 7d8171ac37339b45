/* lockstat_test.c: the statistics of locks: every column counts what it says, and nothing when off.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/lockstat.h"

#include "kernel/debug/lockstat_report.h"
#include "kernel/locking/lockdep_internal.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/percpu_rwsem.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/seqlock.h"
#include "kernel/sched/signal.h"
#include "kernel/test/sched_test.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#if CONFIG_CHECKED

#define ROUNDS 100

/* Each test has locks of its own, static: a class for each, of which nothing was counted before. */

static bool was_on;

static void stats_on(void)
{
	was_on = READ_ONCE(lock_stat);
	EXPECT_EQ(lock_stat_start(), 0);
}

static void stats_as_before(void)
{
	if (was_on)
		lock_stat_start();
	else
		lock_stat_stop();
}

/* A class that is new is added under the graph lock, which wants interrupts off. */
static u16 class_of(struct lockdep_map *map)
{
	unsigned long flags = arch_local_irq_save();
	u16 class = lockdep_class_of(map, 0);

	arch_local_irq_restore(flags);
	return class;
}

static struct lockstat_row row_of(struct lockdep_map *map, bool read)
{
	return lockstat_sum(class_of(map), read);
}

/* How often somebody found the lock of @map taken; it is counted before he waits. */
static u64 times_contended(struct lockdep_map *map)
{
	struct lockstat_point top[LOCKSTAT_POINTS];
	u32 n = lockstat_top(class_of(map), false, top, LOCKSTAT_POINTS);
	u64 sum = 0;

	for (u32 i = 0; i < n; i++)
		sum += top[i].n;
	return sum;
}

static void stay_on(u32 cpu)
{
	struct cpumask mask = { 0 };

	cpumask_set_cpu(cpu, &mask);
	EXPECT_EQ(set_cpus_allowed_ptr(current, &mask), 0);
}

static void stay_anywhere(void)
{
	struct cpumask mask = { 0 };
	u32 cpu;

	for_each_online_cpu(cpu)
		cpumask_set_cpu(cpu, &mask);
	set_cpus_allowed_ptr(current, &mask);
}

/* The figures of @times agree with one another, and are of @n events. */
static void expect_times(const struct lockstat_times *times, u64 n)
{
	u64 sum = 0;

	EXPECT_EQ(times->n, n);
	for (u32 i = 0; i < LOCKSTAT_BUCKETS; i++)
		sum += times->log2[i];
	EXPECT_EQ(sum, n);
	if (!n)
		return;
	EXPECT(times->min <= times->total / n);
	EXPECT(times->total / n <= times->max);
	EXPECT(times->max > 0 && times->total >= times->max + times->min * (n - 1));
}

/* A single event is in the one bucket that is of its length. */
static void expect_bucket(const struct lockstat_times *times)
{
	u32 bucket = 0;

	EXPECT_EQ(times->min, times->total);
	EXPECT_EQ(times->max, times->total);
	while (bucket < LOCKSTAT_BUCKETS - 1 && times->total >> (LOCKSTAT_FIRST + bucket))
		bucket++;
	EXPECT_EQ(times->log2[bucket], 1);
}

static void expect_paths(const struct lockstat_row *row, u64 fast, u64 spun, u64 slept)
{
	EXPECT_EQ(row->paths[LOCKSTAT_FAST], fast);
	EXPECT_EQ(row->paths[LOCKSTAT_SPUN], spun);
	EXPECT_EQ(row->paths[LOCKSTAT_SLEPT], slept);
}

/* @n acquisitions, for which nobody waited. */
static void expect_quiet(const struct lockstat_row *row, u64 n, u64 bounces)
{
	expect_times(&row->hold, n);
	expect_times(&row->wait, 0);
	expect_paths(row, n, 0, 0);
	EXPECT_EQ(row->acq_bounces, bounces);
	EXPECT_EQ(row->con_bounces, 0);
	EXPECT_EQ(row->spins, 0);
}

/* ---- One thread, alone ---------------------------------------------------------------------------------- */

static DEFINE_SPINLOCK(alone_spin);
static DEFINE_MUTEX(alone_mutex);
static DEFINE_RT_MUTEX(alone_rt);
static DEFINE_SEQLOCK(alone_seq);

TEST(lockstat_counts_acquisitions)
{
	struct lockstat_row row;

	stats_on();
	stay_on(0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		spin_lock(&alone_spin);
		spin_unlock(&alone_spin);
		mutex_lock(&alone_mutex);
		mutex_unlock(&alone_mutex);
		rt_mutex_lock(&alone_rt);
		rt_mutex_unlock(&alone_rt);
	}
	EXPECT(spin_trylock(&alone_spin));
	spin_unlock(&alone_spin);
	EXPECT(mutex_trylock(&alone_mutex));
	EXPECT(!mutex_trylock(&alone_mutex));
	mutex_unlock(&alone_mutex);
	EXPECT(rt_mutex_trylock(&alone_rt));
	rt_mutex_unlock(&alone_rt);
	row = row_of(&alone_spin.dep_map, false);
	expect_quiet(&row, ROUNDS + 1, 0);
	row = row_of(&alone_mutex.dep_map, false);
	expect_quiet(&row, ROUNDS + 1, 0);
	row = row_of(&alone_rt.dep_map, false);
	expect_quiet(&row, ROUNDS + 1, 0);
	stay_anywhere();
	stats_as_before();
}

/* What is held counts when it is released; what is not acquired, not at all. */
TEST(lockstat_counts_at_release)
{
	static DEFINE_SPINLOCK(lock);
	struct lockstat_row row;

	stats_on();
	spin_lock(&lock);
	row = row_of(&lock.dep_map, false);
	expect_quiet(&row, 0, 0);
	spin_unlock(&lock);
	row = row_of(&lock.dep_map, false);
	expect_quiet(&row, 1, 0);
	expect_bucket(&row.hold);
	might_lock(&lock);
	row = row_of(&lock.dep_map, false);
	expect_quiet(&row, 1, 0);
	(void)read_seqbegin(&alone_seq);
	row = row_of(&alone_seq.seqcount.dep_map, true);
	expect_quiet(&row, 0, 0);
	stats_as_before();
}

TEST(lockstat_off_counts_nothing)
{
	static DEFINE_SPINLOCK(spin);
	static DEFINE_MUTEX(mutex);
	struct lockstat_row row;

	stats_on();
	lock_stat_stop();
	spin_lock(&spin);
	spin_unlock(&spin);
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	row = row_of(&spin.dep_map, false);
	expect_quiet(&row, 0, 0);
	row = row_of(&mutex.dep_map, false);
	expect_quiet(&row, 0, 0);
	stats_as_before();
}

TEST(lockstat_clear_forgets)
{
	static DEFINE_SPINLOCK(lock);
	static struct lock_class_key key;
	struct lockstat_row row;
	spinlock_t keyed;

	stats_on();
	spin_lock(&lock);
	spin_unlock(&lock);
	spin_lock_init(&keyed);
	lockdep_set_class(&keyed, &key);
	spin_lock(&keyed);
	spin_unlock(&keyed);
	row = row_of(&keyed.dep_map, false);
	expect_quiet(&row, 1, 0);
	lockdep_unregister_key(&key);
	row = row_of(&keyed.dep_map, false);
	expect_quiet(&row, 0, 0);
	lock_stat_clear();
	row = row_of(&lock.dep_map, false);
	expect_quiet(&row, 0, 0);
	lockdep_unregister_key(&key);
	stats_as_before();
}

/* ---- Readers and writers ---------------------------------------------------------------------------------- */

static DEFINE_RWLOCK(both_rwlock);
static DECLARE_RWSEM(both_rwsem);

TEST(lockstat_tells_readers_from_writers)
{
	struct lockstat_row row;

	stats_on();
	stay_on(0);
	for (unsigned int i = 0; i < 3; i++) {
		read_lock(&both_rwlock);
		read_unlock(&both_rwlock);
		down_read(&both_rwsem);
		up_read(&both_rwsem);
	}
	write_lock(&both_rwlock);
	write_unlock(&both_rwlock);
	EXPECT(write_trylock(&both_rwlock));
	write_unlock(&both_rwlock);
	EXPECT(down_read_trylock(&both_rwsem));
	up_read(&both_rwsem);
	EXPECT(down_write_trylock(&both_rwsem));
	up_write(&both_rwsem);
	down_write(&both_rwsem);
	downgrade_write(&both_rwsem);
	row = row_of(&both_rwsem.dep_map, false);
	expect_quiet(&row, 2, 0);
	up_read(&both_rwsem);
	row = row_of(&both_rwsem.dep_map, false);
	expect_quiet(&row, 2, 0);
	row = row_of(&both_rwsem.dep_map, true);
	expect_quiet(&row, 5, 0);
	row = row_of(&both_rwlock.dep_map, false);
	expect_quiet(&row, 2, 0);
	row = row_of(&both_rwlock.dep_map, true);
	expect_quiet(&row, 3, 0);
	stay_anywhere();
	stats_as_before();
}

TEST(lockstat_counts_percpu_rwsem)
{
	struct percpu_rw_semaphore sem;
	struct lockstat_row before, row;

	stats_on();
	stay_on(0);
	REQUIRE(percpu_init_rwsem(&sem) == 0);
	before = row_of(&sem.rwsem.dep_map, true);
	percpu_down_read(&sem);
	percpu_up_read(&sem);
	EXPECT(percpu_down_read_trylock(&sem));
	percpu_up_read(&sem);
	percpu_down_write(&sem);
	percpu_up_write(&sem);
	row = row_of(&sem.rwsem.dep_map, true);
	expect_quiet(&before, 0, 0);
	expect_quiet(&row, 2, 0);
	row = row_of(&sem.rwsem.dep_map, false);
	expect_quiet(&row, 1, 0);
	percpu_free_rwsem(&sem);
	stay_anywhere();
	stats_as_before();
}

/* ---- Two CPUs in turn: bounces ---------------------------------------------------------------------------- */

static DEFINE_SPINLOCK(turn_lock);
static u32 turn; /* [a] whose turn it is */

static int take_in_turn(void *arg)
{
	u32 me = *(u32 *)arg;

	for (unsigned int i = 0; i < ROUNDS && WAIT_UNTIL(READ_ONCE(turn) == me); i++) {
		spin_lock(&turn_lock);
		spin_unlock(&turn_lock);
		WRITE_ONCE(turn, !me);
	}
	return 0;
}

TEST(lockstat_counts_bounces)
{
	u32 me[2] = { 0, 1 };
	struct actor actors[2];
	struct lockstat_row row;

	stats_on();
	WRITE_ONCE(turn, 0);
	for (u32 i = 0; i < 2; i++)
		REQUIRE(actor_start(&actors[i], take_in_turn, &me[i], test_cpu(i)));
	actor_join(&actors[0]);
	actor_join(&actors[1]);
	row = row_of(&turn_lock.dep_map, false);
	expect_quiet(&row, 2 * ROUNDS, test_cpu(0) == test_cpu(1) ? 0 : 2 * ROUNDS - 1);
	stats_as_before();
}

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

/* ---- The table -------------------------------------------------------------------------------------------- */

TEST(lockstat_row_is_linux_s)
{
	static const struct lockstat_row row = {
		.wait = { .n = 2, .min = 1010, .max = 2000, .total = 3010 },
		.hold = { .n = 4, .min = 50, .max = 1234567, .total = 2000000 },
		.con_bounces = 1,
		.acq_bounces = 3,
	};
	char line[256];

	lock_stat_format(line, sizeof(line), "some lock", &row);
	EXPECT(!strcmp(line, "                               some lock:"
			     "              1              2           1.01           2.00"
			     "           3.01           1.50"
			     "              3              4           0.05        1234.56"
			     "        2000.00         500.00"));
}

#else

TEST(lockstat_is_nothing_here)
{
	EXPECT_EQ(lock_stat_start(), 0);
	SKIP("the fast profile has no statistics");
}

#endif
