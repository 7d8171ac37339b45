/* race_marked_test.c: the race detector and marked accesses: against plain ones a race, else none.
 * SPDX-License-Identifier: MIT
 */
#include <arch/bitops.h>

#include "kernel/core/jiffies.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/spin/seqlock.h"
#include "kernel/test/race_test.h"

static unsigned long word;
static atomic64_t *const atomic = (atomic64_t *)&word;

static void use(unsigned long value)
{
	asm volatile("" ::"r"(value));
}

static noinline void read_plainly(void)
{
	use(word);
}

static noinline void write_plainly(void)
{
	word++;
}

static noinline void read_marked(void)
{
	use(READ_ONCE(word));
}

static noinline void write_marked(void)
{
	WRITE_ONCE(word, 5);
}

TEST(race_plain_read_marked_write)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, read_plainly, write_marked));
}

TEST(race_marked_read_plain_write)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, read_marked, write_plainly));
}

TEST(race_plain_write_marked_write)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, write_plainly, write_marked));
}

TEST(race_marked_are_none)
{
	NEED_TWO_CPUS();
	EXPECT(RACES_NOT(read_marked, write_marked));
	EXPECT(RACES_NOT(write_marked, write_marked));
	EXPECT(RACES_NOT(read_marked, read_plainly));
}

/* ---- Instructions in assembly, which say what they do ---------------------------------------- */

/* Each is a function of its name that accesses `word`. */
#define ACCESS(name, ...)                                                                          \
	static noinline void name(void)                                                            \
	{                                                                                          \
		__VA_ARGS__;                                                                       \
	}

ACCESS(do_add, atomic64_add(1, atomic))
ACCESS(do_sub, atomic64_sub(1, atomic))
ACCESS(do_inc, atomic64_inc(atomic))
ACCESS(do_dec, atomic64_dec(atomic))
ACCESS(do_fetch_add, atomic64_fetch_add(1, atomic))
ACCESS(do_dec_and_test, atomic64_dec_and_test(atomic))
ACCESS(do_inc_and_test, atomic64_inc_and_test(atomic))
ACCESS(do_sub_and_test, atomic64_sub_and_test(1, atomic))
ACCESS(do_and, atomic64_and(-1, atomic))
ACCESS(do_or, atomic64_or(1, atomic))
ACCESS(do_xor, atomic64_xor(1, atomic))
ACCESS(do_add_negative, atomic64_add_negative(1, atomic))
ACCESS(do_atomic_xchg, atomic64_xchg(atomic, 1))
ACCESS(do_atomic_cmpxchg, atomic64_cmpxchg(atomic, 1, 1))
ACCESS(do_half_add, atomic_add(1, (atomic_t *)&word))
ACCESS(do_half_inc, atomic_inc((atomic_t *)&word))
ACCESS(do_half_fetch_add, atomic_fetch_add(1, (atomic_t *)&word))
ACCESS(do_half_xchg, atomic_xchg((atomic_t *)&word, 1))
ACCESS(do_half_cmpxchg, atomic_cmpxchg((atomic_t *)&word, 1, 1))
ACCESS(do_xchg, xchg(&word, 1))
ACCESS(do_cmpxchg, cmpxchg(&word, 1, 1))
ACCESS(do_store_mb, smp_store_mb(word, 1))
ACCESS(do_store_release, smp_store_release(&word, 1))
ACCESS(do_set_bit, set_bit(1, &word))
ACCESS(do_clear_bit, clear_bit(1, &word))
ACCESS(do_change_bit, change_bit(1, &word))
ACCESS(do_test_and_set_bit, test_and_set_bit(1, &word))
ACCESS(do_test_and_clear_bit, test_and_clear_bit(1, &word))
ACCESS(do_test_and_change_bit, test_and_change_bit(1, &word))
ACCESS(do_builtin_add, __atomic_fetch_add(&word, 1, __ATOMIC_RELAXED))
ACCESS(do_builtin_store, __atomic_store_n(&word, 1, __ATOMIC_RELEASE))
ACCESS(do_builtin_exchange, __atomic_exchange_n(&word, 1, __ATOMIC_SEQ_CST))
ACCESS(do_builtin_cmpxchg, __sync_bool_compare_and_swap(&word, 1, 1))

#define NAMED(function)                                                                            \
	{                                                                                          \
		function, #function                                                                \
	}

static const struct {
	void (*fn)(void);
	const char *name;
} atomics[] = {
	NAMED(do_add),
	NAMED(do_sub),
	NAMED(do_inc),
	NAMED(do_dec),
	NAMED(do_fetch_add),
	NAMED(do_dec_and_test),
	NAMED(do_inc_and_test),
	NAMED(do_sub_and_test),
	NAMED(do_and),
	NAMED(do_or),
	NAMED(do_xor),
	NAMED(do_add_negative),
	NAMED(do_atomic_xchg),
	NAMED(do_atomic_cmpxchg),
	NAMED(do_half_add),
	NAMED(do_half_inc),
	NAMED(do_half_fetch_add),
	NAMED(do_half_xchg),
	NAMED(do_half_cmpxchg),
	NAMED(do_xchg),
	NAMED(do_cmpxchg),
	NAMED(do_store_mb),
	NAMED(do_store_release),
	NAMED(do_set_bit),
	NAMED(do_clear_bit),
	NAMED(do_change_bit),
	NAMED(do_test_and_set_bit),
	NAMED(do_test_and_clear_bit),
	NAMED(do_test_and_change_bit),
	NAMED(do_builtin_add),
	NAMED(do_builtin_store),
	NAMED(do_builtin_exchange),
	NAMED(do_builtin_cmpxchg),
};

/* What the atomics do is asked of their own tests; here they must be seen, as marked writes. */
TEST(race_atomics_are_seen)
{
	NEED_TWO_CPUS();
	for (u32 i = 0; i < ARRAY_SIZE(atomics); i++) {
		struct race_expectation seen;

		EXPECT(races_between(&seen, read_plainly, "read_plainly", atomics[i].fn,
				     atomics[i].name));
		EXPECT(seen.report.other_known && (seen.report.other.type & RACE_WRITE) &&
		       (seen.report.other.type & RACE_MARKED));
	}
}

TEST(race_atomics_are_none)
{
	NEED_TWO_CPUS();
	EXPECT(RACES_NOT(do_inc, do_fetch_add));
	EXPECT(RACES_NOT(do_xchg, read_marked));
	EXPECT(RACES_NOT(do_set_bit, write_marked));
	EXPECT(RACES_NOT(do_builtin_add, do_builtin_cmpxchg));
}

/* ---- The words of locks, and the clock: full of races, all marked ---------------------------- */

static DEFINE_SPINLOCK(spinlock);
static DEFINE_MUTEX(mutex);

ACCESS(use_spinlock, spin_lock(&spinlock); spin_unlock(&spinlock))
ACCESS(look_at_spinlock, use(spin_is_locked(&spinlock)))
ACCESS(use_mutex, mutex_lock(&mutex); mutex_unlock(&mutex))
ACCESS(look_at_mutex, use(mutex_is_locked(&mutex)))
ACCESS(look_at_clock, use(jiffies))

TEST(race_locks_have_none)
{
	NEED_TWO_CPUS();
	EXPECT(RACES_NOT_LONG(use_spinlock, look_at_spinlock));
	EXPECT(RACES_NOT_LONG(use_mutex, look_at_mutex));
	EXPECT(RACES_NOT_LONG(use_mutex, use_mutex));
	EXPECT(RACES_NOT(look_at_clock, look_at_clock));
}

/* ---- Seqlocks: who reads plainly inside throws away what may be torn ------------------------- */

static DEFINE_SEQLOCK(seqlock);
static unsigned long guarded[4];

static noinline void write_in_seqlock(void)
{
	write_seqlock(&seqlock);
	for (int i = 0; i < 4; i++)
		guarded[i]++;
	write_sequnlock(&seqlock);
}

static noinline void read_in_seqlock(void)
{
	unsigned int sequence;
	unsigned long sum;

	do {
		sequence = read_seqbegin(&seqlock);
		sum = guarded[0] + guarded[1] + guarded[2] + guarded[3];
	} while (read_seqretry(&seqlock, sequence));
	use(sum);
}

static noinline void read_beside_seqlock(void)
{
	use(guarded[0] + guarded[1] + guarded[2] + guarded[3]);
}

/* Whose reads are whole at least. */
static noinline void look_beside_seqlock(void)
{
	for (int i = 0; i < 4; i++)
		use(READ_ONCE(guarded[i]));
}

TEST(race_in_seqlock_is_none)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES_NOT_LONG(look_beside_seqlock, write_in_seqlock));
	EXPECT(RACES_NOT_LONG(read_in_seqlock, write_in_seqlock));
	EXPECT(RACES(&seen, read_beside_seqlock, write_in_seqlock));
}
