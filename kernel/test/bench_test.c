/* bench_test.c: every row of the benchmarks does what it says, under the checks of the checked profile.
 * SPDX-License-Identifier: MIT
 *
 * A row that forgets to release, or releases twice, would be measured all the same.
 */
#include "kernel/bench/bench.h"

#include <arch/clock.h>

#include "kernel/base/cpu.h"
#include "kernel/base/preempt.h"
#include "kernel/test/test.h"

#define PAIRS  100
#define VISITS 10

/* What a row must leave as it found it. */
static void expect_nothing_held(const struct bench *row)
{
	u32 count = preempt_count();
	u32 held;

	preempt_disable();
	held = READ_ONCE(this_cpu()->nr_held);
	preempt_enable();
	if (!EXPECT_EQ(count, 0) || !EXPECT_EQ(held, 0))
		test_note("after the row %s", row->name);
}

TEST(bench_pairs_are_pairs)
{
	const struct bench *row;

	for (row = benches_start; row < benches_end; row++) {
		if (row->pairs)
			row->pairs(PAIRS);
		expect_nothing_held(row);
	}
}

TEST(bench_contests_visit)
{
	const struct bench *row;

	for (row = benches_start; row < benches_end; row++) {
		u64 before = bench_visits();

		if (!row->contest)
			continue;
		for (unsigned int i = 0; i < VISITS; i++) {
			struct bench_visitor visitor = { .serial = bench_visits() };

			row->contest(&visitor);
			EXPECT_EQ(visitor.passed, 0);
		}
		if (!EXPECT_EQ(bench_visits() - before, row->shared ? 0 : VISITS))
			test_note("in the row %s", row->name);
		expect_nothing_held(row);
	}
}

TEST(bench_trips_take_no_longer_than_they_take)
{
	const struct bench *row;

	for (row = benches_start; row < benches_end; row++) {
		u64 start = clock_ns();

		if (row->trip && row->cpus <= num_online_cpus())
			EXPECT(row->trip(2) <= clock_ns() - start);
	}
}
