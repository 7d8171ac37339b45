/* seqcount_lock_test.c: sequence counts of a lock: what each type does beside counting, and who writes without it.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/seqcount_lock.h"

#include "kernel/test/lock_test.h"

#define NO_CHECKS "the fast profile does not check this"

static DEFINE_MUTEX(mutex);
static DEFINE_SPINLOCK(spin);
static seqcount_mutex_t of_mutex = SEQCNT_MUTEX_ZERO(of_mutex, &mutex);
static seqcount_spinlock_t of_spin = SEQCNT_SPINLOCK_ZERO(of_spin, &spin);

/* A write in the middle of a read is seen by it, and the count has gone on by two. */
#define EXPECT_COUNTS(s, preempt_inside)                                                           \
	do {                                                                                       \
		unsigned int before = read_seqcount_begin(s);                                      \
                                                                                                   \
		EXPECT(!read_seqcount_retry(s, before));                                           \
		write_seqcount_begin(s);                                                           \
		EXPECT_CONTEXT(false, preempt_inside);                                             \
		EXPECT_EQ(raw_read_seqcount(s), before + 1);                                       \
		EXPECT_EQ(raw_seqcount_begin(s), before);                                          \
		write_seqcount_end(s);                                                             \
		EXPECT(read_seqcount_retry(s, before));                                            \
		EXPECT_EQ(read_seqcount_begin(s), before + 2);                                     \
	} while (0)

TEST(seqcount_of_a_lock_counts)
{
	DEFINE_RAW_SPINLOCK(raw);
	DEFINE_RWLOCK(rw);
	seqcount_t plain = SEQCNT_ZERO(plain);
	seqcount_raw_spinlock_t of_raw;
	seqcount_rwlock_t of_rw;

	seqcount_raw_spinlock_init(&of_raw, &raw);
	seqcount_rwlock_init(&of_rw, &rw);
	preempt_disable();
	EXPECT_COUNTS(&plain, 1);
	preempt_enable();
	raw_spin_lock(&raw);
	EXPECT_COUNTS(&of_raw, 1);
	raw_spin_unlock(&raw);
	spin_lock(&spin);
	EXPECT_COUNTS(&of_spin, 1);
	spin_unlock(&spin);
	write_lock(&rw);
	EXPECT_COUNTS(&of_rw, 1);
	write_unlock(&rw);
	// Its holder can be preempted, but not where readers would spin for it.
	mutex_lock(&mutex);
	EXPECT_COUNTS(&of_mutex, 1);
	EXPECT_CONTEXT(false, 0);
	mutex_unlock(&mutex);
	EXPECT_CONTEXT(false, 0);
}

static void write_of_mutex(void *unused)
{
	write_seqcount_begin(&of_mutex);
	write_seqcount_end(&of_mutex);
}

static void write_of_spin(void *unused)
{
	preempt_disable();
	write_seqcount_begin(&of_spin);
	write_seqcount_end(&of_spin);
	preempt_enable();
}

static void write_as_reader(void *lock)
{
	seqcount_rwlock_t of_rw;

	seqcount_rwlock_init(&of_rw, (rwlock_t *)lock);
	read_lock((rwlock_t *)lock);
	write_seqcount_begin(&of_rw);
	write_seqcount_end(&of_rw);
	read_unlock((rwlock_t *)lock);
}

TEST(seqcount_of_a_lock_not_held)
{
	DEFINE_RWLOCK(rw);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT_EQ(test_warnings(write_of_mutex, NULL, "without its lock \"mutex\""), 1);
	EXPECT_EQ(test_warnings(write_of_spin, NULL, "without its lock \"spin\""), 1);
	EXPECT_EQ(test_warnings(write_as_reader, &rw, "without its lock \"rw\""), 1);
	EXPECT_CONTEXT(false, 0);
	mutex_lock(&mutex);
	EXPECT_EQ(test_warnings(write_of_mutex, NULL, ""), 0);
	mutex_unlock(&mutex);
	spin_lock(&spin);
	EXPECT_EQ(test_warnings(write_of_spin, NULL, ""), 0);
	spin_unlock(&spin);
}
