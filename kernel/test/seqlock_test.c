/* seqlock_test.c: seqcount_t and seqlock_t: the number, contexts, and that no torn copy is accepted.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/seqlock.h"

#include "kernel/core/smpcall.h"
#include "kernel/test/lock_test.h"

#define MS    100 /* of contention, */
#define LEAST 40  /* and so many rounds by all threads, however long they take */

TEST(seqcount_number)
{
	static seqcount_t count = SEQCNT_ZERO(count);
	unsigned int seq;

	seqcount_init(&count);
	seq = read_seqcount_begin(&count);
	EXPECT_EQ(seq, 0);
	EXPECT(!read_seqcount_retry(&count, seq));
	preempt_disable();
	write_seqcount_begin(&count);
	EXPECT_EQ(raw_read_seqcount(&count), 1);
	EXPECT_EQ(raw_seqcount_begin(&count), 0);
	EXPECT(read_seqcount_retry(&count, raw_seqcount_begin(&count)));
	write_seqcount_end(&count);
	preempt_enable();
	EXPECT(read_seqcount_retry(&count, seq));
	seq = read_seqcount_begin(&count);
	EXPECT_EQ(seq, 2);
	EXPECT_EQ(raw_seqcount_begin(&count), 2);
	EXPECT_EQ(raw_read_seqcount_begin(&count), 2);
	EXPECT_EQ(__read_seqcount_begin(&count), 2);
	EXPECT(!__read_seqcount_retry(&count, seq));
	raw_write_seqcount_begin(&count);
	EXPECT_EQ(raw_read_seqcount(&count), 3);
	raw_write_seqcount_end(&count);
	raw_write_seqcount_barrier(&count);
	EXPECT_EQ(raw_read_seqcount(&count), 6);
	seq = read_seqcount_begin(&count);
	write_seqcount_invalidate(&count);
	EXPECT(read_seqcount_retry(&count, seq));
}

/* A number that wraps is even again, and differs from the one before. */
TEST(seqcount_wraps)
{
	seqcount_t count = { .sequence = 0xfffffffe };
	unsigned int seq = read_seqcount_begin(&count);

	preempt_disable();
	write_seqcount_begin(&count);
	write_seqcount_end(&count);
	preempt_enable();
	EXPECT(read_seqcount_retry(&count, seq));
	EXPECT_EQ(read_seqcount_begin(&count), 0);
}

#define EXPECT_SEQUENCE(lock, n) EXPECT_EQ(raw_read_seqcount(&(lock)->seqcount), n)

TEST(seqlock_context)
{
	DEFINE_SEQLOCK(lock);
	unsigned long flags;

	write_seqlock(&lock);
	EXPECT_CONTEXT(false, 1);
	EXPECT_SEQUENCE(&lock, 1);
	EXPECT_EQ(SPIN_HAS_WORD, spin_is_locked(&lock.lock));
	write_sequnlock(&lock);
	EXPECT_CONTEXT(false, 0);
	write_seqlock_irq(&lock);
	EXPECT_CONTEXT(true, 1);
	write_sequnlock_irq(&lock);
	EXPECT_CONTEXT(false, 0);
	write_seqlock_irqsave(&lock, flags);
	EXPECT_CONTEXT(true, 1);
	EXPECT_SEQUENCE(&lock, 5);
	write_sequnlock_irqrestore(&lock, flags);
	EXPECT_CONTEXT(false, 0);
	write_seqlock_bh(&lock);
	EXPECT_CONTEXT(false, SOFTIRQ_LOCK_OFFSET);
	write_sequnlock_bh(&lock);
	EXPECT_CONTEXT(false, 0);
	EXPECT_SEQUENCE(&lock, 8);
	EXPECT(!spin_is_locked(&lock.lock));
}

TEST(seqlock_excl_context)
{
	unsigned long flags;
	seqlock_t lock;

	seqlock_init(&lock);
	read_seqlock_excl(&lock);
	EXPECT_CONTEXT(false, 1);
	EXPECT_EQ(SPIN_HAS_WORD, spin_is_locked(&lock.lock));
	read_sequnlock_excl(&lock);
	EXPECT_CONTEXT(false, 0);
	read_seqlock_excl_irq(&lock);
	EXPECT_CONTEXT(true, 1);
	read_sequnlock_excl_irq(&lock);
	EXPECT_CONTEXT(false, 0);
	read_seqlock_excl_irqsave(&lock, flags);
	EXPECT_CONTEXT(true, 1);
	read_sequnlock_excl_irqrestore(&lock, flags);
	EXPECT_CONTEXT(false, 0);
	read_seqlock_excl_bh(&lock);
	EXPECT_CONTEXT(false, SOFTIRQ_LOCK_OFFSET);
	read_sequnlock_excl_bh(&lock);
	EXPECT_CONTEXT(false, 0);
	EXPECT_SEQUENCE(&lock, 0); // Who only reads makes nobody read again.
}

/* Once without the lock, and when that was in vain, with it. */
TEST(seqlock_begin_or_lock)
{
	DEFINE_SEQLOCK(lock);
	unsigned long flags;
	int seq = 0;

	read_seqbegin_or_lock(&lock, &seq);
	EXPECT_CONTEXT(false, 0);
	EXPECT(!need_seqretry(&lock, seq));
	write_seqlock(&lock);
	write_sequnlock(&lock);
	EXPECT(need_seqretry(&lock, seq));
	seq = 1;
	read_seqbegin_or_lock(&lock, &seq);
	EXPECT_CONTEXT(false, 1);
	EXPECT(!need_seqretry(&lock, seq));
	done_seqretry(&lock, seq);
	EXPECT_CONTEXT(false, 0);
	seq = 0;
	flags = read_seqbegin_or_lock_irqsave(&lock, &seq);
	EXPECT_EQ(seq, 2);
	EXPECT_CONTEXT(false, 0);
	done_seqretry_irqrestore(&lock, seq, flags);
	seq = 1;
	flags = read_seqbegin_or_lock_irqsave(&lock, &seq);
	EXPECT_CONTEXT(true, 1);
	done_seqretry_irqrestore(&lock, seq, flags);
	EXPECT_CONTEXT(false, 0);
}

/*
 * Words that are equal whenever no writer is inside. Copies are compared after the lock has accepted them:
 * guarded_look() would count what a reader saw inside, which may be torn.
 */
struct sharing {
	seqlock_t lock;
	struct effort effort; /* of each thread */
	struct guarded data;
	atomic_t threads;
	atomic_t retries;
	atomic_t by_handlers; /* updates that timers made */
};

static void copy_words(struct sharing *sharing, unsigned long *copy)
{
	for (unsigned int i = 0; i < GUARDED_WORDS; i++) {
		copy[i] = READ_ONCE(sharing->data.words[i]);
		cpu_relax();
	}
}

static void compare(struct sharing *sharing, const unsigned long *copy)
{
	for (unsigned int i = 1; i < GUARDED_WORDS; i++) {
		if (copy[i] != copy[0])
			atomic_inc(&sharing->data.torn);
	}
}

/* Ends, as the writers make a pause after each write. */
static void read_without_lock(struct sharing *sharing)
{
	unsigned long copy[GUARDED_WORDS];
	unsigned int seq;

	while (seq = read_seqbegin(&sharing->lock), copy_words(sharing, copy),
	       read_seqretry(&sharing->lock, seq))
		atomic_inc(&sharing->retries);
	compare(sharing, copy);
}

static void read_with_either(struct sharing *sharing)
{
	unsigned long copy[GUARDED_WORDS], flags;
	int seq = 0;

	flags = read_seqbegin_or_lock_irqsave(&sharing->lock, &seq);
	copy_words(sharing, copy);
	if (need_seqretry(&sharing->lock, seq)) {
		atomic_inc(&sharing->retries);
		seq = 1;
		flags = read_seqbegin_or_lock_irqsave(&sharing->lock, &seq);
		copy_words(sharing, copy);
		EXPECT(!need_seqretry(&sharing->lock, seq));
	}
	done_seqretry_irqrestore(&sharing->lock, seq, flags);
	compare(sharing, copy);
}

static void read_excluding(struct sharing *sharing)
{
	unsigned long flags;

	read_seqlock_excl_irqsave(&sharing->lock, flags);
	guarded_look(&sharing->data);
	read_sequnlock_excl_irqrestore(&sharing->lock, flags);
}

static void write_once(struct sharing *sharing)
{
	unsigned long flags;

	write_seqlock_irqsave(&sharing->lock, flags);
	guarded_update(&sharing->data);
	write_sequnlock_irqrestore(&sharing->lock, flags);
}

/* In turn all ways to read, and now and then a write. Returns the writes. */
static int share(void *arg)
{
	struct sharing *sharing = arg;
	unsigned int me = (unsigned int)atomic_inc_return(&sharing->threads);
	int writes = 0;

	for (unsigned int i = 0; effort_goes_on(&sharing->effort, i); i++) {
		read_without_lock(sharing);
		read_with_either(sharing);
		if ((i + me) % 3 == 0)
			read_excluding(sharing);
		if ((i + me) % 2 == 0) {
			write_once(sharing);
			writes++;
		}
	}
	return writes;
}

static void expect_clean(struct sharing *sharing, long writes)
{
	guarded_expect(&sharing->data, (unsigned long)writes);
	EXPECT_EQ(raw_read_seqcount(&sharing->lock.seqcount), (unsigned int)(2 * writes));
	EXPECT(!spin_is_locked(&sharing->lock.lock));
	test_note("%ld writes, %d vain readings", writes, atomic_read(&sharing->retries));
}

TEST(seqlock_accepts_no_torn_copy)
{
	unsigned int threads = 2 * num_online_cpus();
	struct sharing sharing = { .effort = effort_of(MS, LEAST, threads) };

	seqlock_init(&sharing.lock);
	expect_clean(&sharing, test_run_threads(threads, share, &sharing));
}

/* The writer is a handler, which interrupts readers in the middle: on one CPU too. */
#define TIMER_PERIOD_NS 20000

struct writing_timer {
	struct ktimer timer;
	struct sharing *sharing;
	unsigned int fired;
	bool stopped;
};

static void timer_fires(struct ktimer *timer)
{
	struct writing_timer *writing = container_of(timer, struct writing_timer, timer);

	read_without_lock(writing->sharing);
	write_once(writing->sharing);
	atomic_inc(&writing->sharing->by_handlers);
	if (effort_goes_on(&writing->sharing->effort, ++writing->fired))
		timer_start(timer, clock_ns() + TIMER_PERIOD_NS);
	else
		WRITE_ONCE(writing->stopped, true);
}

static int share_with_timer(void *arg)
{
	struct writing_timer writing = { .sharing = arg };
	u64 limit = clock_ns() + LOCK_TEST_LIMIT_NS;
	int writes = 0;

	timer_init(&writing.timer, timer_fires);
	timer_start(&writing.timer, clock_ns() + TIMER_PERIOD_NS);
	for (; !READ_ONCE(writing.stopped) && clock_ns() < limit; writes++) {
		read_with_either(writing.sharing);
		read_excluding(writing.sharing);
		write_once(writing.sharing);
	}
	EXPECT(READ_ONCE(writing.stopped));
	timer_cancel_sync(&writing.timer);
	return writes;
}

TEST(seqlock_shared_with_timers)
{
	struct sharing sharing = { .effort = effort_of(MS, LEAST, num_online_cpus()) };
	long writes;

	seqlock_init(&sharing.lock);
	writes = test_run_on_cpus(share_with_timer, &sharing);
	EXPECT(atomic_read(&sharing.by_handlers) >= (int)num_online_cpus());
	expect_clean(&sharing, writes + atomic_read(&sharing.by_handlers));
}

/* A reader that is interrupted by a writer between its first word and its last sees that in every case. */
static void write_in_handler(void *arg)
{
	write_once(arg);
}

TEST(seqlock_writer_interrupts_a_reader)
{
	struct sharing sharing = { .retries = ATOMIC_INIT(0) };
	unsigned long first, last;
	unsigned int seq;
	bool again;

	seqlock_init(&sharing.lock);
	for (unsigned int i = 0; i < 10; i++) {
		seq = read_seqbegin(&sharing.lock);
		first = READ_ONCE(sharing.data.words[0]);
		preempt_disable();
		smp_call_function_single(raw_smp_processor_id(), write_in_handler, &sharing, true);
		preempt_enable();
		last = READ_ONCE(sharing.data.words[GUARDED_WORDS - 1]);
		again = read_seqretry(&sharing.lock, seq);
		EXPECT_EQ(first, i);
		EXPECT_EQ(last, i + 1); // Torn,
		EXPECT(again);          // and not accepted.
	}
	guarded_expect(&sharing.data, 10);
}
