/* uncontended.c: how long a pair takes when nobody else wants the lock, and how long other things take.
 * SPDX-License-Identifier: MIT
 */
#include <arch/clock.h>

#include "kernel/base/cpu.h"
#include "kernel/bench/bench.h"
#include "kernel/core/panic.h"

#define MAX_ROWS 128
#define ROUNDS   33 /* in a pass */
#define ROUND_NS                                                                                   \
	300000U /* about as long is a round: long beside the clock, short beside a slow spell */
#define TRIP_ROUNDS 5

/* What was found of each row. [s] the benchmark's thread only */
static struct {
	unsigned long n; /* pairs in a round; 0: not known yet */
	u64 best;        /* ns of the best round */
	u64 total;       /* ns of all rounds */
	unsigned int rounds;
} found[MAX_ROWS];

static u64 time_of(const struct bench *row, unsigned long n)
{
	u64 start = clock_ns();

	row->pairs(n);
	return clock_ns() - start;
}

/* How many pairs make a round. Twice too long, in case this CPU was stopped in the first. */
static unsigned long calibrate(const struct bench *row)
{
	unsigned long n = 64;

	while (min(time_of(row, n), time_of(row, n)) < ROUND_NS / 2)
		n *= 2;
	return n;
}

static void one_round(const struct bench *row)
{
	size_t i = (size_t)(row - benches_start);
	u64 ns;

	if (!found[i].n)
		found[i].n = calibrate(row);
	ns = time_of(row, found[i].n);
	if (!found[i].rounds || ns < found[i].best)
		found[i].best = ns;
	found[i].total += ns;
	found[i].rounds++;
}

void bench_uncontended(void)
{
	const struct bench *row;

	BUG_ON(benches_end - benches_start > MAX_ROWS);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for_each_bench(row, pairs) one_round(row);
	}
}

void bench_uncontended_print(void)
{
	const struct bench *row;

	for_each_bench(row, pairs)
	{
		size_t i = (size_t)(row - benches_start);

		pr_plain("pair %s n=%lu best_ns=%llu total_ns=%llu rounds=%u most_ratio=%u\n",
			 row->name, found[i].n, (unsigned long long)found[i].best,
			 (unsigned long long)found[i].total, found[i].rounds, row->most_ratio);
	}
}

void bench_trips(void)
{
	const struct bench *row;

	for (unsigned int round = 0; round < TRIP_ROUNDS; round++) {
		for_each_bench(row, trip)
		{
			if (row->cpus <= num_online_cpus())
				pr_plain("trip %s n=%u ns=%llu\n", row->name, row->n,
					 (unsigned long long)row->trip(row->n));
		}
	}
}
