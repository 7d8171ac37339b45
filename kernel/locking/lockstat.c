/* lockstat.c: counting what becomes of each lock: taken, waited for, held.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   The validator's entry of a lock that a thread takes (struct lockdep_held) goes with it from lock_acquire()
 *   to lock_release(). The statistics write into it when what they measure began:
 *
 *        lock_acquire()         the entry is there
 *          lock_contended()     waits: since now               the place, and the place that has the lock
 *            lock_slept()       its path is the wait list's
 *        lock_acquired()        waited for so long; holds: since now
 *        lock_release()         held for so long; taken once, by that path
 *
 *   The names, and what the columns count, are those of Linux's lock_stat: acquisitions are counted when
 *   they are released; a contention, when it ended with the lock (a signal may end it without); a bounce,
 *   when the CPU that takes a lock is not the one that took that very lock the time before.
 *
 *   Counting must not contend itself: each CPU counts in memory of its own, which others read and never
 *   write, and interrupts are off meanwhile, so plain additions will do. The sum over all CPUs is made by
 *   who asks. Only the list of places of a class is shared: a place claims a free slot once, by
 *   compare-and-exchange, and there are so few that it is soon over.
 *   What a lock remembers (who took it last, where) is written by whoever holds it. Several readers write
 *   one over the other, each a whole word.
 *
 *   Spinning is counted in the thread, look by look (hook_spin()). A handler that spins on top of it counts
 *   there too; when it has its lock it puts back what it found. Raw spinlocks have no class: what a mutex
 *   spins for its own wait_lock counts as its spinning.
 *   It does not: count seqcounts, which keep nobody waiting for long and are not acquired; what is taken
 *   while lockdep is off; or more than the first of several locks that share an entry (_nest_lock). The
 *   time in which the writer of a percpu_rwsem waits for readers is part of its hold time.
 *   Source: P. Zijlstra, Linux 2.6.23's lockstat.
 */
#include "kernel/locking/lockstat.h"

#include <arch/atomic.h>
#include <arch/clock.h>

#include "kernel/locking/lockdep_internal.h"
#include "lib/bits.h"
#include "lib/string.h"

#if CONFIG_CHECKED

/* held->stat: 0, or one of these and a path. */
#define STAT_PATH  3U
#define STAT_WAITS 4U
#define STAT_HOLDS 8U

#define WAITERS 0
#define HOLDERS 1

int lock_stat;

/* One CPU's. [c] written by this CPU only, read by others */
struct lockstat_class {
	struct lockstat_row rows[2]; /* [read] */
	u32 points[2][LOCKSTAT_POINTS];
};

static struct lockstat_class *counts[NR_CPUS]; /* [I] each LOCKSTAT_CLASSES of them */

/* The places that points[] counts: below 4 GiB, as all code. [a] 0: free */
static u32 places[LOCKSTAT_CLASSES][2][LOCKSTAT_POINTS];

static u64 lost[NR_CPUS]; /* [c] */

/* Where this CPU counts @class, or NULL. Interrupts are off. */
static struct lockstat_class *count_of(u16 class)
{
	u32 cpu = raw_smp_processor_id();
	struct lockstat_class *mine = READ_ONCE(counts[cpu]);

	if (likely(mine && class < LOCKSTAT_CLASSES))
		return &mine[class];
	WRITE_ONCE(lost[cpu], lost[cpu] + 1);
	return NULL;
}

static void add(u64 *count, u64 n)
{
	WRITE_ONCE(*count, *count + n);
}

static u32 bucket_of(u64 ns)
{
	u32 bits = (u32)fls64(ns);

	if (bits <= LOCKSTAT_FIRST)
		return 0;
	return min_t(u32, bits - LOCKSTAT_FIRST, LOCKSTAT_BUCKETS - 1);
}

static void add_time(struct lockstat_times *times, u64 ns)
{
	u32 *bucket = &times->log2[bucket_of(ns)];

	if (!times->n || ns < times->min)
		WRITE_ONCE(times->min, ns);
	if (ns > times->max)
		WRITE_ONCE(times->max, ns);
	add(&times->total, ns);
	WRITE_ONCE(*bucket, *bucket + 1);
	add(&times->n, 1);
}

/* The slot of @where, claimed if it has none, or LOCKSTAT_POINTS: there are others already. */
static u32 slot_of(u32 *slots, u32 where)
{
	u32 i;

	for (i = 0; i < LOCKSTAT_POINTS; i++) {
		u32 seen = READ_ONCE(slots[i]);

		if (seen == where || (!seen && try_cmpxchg(&slots[i], &seen, where)) ||
		    seen == where)
			break;
	}
	return i;
}

static void add_point(struct lockstat_class *count, u16 class, int side, u32 where)
{
	u32 slot = where ? slot_of(places[class][side], where) : LOCKSTAT_POINTS;

	if (slot < LOCKSTAT_POINTS)
		WRITE_ONCE(count->points[side][slot], count->points[side][slot] + 1);
}

void lockstat_contended(struct lockdep_map *map, unsigned long where)
{
	unsigned long flags;
	struct lockdep_task *task = lockdep_enter(&flags);
	struct lockdep_held *held;
	struct lockstat_class *count;

	if (!task)
		return;
	held = lockdep_find_held(task, map);
	if (held && !held->stat) {
		held->stat = STAT_WAITS | LOCKSTAT_SPUN;
		held->spins = task->spins;
		held->since = clock_ns();
		count = count_of(held->class);
		if (count) {
			add_point(count, held->class, WAITERS, (u32)where);
			add_point(count, held->class, HOLDERS, READ_ONCE(map->last_where));
		}
	}
	lockdep_leave(task, flags);
}

void lockstat_slept(struct lockdep_map *map)
{
	unsigned long flags;
	struct lockdep_task *task = lockdep_enter(&flags);
	struct lockdep_held *held;

	if (!task)
		return;
	held = lockdep_find_held(task, map);
	if (held && (held->stat & STAT_WAITS))
		held->stat = STAT_WAITS | LOCKSTAT_SLEPT;
	lockdep_leave(task, flags);
}

/* It waited, until @now. */
static void count_wait(struct lockdep_task *task, const struct lockdep_held *held,
		       struct lockstat_row *row, u64 now, bool bounced)
{
	add_time(&row->wait, now - held->since);
	add(&row->spins, task->spins - held->spins);
	task->spins = held->spins;
	add(&row->con_bounces, bounced);
}

void lockstat_acquired(struct lockdep_map *map, unsigned long where)
{
	u16 cpu_plus_1, last;
	unsigned long flags;
	struct lockdep_task *task = lockdep_enter(&flags);
	struct lockdep_held *held;
	struct lockstat_class *count;
	u64 now;

	if (!task)
		return;
	held = lockdep_find_held(task, map);
	count = held && !(held->stat & STAT_HOLDS) ? count_of(held->class) : NULL;
	if (count) {
		struct lockstat_row *row = &count->rows[!!held->read];

		now = clock_ns();
		cpu_plus_1 = (u16)(raw_smp_processor_id() + 1);
		last = READ_ONCE(map->last_cpu);
		if (held->stat & STAT_WAITS)
			count_wait(task, held, row, now, last && last != cpu_plus_1);
		add(&row->acq_bounces, last && last != cpu_plus_1);
		WRITE_ONCE(map->last_cpu, cpu_plus_1);
		WRITE_ONCE(map->last_where, (u32)where);
		held->since = now;
		held->stat = STAT_HOLDS | (held->stat & STAT_PATH);
	}
	lockdep_leave(task, flags);
}

void lockstat_released(const struct lockdep_held *held)
{
	struct lockstat_class *count;
	struct lockstat_row *row;

	if (!(held->stat & STAT_HOLDS))
		return;
	count = count_of(held->class);
	if (!count)
		return;
	row = &count->rows[!!held->read];
	add(&row->paths[held->stat & STAT_PATH], 1);
	add_time(&row->hold, clock_ns() - held->since);
}

void lockstat_downgraded(struct lockdep_held *held)
{
	lockstat_released(held);
	held->stat = STAT_HOLDS | LOCKSTAT_FAST;
	held->since = clock_ns();
}

/* ---- Memory, and sums ---- */

size_t lockstat_cpu_size(void)
{
	return LOCKSTAT_CLASSES * sizeof(struct lockstat_class);
}

void lockstat_cpu_give(u32 cpu, void *memory)
{
	WRITE_ONCE(counts[cpu], memory);
}

bool lockstat_cpu_has(u32 cpu)
{
	return READ_ONCE(counts[cpu]) != NULL;
}

void lockstat_cpu_clear(void *unused)
{
	u32 cpu = raw_smp_processor_id();

	if (counts[cpu])
		memset(counts[cpu], 0, lockstat_cpu_size());
	WRITE_ONCE(lost[cpu], 0);
}

void lockstat_forget(u16 class)
{
	if (class >= LOCKSTAT_CLASSES)
		return;
	memset(places[class], 0, sizeof(places[class]));
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
		if (counts[cpu])
			memset(&counts[cpu][class], 0, sizeof(struct lockstat_class));
	}
}

static void sum_times(struct lockstat_times *sum, const struct lockstat_times *one)
{
	u64 n = READ_ONCE(one->n);

	if (!n)
		return;
	sum->min = sum->n ? min(sum->min, READ_ONCE(one->min)) : READ_ONCE(one->min);
	sum->max = max(sum->max, READ_ONCE(one->max));
	sum->total += READ_ONCE(one->total);
	for (u32 i = 0; i < LOCKSTAT_BUCKETS; i++)
		sum->log2[i] += READ_ONCE(one->log2[i]);
	sum->n += n;
}

static void sum_row(struct lockstat_row *sum, const struct lockstat_row *one)
{
	sum_times(&sum->wait, &one->wait);
	sum_times(&sum->hold, &one->hold);
	sum->con_bounces += READ_ONCE(one->con_bounces);
	sum->acq_bounces += READ_ONCE(one->acq_bounces);
	sum->spins += READ_ONCE(one->spins);
	for (u32 path = 0; path < LOCKSTAT_PATHS; path++)
		sum->paths[path] += READ_ONCE(one->paths[path]);
}

struct lockstat_row lockstat_sum(u16 class, bool read)
{
	struct lockstat_row sum = { .con_bounces = 0 };

	for (u32 cpu = 0; class < LOCKSTAT_CLASSES && cpu < NR_CPUS; cpu++) {
		if (counts[cpu])
			sum_row(&sum, &counts[cpu][class].rows[read]);
	}
	return sum;
}

static struct lockstat_point sum_point(u16 class, int side, u32 slot)
{
	struct lockstat_point point = { .where = READ_ONCE(places[class][side][slot]) };

	for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
		if (counts[cpu])
			point.n += READ_ONCE(counts[cpu][class].points[side][slot]);
	}
	return point;
}

/* Put @point among the @found best, of which @n are kept. Returns how many there are now. */
static u32 keep_best(struct lockstat_point *top, u32 found, u32 n, struct lockstat_point point)
{
	u32 at = found;

	while (at > 0 && top[at - 1].n < point.n) {
		if (at < n)
			top[at] = top[at - 1];
		at--;
	}
	if (at < n)
		top[at] = point;
	return min(found + 1, n);
}

u32 lockstat_top(u16 class, bool holders, struct lockstat_point *top, u32 n)
{
	u32 found = 0;

	for (u32 slot = 0; class < LOCKSTAT_CLASSES && slot < LOCKSTAT_POINTS; slot++) {
		struct lockstat_point point = sum_point(class, holders ? HOLDERS : WAITERS, slot);

		if (point.n)
			found = keep_best(top, found, n, point);
	}
	return found;
}

u64 lockstat_lost(void)
{
	u64 sum = 0;

	for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
		sum += READ_ONCE(lost[cpu]);
	return sum;
}

#endif
