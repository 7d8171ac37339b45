/* race_plain_test.c: the race detector finds plain accesses that race, and says what they are.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/test/race_test.h"
#include "lib/string.h"

static unsigned long word;

/* The value is used, or the compiler would not read it. */
static void use(unsigned long value)
{
	asm volatile("" ::"r"(value));
}

static noinline void read_word(void)
{
	use(word);
}

static noinline void write_word(void)
{
	word++;
}

static noinline void write_word_too(void)
{
	word += 2;
}

static noinline void write_zero(void)
{
	word = 0;
}

TEST(race_read_with_write)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, read_word, write_word));
}

TEST(race_write_with_write)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, write_word, write_word_too));
}

TEST(race_of_function_with_itself)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, write_word, write_word));
}

TEST(race_that_changes_no_value)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	word = 0;
	EXPECT(RACES(&seen, read_word, write_zero));
	EXPECT_EQ(seen.report.before, 0);
	EXPECT_EQ(seen.report.after, 0);
}

TEST(race_reads_are_none)
{
	NEED_TWO_CPUS();
	EXPECT(RACES_NOT(read_word, read_word));
}

/* ---- What the report says -------------------------------------------------------------------- */

static void expect_side(const struct race_side *side, const char *function, unsigned int type)
{
	EXPECT(!strcmp(race_side_function(side), function));
	EXPECT_EQ(side->at, (unsigned long)&word);
	EXPECT_EQ(side->size, sizeof(word));
	EXPECT_EQ(side->type & ~RACE_COMPOUND, type);
	EXPECT(side->depth >= 3);
	EXPECT(strstr(side->task, "actor"));
	EXPECT(!strcmp(side->context, "in a thread"));
}

TEST(race_report_names_both)
{
	struct race_expectation seen;
	const struct race_side *reads = &seen.report.watcher, *writes = &seen.report.other;

	NEED_TWO_CPUS();
	REQUIRE(RACES(&seen, read_word, write_word_too));
	if (!strcmp(race_side_function(writes), "read_word"))
		swap(reads, writes);
	// What it writes to it has read: either of the two may have met the reader.
	expect_side(reads, "read_word", 0);
	expect_side(writes, "write_word_too", RACE_WRITE);
	EXPECT(reads->cpu != writes->cpu);
	EXPECT_EQ(seen.report.watched, (unsigned long)&word);
}

static noinline void write_apart(void)
{
	word = 7;
}

TEST(race_is_told_once)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	REQUIRE(RACES(&seen, read_word, write_apart));
	EXPECT(atomic_read(&seen.seen) > 1);
	EXPECT_EQ(atomic_read(&seen.first), 1);
}

/* ---- Whose value only says that somebody was there ------------------------------------------- */

static noinline void write_unseen(void)
{
	asm volatile("incq %0" : "+m"(word)::"cc");
}

TEST(race_with_unknown)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES_UNKNOWN(&seen, read_word, write_unseen));
	EXPECT(!seen.report.other_known);
	EXPECT(seen.report.before != seen.report.after);
}

static noinline void flip_unseen(void)
{
	asm volatile("xorq %1, %0" : "+m"(word) : "i"(0x10) : "cc");
}

TEST(race_one_bit_changes)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES_UNKNOWN(&seen, read_word, flip_unseen));
	EXPECT_EQ(seen.report.before ^ seen.report.after, 0x10);
}

/* ---- Bytes that overlap, or do not ----------------------------------------------------------- */

static struct big {
	long fields[8];
} big, big_source;
static u8 bytes[4096];
static struct {
	u32 a, b;
} __aligned(64) pair;
static u64 crossing[16] __aligned(64);

static noinline void write_big(void)
{
	struct big *to = &big;

	asm("" : "+r"(to));
	*to = big_source;
}

static noinline void read_last_field(void)
{
	use((unsigned long)big.fields[7]);
}

static noinline void write_big_too(void)
{
	struct big *to = &big;

	asm("" : "+r"(to));
	*to = big_source;
}

TEST(race_of_structs)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, write_big, write_big_too));
	EXPECT(RACES(&seen, write_big, read_last_field));
}

static noinline void fill_bytes(void)
{
	memset(bytes, 1, sizeof(bytes));
}

static noinline void write_middle(void)
{
	bytes[2222] = 2;
}

TEST(race_of_memory_functions)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, fill_bytes, write_middle));
}

static noinline void write_a(void)
{
	pair.a++;
}

static noinline void write_b(void)
{
	pair.b++;
}

TEST(race_neighbours_are_none)
{
	NEED_TWO_CPUS();
	EXPECT(RACES_NOT(write_a, write_b));
}

/* Eight bytes of which four are in the next line. */
static noinline void write_crossing(void)
{
	typedef u64 __aligned(1) u64_anywhere;

	*(u64_anywhere *)((u8 *)crossing + 60) = 1;
}

static noinline void read_next_line(void)
{
	use(*(u8 *)((u8 *)crossing + 66));
}

TEST(race_across_lines)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES(&seen, write_crossing, read_next_line));
}

static noinline void access_nothing(void)
{
	race_check(&word, 0, RACE_WRITE);
}

TEST(race_of_no_bytes_is_none)
{
	NEED_TWO_CPUS();
	EXPECT(RACES_NOT(access_nothing, write_word));
}

/* ---- Kept apart ------------------------------------------------------------------------------ */

static DEFINE_SPINLOCK(spinlock);
static DEFINE_MUTEX(mutex);
static unsigned long locked_word;

static noinline void write_with_spinlock(void)
{
	spin_lock(&spinlock);
	locked_word++;
	spin_unlock(&spinlock);
}

static noinline void write_with_mutex(void)
{
	mutex_lock(&mutex);
	locked_word++;
	mutex_unlock(&mutex);
}

TEST(race_lock_keeps_apart)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES_NOT_LONG(write_with_spinlock, write_with_spinlock));
	EXPECT(RACES_NOT_LONG(write_with_mutex, write_with_mutex));
	EXPECT(RACES(&seen, write_with_spinlock, write_with_mutex));
}

/* ---- Said to be harmless --------------------------------------------------------------------- */

static noinline void read_whatever(void)
{
	use(data_race(word));
}

static noinline void write_whatever(void)
{
	data_race(word = 3);
}

TEST(race_that_may_be)
{
	struct race_expectation seen;

	NEED_TWO_CPUS();
	EXPECT(RACES_NOT(read_whatever, write_word));
	EXPECT(RACES_NOT(write_whatever, read_whatever));
	EXPECT(RACES(&seen, read_word, write_word));
}
