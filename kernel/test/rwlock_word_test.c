/* rwlock_word_test.c: both reader-writer locks, whichever rwlock_t is: exclusion, and who may pass.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/rwlock_kinds.h"

#include "kernel/core/smpcall.h"
#include "kernel/test/lock_test.h"

#define MS    60 /* of contention, */
#define LEAST 60 /* and so many acquisitions by all threads, however long they take */

/* ---- Each kind, alone ---- */

static void check_states(const struct rwlock_kind *kind)
{
	union rwlock_any lock;

	kind->init(&lock);
	kind->lock_read(&lock);
	EXPECT(kind->trylock_read(&lock));
	EXPECT(!kind->trylock_write(&lock));
	kind->unlock_read(&lock);
	EXPECT(!kind->trylock_write(&lock));
	kind->unlock_read(&lock);
	EXPECT(kind->trylock_write(&lock));
	EXPECT(!kind->trylock_write(&lock));
	EXPECT(!kind->trylock_read(&lock));
	kind->unlock_write(&lock);
	kind->lock_write(&lock);
	EXPECT(!kind->trylock_read(&lock));
	EXPECT(!kind->trylock_write(&lock));
	kind->unlock_write(&lock);
	EXPECT(kind->trylock_read(&lock));
	EXPECT(!kind->is_contended(&lock));
	kind->unlock_read(&lock);
	EXPECT_CONTEXT(false, 0);
}

TEST(rwlock_kinds_states)
{
	check_states(&rwlock_kinds[0]);
	check_states(&rwlock_kinds[1]);
}

/* The words, as they are drawn in the theory. */
TEST(rwlock_kinds_words)
{
	union rwlock_any lock;
	const struct rwlock_kind *kind = &rwlock_kinds[0];

	for (unsigned int i = 0; i < ARRAY_SIZE(rwlock_kinds); i++, kind++) {
		const atomic_t *word = kind->is_fair ? &lock.fair.half : &lock.reader.word;

		kind->init(&lock);
		EXPECT_EQ(atomic_read(word), 0);
		kind->lock_read(&lock);
		EXPECT_EQ(atomic_read(word), 1);
		EXPECT(kind->trylock_read(&lock));
		EXPECT_EQ(atomic_read(word), 2);
		kind->unlock_read(&lock);
		kind->unlock_read(&lock);
		EXPECT_EQ(atomic_read(word), 0);
		kind->lock_write(&lock);
		EXPECT_EQ(atomic_read(word), (int)0x80000000U);
		EXPECT(!kind->trylock_read(&lock));
		EXPECT_EQ(atomic_read(word), (int)0x80000000U);
		kind->unlock_write(&lock);
		EXPECT_EQ(atomic_read(word), 0);
	}
}

/* ---- Each kind, contended ---- */

struct contention {
	const struct rwlock_kind *kind;
	union rwlock_any lock;
	struct effort effort; /* of each thread */
	struct guarded data;
	atomic_t threads;
	atomic_t inside; /* readers now; a writer counts as 1000 */
	atomic_t wrong;  /* somebody was inside with a writer */
};

static void read_once(struct contention *c, bool by_trying)
{
	if (!by_trying)
		c->kind->lock_read(&c->lock);
	else
		while (!c->kind->trylock_read(&c->lock))
			cpu_relax();
	if (atomic_inc_return(&c->inside) >= 1000)
		atomic_inc(&c->wrong);
	guarded_look(&c->data);
	atomic_dec(&c->inside);
	c->kind->unlock_read(&c->lock);
}

static void write_once(struct contention *c, bool by_trying)
{
	if (!by_trying)
		c->kind->lock_write(&c->lock);
	else
		while (!c->kind->trylock_write(&c->lock))
			cpu_relax();
	if (atomic_add_return(1000, &c->inside) != 1000)
		atomic_inc(&c->wrong);
	guarded_update(&c->data);
	atomic_sub(1000, &c->inside);
	c->kind->unlock_write(&c->lock);
}

/* One write in three accesses; returns the writes. Where nobody is queued for long, trying ends. */
static int contend(void *arg)
{
	struct contention *c = arg;
	unsigned int me = (unsigned int)atomic_inc_return(&c->threads);
	int writes = 0;

	for (unsigned int i = 0; effort_goes_on(&c->effort, i); i++) {
		if ((i + me) % 3) {
			read_once(c, i % 8 == 0);
		} else {
			write_once(c, i % 8 == 1);
			writes++;
		}
	}
	return writes;
}

static void check_exclusion(struct contention *c)
{
	unsigned int threads = 2 * num_online_cpus();
	long writes;

	c->effort = effort_of(MS, LEAST, threads);
	writes = test_run_threads(threads, contend, c);
	guarded_expect(&c->data, (unsigned long)writes);
	EXPECT_EQ(atomic_read(&c->wrong), 0);
}

TEST(rwlock_reader_excludes)
{
	struct contention c = { .kind = &rwlock_kinds[0] };

	check_exclusion(&c);
	EXPECT_EQ(atomic_read(&c.lock.reader.word), 0);
}

/* On the way `owner` passes from 0xffffffff to 0, and out of the word. */
TEST(rwlock_fair_excludes)
{
	struct contention c = { .kind = &rwlock_kinds[1] };

	atomic64_set(&c.lock.fair.whole, (s64)(0xfffffffcULL << 32));
	check_exclusion(&c);
	EXPECT_EQ(atomic_read(&c.lock.fair.half), 0);
}

/* ---- Who may pass a waiting writer: with the lock that prefers readers, every reader ---- */

struct waiting_writer {
	const struct rwlock_kind *kind;
	union rwlock_any lock;
	bool reader_is_inside;
	bool comes;
	bool is_inside;
};

static int write_when_possible(void *arg)
{
	struct waiting_writer *writer = arg;

	EXPECT(WAIT_UNTIL(READ_ONCE(writer->reader_is_inside)));
	preempt_disable();
	WRITE_ONCE(writer->comes, true);
	writer->kind->lock_write(&writer->lock);
	WRITE_ONCE(writer->is_inside, true);
	writer->kind->unlock_write(&writer->lock);
	preempt_enable();
	return 0;
}

TEST(rwlock_reader_passes_a_waiting_writer)
{
	struct waiting_writer writer = { .kind = &rwlock_kinds[0] };
	struct rwlock_reader *lock = &writer.lock.reader;
	struct actor actor;

	if (num_online_cpus() < 2)
		SKIP("no writer can wait while the only CPU reads");
	REQUIRE(actor_start(&actor, write_when_possible, &writer, ANY_CPU));
	preempt_disable();
	rwlock_reader_read_lock(lock);
	WRITE_ONCE(writer.reader_is_inside, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(writer.comes)));
	for (unsigned int i = 0; i < 1000 && EXPECT(rwlock_reader_read_trylock(lock)); i++) {
		cpu_relax();
		rwlock_reader_read_unlock(lock);
		rwlock_reader_read_lock(lock);
		rwlock_reader_read_unlock(lock);
		EXPECT(!READ_ONCE(writer.is_inside));
	}
	rwlock_reader_read_unlock(lock);
	preempt_enable();
	actor_join(&actor);
	EXPECT(READ_ONCE(writer.is_inside));
	EXPECT_EQ(atomic_read(&lock->word), 0);
}

/* ---- With the fair one nobody, but a reader in an interrupt ---- */

struct interrupting_reader {
	struct rwlock_fair *lock;
	bool comes;
	bool was_inside;
};

/* First it tries, since a reader that waits wrongly would hang. */
static void interrupt_reads(void *info)
{
	struct interrupting_reader *reader = info;

	EXPECT(in_hardirq());
	WRITE_ONCE(reader->comes, true);
	if (!EXPECT(SPIN_UNTIL(rwlock_fair_read_trylock(reader->lock))))
		return;
	rwlock_fair_read_unlock(reader->lock);
	rwlock_fair_read_lock(reader->lock);
	WRITE_ONCE(reader->was_inside, true);
	rwlock_fair_read_unlock(reader->lock);
}

/* On this very CPU, in between the two accesses of the thread. */
struct reading_timer {
	struct ktimer timer;
	struct interrupting_reader reader;
};

static void timer_reads(struct ktimer *timer)
{
	interrupt_reads(&container_of(timer, struct reading_timer, timer)->reader);
}

TEST(rwlock_fair_interrupt_passes_a_waiting_writer)
{
	struct waiting_writer writer = { .kind = &rwlock_kinds[1] };
	struct rwlock_fair *lock = &writer.lock.fair;
	struct reading_timer reading = { .reader.lock = lock };
	struct actor actor;

	if (num_online_cpus() < 2)
		SKIP("no writer can wait while the only CPU reads");
	REQUIRE(actor_start(&actor, write_when_possible, &writer, ANY_CPU));
	preempt_disable();
	rwlock_fair_read_lock(lock);
	WRITE_ONCE(writer.reader_is_inside, true);
	EXPECT(SPIN_UNTIL(rwlock_fair_queued(lock) == 1));
	EXPECT(!rwlock_fair_read_trylock(lock));
	EXPECT(!rwlock_fair_write_trylock(lock));
	timer_init(&reading.timer, timer_reads);
	timer_start(&reading.timer, clock_ns());
	EXPECT(SPIN_UNTIL(READ_ONCE(reading.reader.was_inside)));
	EXPECT(!READ_ONCE(writer.is_inside));
	EXPECT_EQ(rwlock_fair_queued(lock), 1);
	rwlock_fair_read_unlock(lock);
	preempt_enable();
	timer_cancel_sync(&reading.timer);
	actor_join(&actor);
	EXPECT(READ_ONCE(writer.is_inside));
	EXPECT_EQ(atomic_read(&lock->half), 0);
}

/* A reader in the queue, interrupted by another one, which must not wait for its turn behind it. */
struct interrupted_waiter {
	struct rwlock_fair lock;
	struct interrupting_reader reader;
	bool writer_is_inside;
	u32 cpu;
};

static int wait_and_be_interrupted(void *arg)
{
	struct interrupted_waiter *waiter = arg;

	EXPECT(WAIT_UNTIL(READ_ONCE(waiter->writer_is_inside)));
	preempt_disable();
	WRITE_ONCE(waiter->cpu, raw_smp_processor_id());
	rwlock_fair_read_lock(&waiter->lock);
	rwlock_fair_read_unlock(&waiter->lock);
	preempt_enable();
	return 0;
}

TEST(rwlock_fair_interrupt_passes_the_waiter_it_interrupts)
{
	struct interrupted_waiter waiter = { .reader.lock = &waiter.lock };
	struct actor actor;

	if (num_online_cpus() < 2)
		SKIP("no reader can wait while the only CPU writes");
	REQUIRE(actor_start(&actor, wait_and_be_interrupted, &waiter, ANY_CPU));
	preempt_disable();
	rwlock_fair_write_lock(&waiter.lock);
	WRITE_ONCE(waiter.writer_is_inside, true);
	EXPECT(SPIN_UNTIL(rwlock_fair_queued(&waiter.lock) == 1));
	EXPECT_EQ(smp_call_function_single(READ_ONCE(waiter.cpu), interrupt_reads, &waiter.reader,
					   false),
		  0);
	EXPECT(SPIN_UNTIL(READ_ONCE(waiter.reader.comes)));
	EXPECT(!READ_ONCE(waiter.reader.was_inside));
	rwlock_fair_write_unlock(&waiter.lock);
	EXPECT(SPIN_UNTIL(READ_ONCE(waiter.reader.was_inside)));
	preempt_enable();
	actor_join(&actor);
	EXPECT_EQ(atomic_read(&waiter.lock.half), 0);
}
