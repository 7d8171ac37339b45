/* bench.h: the rows of `make bench`: what a lock costs in instructions, in time, and when others want it.
 * SPDX-License-Identifier: MIT
 *
 * A row is a few lines in any file of the kernel's top layer, and is found by the linker:
 *
 *	static DEFINE_SPINLOCK(lock);
 *
 *	BENCH_PAIR(spin_lock, .most = 10, .most_ratio = 13)	taking and releasing it, alone
 *	{
 *		spin_lock(&lock);
 *		spin_unlock(&lock);
 *	}
 *
 *	BENCH_CONTEST(spin_lock)				the same while other CPUs want it
 *	{
 *		spin_lock(&lock);
 *		bench_inside(visitor);
 *		spin_unlock(&lock);
 *	}
 *
 *	BENCH_TRIP(kthread_create_stop, 20)			anything else that takes time,
 *	{							20 times in a round
 *		u64 start = clock_ns();
 *
 *		for (unsigned int i = 0; i < n; i++)
 *			...
 *		return clock_ns() - start;
 *	}
 *
 * The kernel prints what it counted, a line a row; tools/bench.py makes tables of that. mode=cost
 * counts the instructions of the pairs (count.c), mode=bench measures time (uncontended.c, contest.c).
 */
#pragma once

#include "kernel/base/config.h"
#include "kernel/core/printk.h"
#include "lib/macros.h"
#include "lib/types.h"

/* So few that no tick falls into them: with the checks a pair takes up to 200 times as long. */
#define BENCH_COUNTED_PAIRS (CONFIG_CHECKED ? 100U : 1000U)

struct bench_visitor;

/* One of the three functions is set: it says what kind of row this is. [I] */
struct bench {
	const char *name;
	void (*pairs)(unsigned long n);                 /* take and release it @n times */
	void (*contest)(struct bench_visitor *visitor); /* take it, be inside, release it */
	u64 (*trip)(unsigned int n);                    /* do it @n times; returns the ns */
	unsigned int most; /* pairs: instructions that one may take; 0: any number */
	unsigned int
		most_ratio; /* pairs: tenths of a bare locked pair's time it should take; 0: any */
	unsigned int cpus;  /* trip: how many CPUs it needs */
	unsigned int n;     /* trip: how often it is done in a round */
	bool shared;        /* contest: several may be inside at once */
};

#define __BENCH(row, ...)                                                                          \
	static const struct bench row __used __section(".benches")                                 \
		__aligned(__alignof__(struct bench)) = { __VA_ARGS__ }

/* The body stands in the loop itself, not in a function that it calls: what is counted is the lock. */
#define BENCH_PAIR(bench_name, ...)                                                                \
	static __always_inline void bench_pair_##bench_name(void);                                 \
	static void bench_pairs_##bench_name(unsigned long n)                                      \
	{                                                                                          \
		for (; n; n--) {                                                                   \
			bench_pair_##bench_name();                                                 \
			barrier();                                                                 \
		}                                                                                  \
	}                                                                                          \
	__BENCH(__bench_pair_##bench_name, .name = #bench_name, .pairs = bench_pairs_##bench_name, \
		##__VA_ARGS__);                                                                    \
	static __always_inline void bench_pair_##bench_name(void)

#define BENCH_CONTEST(bench_name, ...)                                                             \
	static void bench_contest_##bench_name(struct bench_visitor *visitor);                     \
	__BENCH(__bench_contest_##bench_name, .name = #bench_name,                                 \
		.contest = bench_contest_##bench_name, ##__VA_ARGS__);                             \
	static void bench_contest_##bench_name(struct bench_visitor *visitor)

#define BENCH_TRIP(bench_name, times, ...)                                                         \
	static u64 bench_trip_##bench_name(unsigned int n);                                        \
	__BENCH(__bench_trip_##bench_name, .name = #bench_name, .trip = bench_trip_##bench_name,   \
		.n = (times), ##__VA_ARGS__);                                                      \
	static u64 bench_trip_##bench_name(unsigned int n)

/* Every row of the kernel whose function of that kind is set and which was asked for. */
extern const struct bench benches_start[], benches_end[];
#define for_each_bench(row, kind)                                                                  \
	for ((row) = benches_start; (row) < benches_end; (row)++)                                  \
		if ((row)->kind && bench_is_chosen(row))

bool bench_is_chosen(const struct bench *row);

/* What one thread sees of a contest. [s] its own thread only, read by others when it has ended */
struct bench_visitor {
	u64 serial;  /* [s] visits of all when it began to want the lock */
	u64 passed;  /* [s] the most visits of others while it waited */
	u64 last;    /* [s] time-stamp of its last release */
	u64 longest; /* [s] the longest time between two of them, in ticks */
	u64 visits;  /* [s] all */
	u64 in_time; /* [s] those that ended before the contest did */
} __aligned(64);

/* bench_inside - be inside the lock: count, and stay for as long as the contest says. Never sleeps. Caller
 * holds the lock, alone. bench_inside_shared - the same for one that may not be alone. Any context. */
void bench_inside(struct bench_visitor *visitor);
void bench_inside_shared(struct bench_visitor *visitor);

/* bench_visits - visits counted in the present contest; old at once while there are visitors. Any context. */
u64 bench_visits(void);

/* bench_start - run @fn(@arg) in a thread on CPU @cpu. May sleep. Thread context. Panics without memory. */
void bench_start(int (*fn)(void *arg), void *arg, u32 cpu);

/*
 * bench_count - count the instructions of every pair; false if they cannot be counted here.
 * bench_validator - count what the lock validator adds; false if it fails. @loop: instructions of an empty one.
 * bench_count_pairs - instructions of BENCH_COUNTED_PAIRS turns of @pairs; 0 if no two attempts in a row agree.
 * bench_uncontended - one pass over all pairs; bench_uncontended_print - what all passes found.
 * bench_trips - one pass over all trips, printed.
 * bench_contests - one pass over all contests, printed; false if an update was lost. bench_contests_init -
 *   before the first. Sleep. Thread context.
 */
bool bench_count(void);
bool bench_validator(u64 loop);
u64 bench_count_pairs(void (*pairs)(unsigned long n));
void bench_uncontended(void);
void bench_uncontended_print(void);
void bench_trips(void);
void bench_contests_init(void);
bool bench_contests(void);
