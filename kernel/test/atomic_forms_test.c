/* atomic_forms_test.c: the forms that follow: of all three families, with all orders.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/atomic.h"

#include "kernel/test/lock_test.h"

#define BATCH 200 /* operations between two looks at the clock */

static const s64 samples[] = {
	0,
	1,
	-1,
	77,
	0x55,
	0x7fffffff,
	-0x7fffffff - 1,
	0x123456789abcdef0,
	0x7fffffffffffffff,
	-0x7fffffffffffffff - 1,
};

/* @call, on a word that is @start, returns @result and leaves @then. */
#define CHECK(name, start, call, result, then)                                                     \
	do {                                                                                       \
		name##_set(v, start);                                                              \
		EXPECT_EQ(call, result);                                                           \
		EXPECT_EQ(name##_read(v), then);                                                   \
	} while (0)
#define CHECK_VOID(name, start, call, then) CHECK(name, start, (call, 0), 0, then)

/* The form without a suffix, and with each. */
#define CHECK_ORDERS(name, op, start, arguments, result, then)                                     \
	do {                                                                                       \
		CHECK(name, start, name##_##op arguments, result, then);                           \
		CHECK(name, start, name##_##op##_relaxed arguments, result, then);                 \
		CHECK(name, start, name##_##op##_acquire arguments, result, then);                 \
		CHECK(name, start, name##_##op##_release arguments, result, then);                 \
	} while (0)

/* What the arithmetic gives comes from unsigned numbers, so it may wrap. */
#define DEFINE_CHECKS(name, type, integer, word)                                                   \
	static void name##_check_bits(type *v, integer s, integer i)                               \
	{                                                                                          \
		CHECK_VOID(name, s, name##_and(i, v), s &i);                                       \
		CHECK_VOID(name, s, name##_or(i, v), s | i);                                       \
		CHECK_VOID(name, s, name##_xor(i, v), s ^ i);                                      \
		CHECK_VOID(name, s, name##_andnot(i, v), s & ~i);                                  \
		CHECK_ORDERS(name, fetch_and, s, (i, v), s, s &i);                                 \
		CHECK_ORDERS(name, fetch_or, s, (i, v), s, s | i);                                 \
		CHECK_ORDERS(name, fetch_xor, s, (i, v), s, s ^ i);                                \
		CHECK_ORDERS(name, fetch_andnot, s, (i, v), s, s & ~i);                            \
	}                                                                                          \
	static void name##_check_sums(type *v, integer s, integer i)                               \
	{                                                                                          \
		integer sum = (integer)((word)s + (word)i);                                        \
		integer rest = (integer)((word)s - (word)i);                                       \
                                                                                                   \
		CHECK_VOID(name, s, name##_add(i, v), sum);                                        \
		CHECK_VOID(name, s, name##_sub(i, v), rest);                                       \
		CHECK_ORDERS(name, fetch_add, s, (i, v), s, sum);                                  \
		CHECK_ORDERS(name, fetch_sub, s, (i, v), s, rest);                                 \
		CHECK_ORDERS(name, add_return, s, (i, v), sum, sum);                               \
		CHECK_ORDERS(name, sub_return, s, (i, v), rest, rest);                             \
		CHECK_ORDERS(name, add_negative, s, (i, v), sum < 0, sum);                         \
		CHECK(name, s, name##_sub_and_test(i, v), rest == 0, rest);                        \
		CHECK(name, s, name##_add_unless(v, i, 77), s != 77, s == 77 ? s : sum);           \
		CHECK(name, s, name##_fetch_add_unless(v, i, 77), s, s == 77 ? s : sum);           \
	}                                                                                          \
	static void name##_check_steps(type *v, integer s)                                         \
	{                                                                                          \
		integer up = (integer)((word)s + 1);                                               \
		integer down = (integer)((word)s - 1);                                             \
                                                                                                   \
		CHECK_VOID(name, s, name##_inc(v), up);                                            \
		CHECK_VOID(name, s, name##_dec(v), down);                                          \
		CHECK_ORDERS(name, fetch_inc, s, (v), s, up);                                      \
		CHECK_ORDERS(name, fetch_dec, s, (v), s, down);                                    \
		CHECK_ORDERS(name, inc_return, s, (v), up, up);                                    \
		CHECK_ORDERS(name, dec_return, s, (v), down, down);                                \
		CHECK(name, s, name##_inc_and_test(v), up == 0, up);                               \
		CHECK(name, s, name##_dec_and_test(v), down == 0, down);                           \
		CHECK(name, s, name##_inc_not_zero(v), s != 0, s ? up : 0);                        \
		CHECK(name, s, name##_inc_unless_negative(v), s >= 0, s >= 0 ? up : s);            \
		CHECK(name, s, name##_dec_unless_positive(v), s <= 0, s <= 0 ? down : s);          \
		CHECK(name, s, name##_dec_if_positive(v), down, s > 0 ? down : s);                 \
		CHECK(name, s, name##_read_acquire(v), s, s);                                      \
		CHECK_VOID(name, ~s, name##_set_release(v, s), s);                                 \
	}                                                                                          \
	static void name##_check_exchanges(type *v, integer s, integer i)                          \
	{                                                                                          \
		integer old = s;                                                                   \
                                                                                                   \
		CHECK_ORDERS(name, xchg, s, (v, i), s, i);                                         \
		CHECK_ORDERS(name, cmpxchg, s, (v, s, i), s, i);                                   \
		CHECK_ORDERS(name, cmpxchg, s, (v, ~s, i), s, s);                                  \
		CHECK_ORDERS(name, try_cmpxchg, s, (v, &old, i), true, i);                         \
		EXPECT_EQ(old, s);                                                                 \
		old = ~s;                                                                          \
		CHECK(name, s, name##_try_cmpxchg_relaxed(v, &old, i), false, s);                  \
		EXPECT_EQ(old, s);                                                                 \
	}                                                                                          \
	static void name##_check_all(void)                                                         \
	{                                                                                          \
		/* The word stands between two that nobody may touch. */                           \
		type words[3] = { { -1 }, { 0 }, { -1 } };                                         \
                                                                                                   \
		for (unsigned int i = 0; i < ARRAY_SIZE(samples); i++) {                           \
			name##_check_steps(&words[1], (integer)samples[i]);                        \
			for (unsigned int j = 0; j < ARRAY_SIZE(samples); j++) {                   \
				integer s = (integer)samples[i], with = (integer)samples[j];       \
                                                                                                   \
				name##_check_bits(&words[1], s, with);                             \
				name##_check_sums(&words[1], s, with);                             \
				name##_check_exchanges(&words[1], s, with);                        \
			}                                                                          \
		}                                                                                  \
		EXPECT(name##_read(&words[0]) == -1 && name##_read(&words[2]) == -1);              \
	}

DEFINE_CHECKS(atomic, atomic_t, int, u32)
DEFINE_CHECKS(atomic64, atomic64_t, s64, u64)
DEFINE_CHECKS(atomic_long, atomic_long_t, long, unsigned long)

TEST(atomic_forms)
{
	atomic_check_all();
}

TEST(atomic64_forms)
{
	atomic64_check_all();
}

TEST(atomic_long_forms)
{
	atomic_long_check_all();
}

/* ---- Between CPUs ---------------------------------------------------------------------------- */

/* Each CPU has bits of its own in one word, and a share of one sum. */
struct contention {
	struct effort effort;
	atomic_t next;
	atomic_long_t bits;
	atomic_long_t flags; /* the same, by the forms that return nothing */
	atomic64_t sum;
	atomic_t units; /* of which there are few: taken if there are any */
};

#define UNITS 3

/* Both return how often its own bit was not what it had made it. */
static int use_bit(struct contention *contention, long bit)
{
	int wrong = 0;

	wrong += (atomic_long_fetch_or(bit, &contention->bits) & bit) != 0;
	wrong += (atomic_long_fetch_andnot(bit, &contention->bits) & bit) == 0;
	wrong += (atomic_long_fetch_xor(bit, &contention->bits) & bit) != 0;
	wrong += (atomic_long_fetch_and(~bit, &contention->bits) & bit) == 0;
	return wrong;
}

/* Nothing else is between these, so that two CPUs meet in them. */
static int use_flag(struct contention *contention, long bit)
{
	int wrong = 0;

	for (unsigned int i = 0; i < BATCH; i++) {
		atomic_long_or(bit, &contention->flags);
		wrong += (atomic_long_read(&contention->flags) & bit) == 0;
		atomic_long_andnot(bit, &contention->flags);
		wrong += (atomic_long_read(&contention->flags) & bit) != 0;
		atomic_long_xor(bit, &contention->flags);
		wrong += (atomic_long_read(&contention->flags) & bit) == 0;
		atomic_long_and(~bit, &contention->flags);
		wrong += (atomic_long_read(&contention->flags) & bit) != 0;
	}
	return wrong;
}

/* Take a unit, if there is one, and give it back. Returns whether there were ever too many. */
static int use_unit(struct contention *contention)
{
	int left = atomic_dec_if_positive(&contention->units);
	bool wrong = left >= UNITS;

	if (left >= 0)
		wrong |= !atomic_inc_unless_negative(&contention->units);
	return wrong;
}

static int use_forms(void *arg)
{
	struct contention *contention = arg;
	long bit = 1L << atomic_fetch_inc(&contention->next);
	int wrong = 0;

	for (unsigned int batch = 0; effort_goes_on(&contention->effort, batch); batch++) {
		for (unsigned int i = 0; i < BATCH; i++) {
			wrong += use_bit(contention, bit);
			wrong += use_unit(contention);
			atomic64_fetch_add_unless(&contention->sum, 2, -1);
			atomic64_dec_return_relaxed(&contention->sum);
			atomic64_fetch_dec(&contention->sum);
		}
		for (unsigned int i = 0; i < 10; i++)
			wrong += use_flag(contention, bit);
	}
	return wrong;
}

TEST(atomic_forms_contended)
{
	struct contention contention = { .effort = effort_of(60, 1, 1),
					 .units = ATOMIC_INIT(UNITS),
					 .sum = ATOMIC64_INIT(1000) };

	if (num_online_cpus() > 62)
		SKIP("more CPUs than bits");
	EXPECT_EQ(test_run_on_cpus(use_forms, &contention), 0);
	EXPECT_EQ(atomic_long_read(&contention.bits), 0);
	EXPECT_EQ(atomic_long_read(&contention.flags), 0);
	EXPECT_EQ(atomic_read(&contention.units), UNITS);
	EXPECT_EQ(atomic64_read(&contention.sum), 1000);
}

/* ---- Exchanges for one CPU only, and conditions of loads ------------------------------------- */

TEST(cmpxchg_local_values)
{
	u16 words[3] = { 1, 2, 3 };
	u16 old = 7;
	u64 large = 1ULL << 40;

	EXPECT_EQ(cmpxchg_local(&words[1], (u16)2, (u16)20), 2);
	EXPECT_EQ(cmpxchg_local(&words[1], (u16)2, (u16)30), 20);
	EXPECT(!try_cmpxchg_local(&words[1], &old, (u16)40));
	EXPECT_EQ(old, 20);
	EXPECT(try_cmpxchg_local(&words[1], &old, (u16)40));
	EXPECT(words[0] == 1 && words[1] == 40 && words[2] == 3);
	EXPECT_EQ(cmpxchg64(&large, 1ULL << 40, 5ULL), 1ULL << 40);
	EXPECT_EQ(large, 5);
	EXPECT_EQ(xchg_relaxed(&large, 6ULL), 5);
	EXPECT_EQ(xchg_acquire(&large, 7ULL) + xchg_release(&large, 8ULL), 13);
	EXPECT_EQ(cmpxchg_acquire(&large, 8ULL, 9ULL) + cmpxchg_release(&large, 9ULL, 10ULL), 17);
}

/* Who waits for a word gets the first value that fits, and what was stored before it. */
struct handover {
	unsigned int data;
	unsigned int ready;
};

static int hand_over(void *arg)
{
	struct handover *handover = arg;

	for (unsigned int n = 1; n <= 100; n++) {
		WRITE_ONCE(handover->data, n);
		smp_store_release(&handover->ready, n); // [H] pairs with [L] in look()
		smp_cond_load_relaxed(&handover->ready, VAL == 0);
	}
	return 0;
}

static int look(void *arg)
{
	struct handover *handover = arg;
	int wrong = 0;

	for (unsigned int n = 1; n <= 100; n++) {
		// [L] pairs with [H] in hand_over()
		wrong += smp_cond_load_acquire(&handover->ready, VAL != 0) != n;
		wrong += READ_ONCE(handover->data) != n;
		smp_store_mb(handover->ready, 0u);
	}
	return wrong;
}

TEST(smp_cond_load_waits)
{
	struct handover handover = { 0 };
	struct actor sender, receiver;

	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	REQUIRE(actor_start(&sender, hand_over, &handover, test_cpu(0)));
	REQUIRE(actor_start(&receiver, look, &handover, test_cpu(1)));
	EXPECT_EQ(actor_join(&receiver), 0);
	actor_join(&sender);
}
