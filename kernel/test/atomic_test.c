/* atomic_test.c: atomic_t: what each operation does and returns, and that none is lost between CPUs.
 * SPDX-License-Identifier: MIT
 */
#include <arch/atomic.h>

#include "kernel/core/slab.h"
#include "kernel/test/lock_test.h"
#include "lib/string.h"

#define BATCH 500 /* operations between two looks at the clock */

static const int samples[] = { 0, 1, -1, 2, 77, 0x12345678, 0x7fffffff, -0x7fffffff - 1 };

/* An atomic_t between two words that it must leave alone. */
static struct {
	int before;
	atomic_t v;
	int after;
} place = { .before = -1, .after = -1 };

/* @call, on a word that is @start, returns @result and leaves @then. */
#define CHECK(start, call, result, then)                                                           \
	do {                                                                                       \
		atomic_set(&place.v, start);                                                       \
		EXPECT_EQ(call, result);                                                           \
		EXPECT_EQ(atomic_read(&place.v), then);                                            \
	} while (0)
#define CHECK_VOID(start, call, then) CHECK(start, (call, 0), 0, then)

static void check_arithmetic(int start, int i)
{
	int sum = (int)((u32)start + (u32)i);
	int difference = (int)((u32)start - (u32)i);

	CHECK_VOID(start, atomic_add(i, &place.v), sum);
	CHECK_VOID(start, atomic_sub(i, &place.v), difference);
	CHECK(start, atomic_fetch_add(i, &place.v), start, sum);
	CHECK(start, atomic_fetch_sub(i, &place.v), start, difference);
	CHECK(start, atomic_add_return(i, &place.v), sum, sum);
	CHECK(start, atomic_sub_return(i, &place.v), difference, difference);
	CHECK(start, atomic_sub_and_test(i, &place.v), difference == 0, difference);
	CHECK(start, atomic_add_unless(&place.v, i, 77), start != 77, start == 77 ? 77 : sum);
	CHECK(start, atomic_xchg(&place.v, i), start, i);
	CHECK(start, atomic_cmpxchg(&place.v, start, i), start, i);
	CHECK(start, atomic_cmpxchg(&place.v, ~start, i), start, start);
	CHECK_VOID(start, atomic_set_release(&place.v, i), i);
}

static void check_steps(int start)
{
	int up = (int)((u32)start + 1);
	int down = (int)((u32)start - 1);

	CHECK_VOID(start, atomic_inc(&place.v), up);
	CHECK_VOID(start, atomic_dec(&place.v), down);
	CHECK(start, atomic_inc_return(&place.v), up, up);
	CHECK(start, atomic_dec_return(&place.v), down, down);
	CHECK(start, atomic_inc_and_test(&place.v), up == 0, up);
	CHECK(start, atomic_dec_and_test(&place.v), down == 0, down);
	CHECK(start, atomic_inc_not_zero(&place.v), start != 0, start ? up : 0);
	CHECK(start, atomic_read_acquire(&place.v), start, start);
}

static void check_try_cmpxchg(int start, int new)
{
	int old = start;

	CHECK(start, atomic_try_cmpxchg(&place.v, &old, new), true, new);
	EXPECT_EQ(old, start);
	old = ~start;
	CHECK(start, atomic_try_cmpxchg(&place.v, &old, new), false, start);
	EXPECT_EQ(old, start);
}

TEST(atomic_values)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(samples); i++) {
		check_steps(samples[i]);
		for (unsigned int j = 0; j < ARRAY_SIZE(samples); j++) {
			check_arithmetic(samples[i], samples[j]);
			check_try_cmpxchg(samples[i], samples[j]);
		}
	}
	EXPECT_EQ(place.before, -1);
	EXPECT_EQ(place.after, -1);
}

/* Each of these changes the word by `step`, once. */
static void by_add(atomic_t *v)
{
	atomic_add(3, v);
}

static void by_sub(atomic_t *v)
{
	atomic_sub(3, v);
}

static void by_fetch_add(atomic_t *v)
{
	atomic_fetch_add(1, v);
}

static void by_add_return(atomic_t *v)
{
	atomic_add_return(-1, v);
}

static void by_dec_and_test(atomic_t *v)
{
	atomic_dec_and_test(v);
}

static void by_inc_and_test(atomic_t *v)
{
	atomic_inc_and_test(v);
}

static void by_sub_and_test(atomic_t *v)
{
	atomic_sub_and_test(2, v);
}

static void by_add_unless(atomic_t *v)
{
	atomic_add_unless(v, 1, -1);
}

static void by_cmpxchg(atomic_t *v)
{
	int old;

	do {
		old = atomic_read(v);
	} while (atomic_cmpxchg(v, old, old + 1) != old);
}

static const struct operation {
	const char *name;
	void (*apply)(atomic_t *v);
	int step;
} operations[] = {
	{ "add", by_add, 3 },
	{ "sub", by_sub, -3 },
	{ "inc", atomic_inc, 1 },
	{ "dec", atomic_dec, -1 },
	{ "fetch_add", by_fetch_add, 1 },
	{ "add_return", by_add_return, -1 },
	{ "dec_and_test", by_dec_and_test, -1 },
	{ "inc_and_test", by_inc_and_test, 1 },
	{ "sub_and_test", by_sub_and_test, -2 },
	{ "add_unless", by_add_unless, 1 },
	{ "cmpxchg", by_cmpxchg, 1 },
};

struct contention {
	const struct operation *operation;
	struct effort effort;
	atomic_t v;
};

/* Returns the batches made. */
static int apply_often(void *arg)
{
	struct contention *contention = arg;
	unsigned int batches = 0;

	for (; effort_goes_on(&contention->effort, batches); batches++) {
		for (unsigned int i = 0; i < BATCH; i++)
			contention->operation->apply(&contention->v);
	}
	return (int)batches;
}

TEST(atomic_contended)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(operations); i++) {
		struct contention contention = { .operation = &operations[i],
						 .effort = effort_of(10, 1, 1) };
		u32 applied = (u32)test_run_on_cpus(apply_often, &contention) * BATCH;

		if (!EXPECT_EQ(atomic_read(&contention.v),
			       (int)(applied * (u32)operations[i].step)))
			test_note("atomic_%s() loses updates", operations[i].name);
	}
}

/* Counters that reach 0, each for one CPU only; and a counter that is used up. */
#define SETS     10
#define COUNTERS 1000
#define UNITS    100000

struct countdown {
	struct start_line lines[SETS]; /* bring the CPUs together again and again */
	struct start_line line;
	atomic_t counters[SETS][COUNTERS];
	atomic_t left;
};

static int count_zeros(void *arg)
{
	struct countdown *countdown = arg;
	int zeros = 0;

	for (unsigned int set = 0; set < SETS; set++) {
		start_line_wait(&countdown->lines[set], num_online_cpus());
		for (unsigned int i = 0; i < COUNTERS; i++)
			zeros += atomic_dec_and_test(&countdown->counters[set][i]);
	}
	return zeros;
}

static int use_up(void *arg)
{
	struct countdown *countdown = arg;
	int used = 0;

	start_line_wait(&countdown->line, num_online_cpus());
	while (atomic_add_unless(&countdown->left, -1, 0))
		used++;
	return used;
}

/* Of those who drop a reference, one finds that it was the last. */
TEST(atomic_last_reference)
{
	struct countdown *countdown = kzalloc(sizeof(*countdown), GFP_KERNEL);

	REQUIRE(countdown);
	for (unsigned int i = 0; i < SETS * COUNTERS; i++)
		atomic_set(&countdown->counters[i / COUNTERS][i % COUNTERS],
			   (int)num_online_cpus());
	EXPECT_EQ(test_run_on_cpus(count_zeros, countdown), SETS * COUNTERS);
	atomic_set(&countdown->left, UNITS);
	EXPECT_EQ(test_run_on_cpus(use_up, countdown), UNITS);
	EXPECT_EQ(atomic_read(&countdown->left), 0);
	kfree(countdown);
}
