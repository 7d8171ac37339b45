/* race_claim_test.c: what is claimed of a datum (ASSERT_EXCLUSIVE_...) is held against all accesses.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/spinlock.h"
#include "kernel/test/race_test.h"

static unsigned long word;

static void use(unsigned long value)
{
	asm volatile("" ::"r"(value));
}

/* Each is a function of its name. */
#define ACCESS(name, ...)                                                                          \
	static noinline void name(void)                                                            \
	{                                                                                          \
		__VA_ARGS__;                                                                       \
	}

ACCESS(read_marked, use(READ_ONCE(word)))
ACCESS(write_marked, WRITE_ONCE(word, READ_ONCE(word) + 1))
ACCESS(flip_bit_1, atomic64_xor(2, (atomic64_t *)&word))
ACCESS(claim_writer, ASSERT_EXCLUSIVE_WRITER(word))
ACCESS(claim_access, ASSERT_EXCLUSIVE_ACCESS(word))

TEST(race_with_claimed_writer)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, claim_writer, write_marked));
	EXPECT(RACES_NOT(claim_writer, read_marked));
	EXPECT(RACES_NOT(claim_writer, claim_writer));
}

TEST(race_with_claimed_access)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, claim_access, write_marked));
	EXPECT(RACES(&seen, claim_access, read_marked));
	EXPECT(RACES(&seen, claim_access, claim_writer));
	EXPECT(RACES(&seen, claim_access, claim_access));
}

ACCESS(claim_bit_1, ASSERT_EXCLUSIVE_BITS(word, 2))
ACCESS(claim_other_bits, ASSERT_EXCLUSIVE_BITS(word, ~2))

TEST(race_with_claimed_bits)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, claim_bit_1, flip_bit_1));
	EXPECT_EQ(seen.report.before ^ seen.report.after, 2);
	EXPECT(RACES_NOT(claim_other_bits, flip_bit_1));
}

/* ---- Up to the end of the block -------------------------------------------------------------- */

/* A claim is looked at whenever its thread accesses something; here, of its own. */
static void work(unsigned long *own)
{
	for (int i = 0; i < 3; i++) {
		*own += 1;
		asm("" : "+r"(own));
	}
}

static unsigned long own_word;
static DEFINE_SPINLOCK(lock);

static noinline void claim_writer_in_block(void)
{
	ASSERT_EXCLUSIVE_WRITER_SCOPED(word);
	work(&own_word);
}

static noinline void claim_access_in_block(void)
{
	ASSERT_EXCLUSIVE_ACCESS_SCOPED(word);
	work(&own_word);
}

/* True up to the end of its block, and not after. */
static noinline void claim_while_locked(void)
{
	spin_lock(&lock);
	{
		ASSERT_EXCLUSIVE_ACCESS_SCOPED(word);
		work(&own_word);
	}
	spin_unlock(&lock);
	work(&own_word);
}

static noinline void write_while_locked(void)
{
	spin_lock(&lock);
	WRITE_ONCE(word, 1);
	spin_unlock(&lock);
}

/* What is told of a claim is where it was made, wherever its thread accesses something. */
TEST(race_with_claim_is_at_the_claim)
{
	struct race_expectation seen;
	const struct race_side *claim;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, claim_access_in_block, read_marked));
	claim = &seen.report.watcher;
	if (!(claim->type & RACE_ASSERT))
		claim = &seen.report.other;
	EXPECT(claim->claim);
	EXPECT(!strcmp(race_side_function(claim), "claim_access_in_block"));
}

TEST(race_with_claim_in_block)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, claim_writer_in_block, write_marked));
	EXPECT(RACES_NOT(claim_writer_in_block, read_marked));
	EXPECT(RACES(&seen, claim_access_in_block, read_marked));
	EXPECT(RACES_NOT_LONG(claim_while_locked, write_while_locked));
	EXPECT(RACES(&seen, claim_while_locked, write_marked));
}
