/* lockstat.h: how often each class of locks is taken and waited for, how long, and who is in whose way.
 * SPDX-License-Identifier: MIT
 *
 * Off, each hook is one branch on a word that nobody writes; in PROFILE=fast it is nothing. On, by stats=1 on
 * the kernel's command line (STATS=1 of make) or lock_stat_start(), it counts, in the CPU's own memory.
 * Theory, and what each figure is: lockstat.c. The table: kernel/debug/lockstat_report.c.
 */
#pragma once

#include "kernel/base/lockdep_types.h"
#include "kernel/base/trace.h"
#include "lib/macros.h"

/* By which path a lock was taken: at once; spinning; from its wait list. */
#define LOCKSTAT_FAST  0U
#define LOCKSTAT_SPUN  1U
#define LOCKSTAT_SLEPT 2U
#define LOCKSTAT_PATHS 3U

#define LOCKSTAT_CLASSES 1024U /* the validator's first; others are not counted */
#define LOCKSTAT_BUCKETS 24U
#define LOCKSTAT_POINTS  8U /* places that are kept of each class, the first that were seen */

/* Bucket 0 of a histogram is of less than 2^LOCKSTAT_FIRST ns, each next one of twice as long, the last of all else. */
#define LOCKSTAT_FIRST 7U

/* Times in ns. */
struct lockstat_times {
	u64 n;
	u64 min, max, total; /* min: of none 0 */
	u32 log2[LOCKSTAT_BUCKETS];
};

/* What is counted of one class, as readers or as writers. */
struct lockstat_row {
	struct lockstat_times wait; /* n: contentions that ended with the lock */
	struct lockstat_times hold; /* n: acquisitions that were released */
	u64 con_bounces;            /* contended acquisitions of a lock that another CPU had last */
	u64 acq_bounces;            /* all of them */
	u64 spins;                  /* looks at a lock that is held */
	u64 paths[LOCKSTAT_PATHS];  /* of the acquisitions that were released */
};

/* A place in the code, and how often it had to wait, or was waited for. */
struct lockstat_point {
	unsigned long where;
	u64 n;
};

#if CONFIG_CHECKED

extern int lock_stat; /* 1: count */

/*
 * lock_contended - this thread, which has told lock_acquire(), finds the lock of @map taken and will wait.
 * lock_slept - it is in the wait list of the lock.
 * lock_acquired - it has the lock now; after every acquisition, waited for or not.
 * lock_release() is the end. @where: the code that takes it. Never sleep. Any context; nothing in an NMI.
 */
void lockstat_contended(struct lockdep_map *map, unsigned long where);
void lockstat_slept(struct lockdep_map *map);
void lockstat_acquired(struct lockdep_map *map, unsigned long where);

static __always_inline void lock_contended(struct lockdep_map *map, unsigned long where)
{
	trace_note(TRACE_CONTENDED, map, map->name, (u32)where, 0);
	if (unlikely(READ_ONCE(lock_stat)))
		lockstat_contended(map, where);
}

static __always_inline void lock_slept(struct lockdep_map *map)
{
	trace_note(TRACE_SLEEP, map, map->name, 0, 0);
	if (unlikely(READ_ONCE(lock_stat)))
		lockstat_slept(map);
}

static __always_inline void lock_acquired(struct lockdep_map *map, unsigned long where)
{
	trace_note(TRACE_ACQUIRED, map, map->name, (u32)where, 0);
	if (unlikely(READ_ONCE(lock_stat)))
		lockstat_acquired(map, where);
}

/* lock_handoff - the lock of @map goes to the waiting thread @pid, and nobody can take it before. Any context. */
static __always_inline void lock_handoff(struct lockdep_map *map, int pid)
{
	trace_note(TRACE_HANDOFF, map, map->name, (u32)pid, 0);
}

/* lockstat_released - @held, which is counted, is held no more. Caller is inside the validator. */
void lockstat_released(const struct lockdep_held *held);

/* lockstat_downgraded - the same for @held as a writer's; it is a reader's from now on. */
void lockstat_downgraded(struct lockdep_held *held);

/*
 * lockstat_cpu_size, lockstat_cpu_give - each CPU counts in memory of so many bytes, zeroed, given once.
 * lockstat_cpu_has - whether it was. lockstat_cpu_clear - clear this CPU's; interrupts off.
 * lockstat_forget - clear @class on all CPUs: it stands for other locks from now on.
 */
size_t lockstat_cpu_size(void);
void lockstat_cpu_give(u32 cpu, void *memory);
bool lockstat_cpu_has(u32 cpu);
void lockstat_cpu_clear(void *unused);
void lockstat_forget(u16 class);

/*
 * lockstat_sum - the row of @class over all CPUs. lockstat_top - the up to @n places with the highest counts
 *   that waited, or with @holders were waited for; returns how many. lockstat_lost - what could not be
 *   counted, for want of room. Never sleep. Any context; steady while nobody takes such locks.
 */
struct lockstat_row lockstat_sum(u16 class, bool read);
u32 lockstat_top(u16 class, bool holders, struct lockstat_point *top, u32 n);
u64 lockstat_lost(void);

#else

#define lock_contended(map, where) ((void)0)
#define lock_slept(map)            ((void)0)
#define lock_acquired(map, where)  ((void)0)
#define lock_handoff(map, pid)     ((void)0)

#endif
