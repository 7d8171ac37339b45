/* lockstat_test.c: the statistics of locks: every column counts what it says, and nothing when off.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/lockstat_test.h"

#include "kernel/debug/lockstat_report.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/percpu_rwsem.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/seqlock.h"
#include "lib/format.h"
#include "lib/string.h"

#if CONFIG_CHECKED

/* Each test has locks of its own, static: a class for each, of which nothing was counted before. */

static bool was_on;

void stats_on(void)
{
	was_on = READ_ONCE(lock_stat);
	EXPECT_EQ(lock_stat_start(), 0);
}

void stats_as_before(void)
{
	if (was_on)
		lock_stat_start();
	else
		lock_stat_stop();
}

/* A class that is new is added under the graph lock, which wants interrupts off. */
u16 class_of(struct lockdep_map *map)
{
	unsigned long flags = arch_local_irq_save();
	u16 class = lockdep_class_of(map, 0);

	arch_local_irq_restore(flags);
	return class;
}

struct lockstat_row row_of(struct lockdep_map *map, bool read)
{
	return lockstat_sum(class_of(map), read);
}

/* How often somebody found the lock of @map taken; it is counted before he waits. */
u64 times_contended(struct lockdep_map *map)
{
	struct lockstat_point top[LOCKSTAT_POINTS];
	u32 n = lockstat_top(class_of(map), false, top, LOCKSTAT_POINTS);
	u64 sum = 0;

	for (u32 i = 0; i < n; i++)
		sum += top[i].n;
	return sum;
}

void stay_on(u32 cpu)
{
	struct cpumask mask = { 0 };

	cpumask_set_cpu(cpu, &mask);
	EXPECT_EQ(set_cpus_allowed_ptr(current, &mask), 0);
}

void stay_anywhere(void)
{
	struct cpumask mask = { 0 };
	u32 cpu;

	for_each_online_cpu(cpu)
		cpumask_set_cpu(cpu, &mask);
	set_cpus_allowed_ptr(current, &mask);
}

/* The figures of @times agree with one another, and are of @n events. */
void expect_times(const struct lockstat_times *times, u64 n)
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
void expect_bucket(const struct lockstat_times *times)
{
	u32 bucket = 0;

	EXPECT_EQ(times->min, times->total);
	EXPECT_EQ(times->max, times->total);
	while (bucket < LOCKSTAT_BUCKETS - 1 && times->total >> (LOCKSTAT_FIRST + bucket))
		bucket++;
	EXPECT_EQ(times->log2[bucket], 1);
}

void expect_paths(const struct lockstat_row *row, u64 fast, u64 spun, u64 slept)
{
	EXPECT_EQ(row->paths[LOCKSTAT_FAST], fast);
	EXPECT_EQ(row->paths[LOCKSTAT_SPUN], spun);
	EXPECT_EQ(row->paths[LOCKSTAT_SLEPT], slept);
}

/* @n acquisitions, for which nobody waited. */
void expect_quiet(const struct lockstat_row *row, u64 n, u64 bounces)
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

static DEFINE_MUTEX(two_cpus);

static u64 hold_for(u32 cpu, u64 ns)
{
	u64 begin, end;

	stay_on(cpu);
	mutex_lock(&two_cpus);
	begin = clock_ns();
	do
		end = clock_ns();
	while (end - begin < ns);
	mutex_unlock(&two_cpus);
	return end - begin;
}

/* The longest of all CPUs, whichever has it, and the shortest. */
TEST(lockstat_sums_up_cpus)
{
	struct lockstat_row row;
	u64 longest;

	stats_on();
	longest = hold_for(test_cpu(0), 2 * NSEC_PER_MSEC);
	longest = max(longest, hold_for(test_cpu(1), 0));
	longest = max(longest, hold_for(test_cpu(1), NSEC_PER_MSEC));
	longest = max(longest, hold_for(test_cpu(0), 0));
	row = row_of(&two_cpus.dep_map, false);
	expect_times(&row.hold, 4);
	EXPECT(row.hold.max >= longest && row.hold.min < row.hold.max);
	stay_anywhere();
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
