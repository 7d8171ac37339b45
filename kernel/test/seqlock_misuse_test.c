/* seqlock_misuse_test.c: what the checked profile says to whoever uses a seqlock wrongly.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/seqlock.h"

#include "kernel/test/lock_test.h"

#define NO_CHECKS "the fast profile does not check this"

static void read_while_writing(void *arg)
{
	write_seqlock((seqlock_t *)arg);
	read_seqbegin((seqlock_t *)arg);
}

static void write_while_writing(void *arg)
{
	write_seqlock((seqlock_t *)arg);
	write_seqlock((seqlock_t *)arg);
}

static void exclude_while_writing(void *arg)
{
	write_seqlock((seqlock_t *)arg);
	read_seqlock_excl((seqlock_t *)arg);
}

static void end_what_was_not_begun(void *arg)
{
	write_sequnlock((seqlock_t *)arg);
}

TEST(seqlock_misuse)
{
	DEFINE_SEQLOCK(first);
	DEFINE_SEQLOCK(second);
	DEFINE_SEQLOCK(third);
	DEFINE_SEQLOCK(fourth);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(read_while_writing, &first, "\"first\""));
	EXPECT(test_panics(write_while_writing, &second, "by the CPU that holds it"));
	EXPECT(test_panics(exclude_while_writing, &third, "by the CPU that holds it"));
	EXPECT(test_panics(end_what_was_not_begun, &fourth, "did not begin it"));
	EXPECT_CONTEXT(false, 0);
}

static void begin_reading(void *arg)
{
	read_seqbegin((seqlock_t *)arg);
}

static void begin_writing(void *arg)
{
	write_seqlock((seqlock_t *)arg);
}

TEST(seqlock_never_initialized)
{
	seqlock_t lock = { .lock = { .word = SPIN_WORD_FREE } };

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(begin_reading, &lock, "never initialized"));
	EXPECT(test_panics(begin_writing, &lock, "never initialized"));
}

static void count_while_counting(void *arg)
{
	write_seqcount_begin((seqcount_t *)arg);
	write_seqcount_begin((seqcount_t *)arg);
}

static void count_what_is_counted(void *arg)
{
	write_seqcount_begin((seqcount_t *)arg);
	read_seqcount_begin((seqcount_t *)arg);
}

static void end_counting(void *arg)
{
	write_seqcount_end((seqcount_t *)arg);
}

/* test_panics() holds preemption off: turned on here, by a thread that cannot migrate all the same. */
static void count_preemptibly(void *arg)
{
	u32 count = preempt_count();

	preempt_count_sub(count);
	EXPECT(preemptible());
	write_seqcount_begin((seqcount_t *)arg);
	preempt_count_add(count);
}

static int count_wrongly(void *arg)
{
	EXPECT(test_panics(count_preemptibly, arg, "can be preempted"));
	return 0;
}

TEST(seqcount_misuse)
{
	seqcount_t first = SEQCNT_ZERO(first);
	seqcount_t second = SEQCNT_ZERO(second);
	seqcount_t third = SEQCNT_ZERO(third);
	seqcount_t fourth = SEQCNT_ZERO(fourth);
	struct actor actor;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(count_while_counting, &first, "writes it"));
	EXPECT(test_panics(count_what_is_counted, &second, "wait for itself"));
	EXPECT(test_panics(end_counting, &third, "did not begin it"));
	REQUIRE(actor_start(&actor, count_wrongly, &fourth, test_cpu(0)));
	actor_join(&actor);
	EXPECT_CONTEXT(false, 0);
}
