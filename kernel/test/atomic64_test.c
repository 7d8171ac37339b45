/* atomic64_test.c: atomic64_t: the same as atomic_test.c, on 64 bits.
 * SPDX-License-Identifier: MIT
 */
#include <arch/atomic.h>

#include "kernel/test/lock_test.h"

#define BATCH 500            /* operations between two looks at the clock */
#define START 0xfffffffffffL /* sums from here carry out of the low half */

static const s64 samples[] = {
	0,
	1,
	-1,
	77,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	-0x80000001L,
	0x123456789abcdef0,
	0x7fffffffffffffff,
	-0x7fffffffffffffff - 1,
};

/* An atomic64_t between two words that it must leave alone. */
static struct {
	s64 before;
	atomic64_t v;
	s64 after;
} place = { .before = -1, .after = -1 };

/* @call, on a word that is @start, returns @result and leaves @then. */
#define CHECK(start, call, result, then)                                                           \
	do {                                                                                       \
		atomic64_set(&place.v, start);                                                     \
		EXPECT_EQ(call, result);                                                           \
		EXPECT_EQ(atomic64_read(&place.v), then);                                          \
	} while (0)
#define CHECK_VOID(start, call, then) CHECK(start, (call, 0), 0, then)

static void check_arithmetic(s64 start, s64 i)
{
	s64 sum = (s64)((u64)start + (u64)i);
	s64 difference = (s64)((u64)start - (u64)i);

	CHECK_VOID(start, atomic64_add(i, &place.v), sum);
	CHECK_VOID(start, atomic64_sub(i, &place.v), difference);
	CHECK(start, atomic64_fetch_add(i, &place.v), start, sum);
	CHECK(start, atomic64_fetch_sub(i, &place.v), start, difference);
	CHECK(start, atomic64_add_return(i, &place.v), sum, sum);
	CHECK(start, atomic64_sub_return(i, &place.v), difference, difference);
	CHECK(start, atomic64_sub_and_test(i, &place.v), difference == 0, difference);
	CHECK(start, atomic64_add_unless(&place.v, i, 77), start != 77, start == 77 ? 77 : sum);
	CHECK(start, atomic64_xchg(&place.v, i), start, i);
	CHECK(start, atomic64_cmpxchg(&place.v, start, i), start, i);
	CHECK(start, atomic64_cmpxchg(&place.v, ~start, i), start, start);
	CHECK_VOID(start, atomic64_set_release(&place.v, i), i);
}

static void check_steps(s64 start)
{
	s64 up = (s64)((u64)start + 1);
	s64 down = (s64)((u64)start - 1);

	CHECK_VOID(start, atomic64_inc(&place.v), up);
	CHECK_VOID(start, atomic64_dec(&place.v), down);
	CHECK(start, atomic64_inc_return(&place.v), up, up);
	CHECK(start, atomic64_dec_return(&place.v), down, down);
	CHECK(start, atomic64_inc_and_test(&place.v), up == 0, up);
	CHECK(start, atomic64_dec_and_test(&place.v), down == 0, down);
	CHECK(start, atomic64_inc_not_zero(&place.v), start != 0, start ? up : 0);
	CHECK(start, atomic64_read_acquire(&place.v), start, start);
}

static void check_try_cmpxchg(s64 start, s64 new)
{
	s64 old = start;

	CHECK(start, atomic64_try_cmpxchg(&place.v, &old, new), true, new);
	EXPECT_EQ(old, start);
	old = ~start;
	CHECK(start, atomic64_try_cmpxchg(&place.v, &old, new), false, start);
	EXPECT_EQ(old, start);
}

TEST(atomic64_values)
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
static void by_add(atomic64_t *v)
{
	atomic64_add(3, v);
}

static void by_sub(atomic64_t *v)
{
	atomic64_sub(3, v);
}

static void by_fetch_add(atomic64_t *v)
{
	atomic64_fetch_add(1, v);
}

static void by_add_return(atomic64_t *v)
{
	atomic64_add_return(-1, v);
}

static void by_dec_and_test(atomic64_t *v)
{
	atomic64_dec_and_test(v);
}

static void by_inc_and_test(atomic64_t *v)
{
	atomic64_inc_and_test(v);
}

static void by_sub_and_test(atomic64_t *v)
{
	atomic64_sub_and_test(2, v);
}

static void by_add_unless(atomic64_t *v)
{
	atomic64_add_unless(v, 1, -1);
}

static void by_cmpxchg(atomic64_t *v)
{
	s64 old;

	do {
		old = atomic64_read(v);
	} while (atomic64_cmpxchg(v, old, old + 1) != old);
}

static const struct operation {
	const char *name;
	void (*apply)(atomic64_t *v);
	s64 step;
} operations[] = {
	{ "add", by_add, 3 },
	{ "sub", by_sub, -3 },
	{ "inc", atomic64_inc, 1 },
	{ "dec", atomic64_dec, -1 },
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
	atomic64_t v;
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

TEST(atomic64_contended)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(operations); i++) {
		struct contention contention = { .operation = &operations[i],
						 .effort = effort_of(10, 1, 1),
						 .v = ATOMIC64_INIT(START) };
		s64 applied = test_run_on_cpus(apply_often, &contention) * BATCH;

		if (!EXPECT_EQ(atomic64_read(&contention.v), START + applied * operations[i].step))
			test_note("atomic64_%s() loses updates", operations[i].name);
	}
}
