/* xchg_test.c: xchg, cmpxchg and try_cmpxchg on objects of 1, 2, 4 and 8 bytes.
 * SPDX-License-Identifier: MIT
 */
#include <arch/atomic.h>

#include "kernel/test/lock_test.h"

#define BATCH 500 /* operations between two looks at the clock */

static const unsigned int sizes[] = { 1, 2, 4, 8 };

/* A word that is used as an object of 1, 2, 4 or 8 bytes: its lowest ones. */
union word {
	u8 u8;
	u16 u16;
	u32 u32;
	u64 u64;
};

static u64 mask(unsigned int size)
{
	return ~0ULL >> (64 - 8 * size);
}

static u64 read_word(union word *word, unsigned int size)
{
	return READ_ONCE(word->u64) & mask(size);
}

static u64 xchg_word(union word *word, unsigned int size, u64 v)
{
	switch (size) {
	case 1:
		return xchg(&word->u8, (u8)v);
	case 2:
		return xchg(&word->u16, (u16)v);
	case 4:
		return xchg(&word->u32, (u32)v);
	default:
		return xchg(&word->u64, v);
	}
}

static u64 cmpxchg_word(union word *word, unsigned int size, u64 old, u64 new)
{
	switch (size) {
	case 1:
		return cmpxchg(&word->u8, (u8)old, (u8) new);
	case 2:
		return cmpxchg(&word->u16, (u16)old, (u16) new);
	case 4:
		return cmpxchg(&word->u32, (u32)old, (u32) new);
	default:
		return cmpxchg(&word->u64, old, new);
	}
}

/* *@old is a word of its own size for each, as it is for the users of the macro. */
static bool try_cmpxchg_word(union word *word, unsigned int size, union word *old, u64 new)
{
	switch (size) {
	case 1:
		return try_cmpxchg(&word->u8, &old->u8, (u8) new);
	case 2:
		return try_cmpxchg(&word->u16, &old->u16, (u16) new);
	case 4:
		return try_cmpxchg(&word->u32, &old->u32, (u32) new);
	default:
		return try_cmpxchg(&word->u64, &old->u64, new);
	}
}

/* One object of @size bytes, and the bytes of the word that are not its own. */
static void check_size(unsigned int size)
{
	const u64 first = 0x0123456789abcdefULL, second = 0xfedcba9876543210ULL;
	const u64 rest = first & ~mask(size);
	union word word = { .u64 = first };
	union word old = { .u64 = second };

	EXPECT_EQ(xchg_word(&word, size, second), first & mask(size));
	EXPECT_EQ(word.u64, rest | (second & mask(size)));

	EXPECT_EQ(cmpxchg_word(&word, size, first, 0), second & mask(size));
	EXPECT_EQ(word.u64, rest | (second & mask(size)));
	EXPECT_EQ(cmpxchg_word(&word, size, second, first), second & mask(size));
	EXPECT_EQ(word.u64, first);

	EXPECT(!try_cmpxchg_word(&word, size, &old, 0));
	EXPECT_EQ(word.u64, first);
	EXPECT_EQ(old.u64, (second & ~mask(size)) | (first & mask(size)));
	EXPECT(try_cmpxchg_word(&word, size, &old, second));
	EXPECT_EQ(word.u64, rest | (second & mask(size)));
}

TEST(xchg_values)
{
	int here;
	int *pointer = NULL;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		check_size(sizes[i]);
	EXPECT(cmpxchg(&pointer, NULL, &here) == NULL);
	EXPECT(xchg(&pointer, NULL) == &here);
	EXPECT(!pointer);
}

struct contention {
	unsigned int size;
	struct effort effort;
	atomic_t tokens;
	union word word;
};

/* Each CPU has a token and exchanges it again and again: none may be lost, and none be there twice. */
static int exchange_tokens(void *arg)
{
	struct contention *contention = arg;
	u64 token = (u64)atomic_inc_return(&contention->tokens);

	for (unsigned int batch = 0; effort_goes_on(&contention->effort, batch); batch++) {
		for (unsigned int i = 0; i < BATCH; i++)
			token = xchg_word(&contention->word, contention->size, token);
	}
	return (int)token;
}

/* Returns the batches made. */
static int count_by_cmpxchg(void *arg)
{
	struct contention *contention = arg;
	unsigned int size = contention->size;
	unsigned int batches = 0;
	u64 old;

	for (; effort_goes_on(&contention->effort, batches); batches++) {
		for (unsigned int i = 0; i < BATCH; i++) {
			do {
				old = read_word(&contention->word, size);
			} while (cmpxchg_word(&contention->word, size, old, old + 1) != old);
		}
	}
	return (int)batches;
}

static int count_by_try_cmpxchg(void *arg)
{
	struct contention *contention = arg;
	unsigned int size = contention->size;
	unsigned int batches = 0;

	for (; effort_goes_on(&contention->effort, batches); batches++) {
		for (unsigned int i = 0; i < BATCH; i++) {
			union word old = { .u64 = read_word(&contention->word, size) };

			while (!try_cmpxchg_word(&contention->word, size, &old, old.u64 + 1))
				;
		}
	}
	return (int)batches;
}

/* Run @fn on all CPUs and return the sum; the bytes beside the object must stay. */
static long contend(struct contention *contention, int (*fn)(void *arg), unsigned int size)
{
	const u64 rest = ~mask(size);
	long sum;

	*contention = (struct contention){ .size = size, .effort = effort_of(10, 1, 1) };
	contention->word.u64 = rest;
	sum = test_run_on_cpus(fn, contention);
	EXPECT_EQ(contention->word.u64 & ~mask(size), rest);
	return sum;
}

TEST(xchg_contended)
{
	const long cpus = (long)num_online_cpus();
	struct contention contention;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		long held = contend(&contention, exchange_tokens, sizes[i]);

		EXPECT_EQ(held + (long)read_word(&contention.word, sizes[i]),
			  cpus * (cpus + 1) / 2);
	}
}

static void check_counting(int (*fn)(void *arg), unsigned int size)
{
	struct contention contention;
	u64 counted = (u64)contend(&contention, fn, size) * BATCH;

	EXPECT_EQ(read_word(&contention.word, size), counted & mask(size));
}

TEST(cmpxchg_contended)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_counting(count_by_cmpxchg, sizes[i]);
		check_counting(count_by_try_cmpxchg, sizes[i]);
	}
}
