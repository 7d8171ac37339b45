/* rwlock_misuse_test.c: what the checked profile says to whoever uses a reader-writer spinlock wrongly.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/rwlock.h"

#include "kernel/test/test.h"
#include "kernel/test/lock_test.h"

#define NO_CHECKS "the fast profile does not check this"

static void read_while_writing(void *arg)
{
	write_lock((rwlock_t *)arg);
	read_lock((rwlock_t *)arg);
}

static void write_while_writing(void *arg)
{
	write_lock((rwlock_t *)arg);
	write_lock((rwlock_t *)arg);
}

TEST(rwlock_taken_twice)
{
	DEFINE_RWLOCK(first);
	DEFINE_RWLOCK(second);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(read_while_writing, &first, "by the CPU that holds it for writing"));
	EXPECT(test_panics(write_while_writing, &second, "by the CPU that holds it for writing"));
	EXPECT_CONTEXT(false, 0);
}

static void read_twice(void *arg)
{
	read_lock((rwlock_t *)arg);
	read_lock((rwlock_t *)arg);
}

static void write_while_reading(void *arg)
{
	read_lock((rwlock_t *)arg);
	write_lock((rwlock_t *)arg);
}

TEST(rwlock_taken_by_a_reader)
{
	DEFINE_RWLOCK(first);
	DEFINE_RWLOCK(second);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(write_while_reading, &first, "for writing"));
	if (CONFIG_RWLOCK_FAIR)
		EXPECT(test_panics(read_twice, &second, "for reading"));
	EXPECT_CONTEXT(false, 0);
}

static void try_to_write_what_is_read(void *arg)
{
	read_lock((rwlock_t *)arg);
	EXPECT(!write_trylock((rwlock_t *)arg));
}

static void try_to_read_what_is_written(void *arg)
{
	write_lock((rwlock_t *)arg);
	EXPECT(!read_trylock((rwlock_t *)arg));
}

TEST(rwlock_tried_by_the_holder)
{
	DEFINE_RWLOCK(first);
	DEFINE_RWLOCK(second);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	if (SPIN_HAS_WORD)
		SKIP("the word refuses it");
	EXPECT(test_panics(try_to_write_what_is_read, &first, "inside already"));
	EXPECT(test_panics(try_to_read_what_is_written, &second, "inside already"));
}

static void end_reading(void *arg)
{
	read_unlock((rwlock_t *)arg);
}

static void end_writing(void *arg)
{
	write_unlock((rwlock_t *)arg);
}

static void end_reading_what_is_written(void *arg)
{
	write_lock((rwlock_t *)arg);
	read_unlock((rwlock_t *)arg);
}

static void end_writing_what_is_read(void *arg)
{
	read_lock((rwlock_t *)arg);
	write_unlock((rwlock_t *)arg);
}

TEST(rwlock_released_by_non_holder)
{
	DEFINE_RWLOCK(lock);

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(end_reading, &lock, "does not hold it for reading"));
	EXPECT(test_panics(end_writing, &lock, "does not hold it for writing"));
	EXPECT(test_panics(end_writing_what_is_read, &lock, "does not hold it for writing"));
	rwlock_init(&lock);
	EXPECT(test_panics(end_reading_what_is_written, &lock, "does not hold it for reading"));
}

static void begin_reading(void *arg)
{
	read_lock((rwlock_t *)arg);
}

static void begin_writing(void *arg)
{
	write_lock((rwlock_t *)arg);
}

static void try_to_read(void *arg)
{
	EXPECT(!read_trylock((rwlock_t *)arg));
}

static void try_to_write(void *arg)
{
	EXPECT(!write_trylock((rwlock_t *)arg));
}

TEST(rwlock_never_initialized)
{
	rwlock_t lock = { .word = RW_WORD_FREE };

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(begin_reading, &lock, "never initialized"));
	EXPECT(test_panics(begin_writing, &lock, "never initialized"));
	EXPECT(test_panics(try_to_read, &lock, "never initialized"));
	EXPECT(test_panics(try_to_write, &lock, "never initialized"));
}
