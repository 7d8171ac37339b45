/* rwlock_test.c: rwlock_t, whichever it is made of: contexts, readers together, a writer alone.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/rwlock.h"

#include "kernel/test/lock_test.h"

#define MS    100 /* of contention, */
#define LEAST 80  /* and so many acquisitions by all threads, however long they take */

/* What could not be got at once, where there is a word to say so. */
#define EXPECT_REFUSED(trylock) EXPECT(!SPIN_HAS_WORD || !(trylock))

/* Nobody is inside, and a writer would be alone. */
static void expect_free(rwlock_t *lock)
{
	unsigned long flags;

	EXPECT(!rwlock_is_contended(lock));
	EXPECT(write_trylock_irqsave(lock, flags));
	write_unlock_irqrestore(lock, flags);
}

TEST(rwlock_states)
{
	DEFINE_RWLOCK(lock);

	expect_free(&lock);
	read_lock(&lock);
	EXPECT(read_trylock(&lock));
	EXPECT_REFUSED(write_trylock(&lock));
	read_unlock(&lock);
	EXPECT_REFUSED(write_trylock(&lock));
	read_unlock(&lock);
	expect_free(&lock);
	write_lock(&lock);
	EXPECT_REFUSED(write_trylock(&lock));
	EXPECT_REFUSED(read_trylock(&lock));
	write_unlock(&lock);
	expect_free(&lock);
	rwlock_init(&lock);
	expect_free(&lock);
}

TEST(rwlock_context)
{
	DEFINE_RWLOCK(lock);

	read_lock(&lock);
	EXPECT_CONTEXT(false, 1);
	EXPECT_REFUSED(write_trylock(&lock));
	EXPECT_CONTEXT(false, 1);
	read_unlock(&lock);
	EXPECT_CONTEXT(false, 0);
	write_lock(&lock);
	EXPECT_CONTEXT(false, 1);
	EXPECT_REFUSED(read_trylock(&lock));
	EXPECT_REFUSED(write_trylock(&lock));
	EXPECT_CONTEXT(false, 1);
	write_unlock(&lock);
	EXPECT_CONTEXT(false, 0);
	EXPECT(read_trylock(&lock));
	EXPECT_CONTEXT(false, 1);
	read_unlock(&lock);
	EXPECT(write_trylock(&lock));
	EXPECT_CONTEXT(false, 1);
	write_unlock(&lock);
	EXPECT_CONTEXT(false, 0);
}

TEST(rwlock_irq_context)
{
	DEFINE_RWLOCK(lock);
	unsigned long flags, inner;

	read_lock_irq(&lock);
	EXPECT_CONTEXT(true, 1);
	read_unlock_irq(&lock);
	EXPECT_CONTEXT(false, 0);
	write_lock_irq(&lock);
	EXPECT_CONTEXT(true, 1);
	write_unlock_irq(&lock);
	EXPECT_CONTEXT(false, 0);

	read_lock_irqsave(&lock, flags);
	EXPECT_CONTEXT(true, 1);
	read_unlock_irqrestore(&lock, flags);
	EXPECT_CONTEXT(false, 0);

	write_lock_irqsave(&lock, flags);
	EXPECT_CONTEXT(true, 1);
	write_unlock_irqrestore(&lock, flags);
	EXPECT_CONTEXT(false, 0);
	local_irq_save(flags);
	write_lock_irqsave(&lock, inner);
	write_unlock_irqrestore(&lock, inner);
	EXPECT_CONTEXT(true, 0);
	local_irq_restore(flags);

	EXPECT(write_trylock_irqsave(&lock, flags));
	EXPECT_CONTEXT(true, 1);
	EXPECT_REFUSED(write_trylock_irqsave(&lock, inner));
	EXPECT_CONTEXT(true, 1);
	write_unlock_irqrestore(&lock, flags);
	EXPECT_CONTEXT(false, 0);
	read_lock(&lock);
	EXPECT_REFUSED(write_trylock_irqsave(&lock, flags));
	EXPECT_CONTEXT(false, 1);
	read_unlock(&lock);
	expect_free(&lock);
}

TEST(rwlock_bh_context)
{
	DEFINE_RWLOCK(lock);

	read_lock_bh(&lock);
	EXPECT_CONTEXT(false, SOFTIRQ_LOCK_OFFSET);
	read_unlock_bh(&lock);
	EXPECT_CONTEXT(false, 0);
	write_lock_bh(&lock);
	EXPECT_CONTEXT(false, SOFTIRQ_LOCK_OFFSET);
	EXPECT_REFUSED(write_trylock(&lock));
	write_unlock_bh(&lock);
	EXPECT_CONTEXT(false, 0);
	expect_free(&lock);
}

/* Readers meet inside: none leaves before all are there. */
struct meeting {
	rwlock_t lock;
	atomic_t inside;
};

static int meet_inside(void *arg)
{
	struct meeting *meeting = arg;

	read_lock(&meeting->lock);
	atomic_inc(&meeting->inside);
	EXPECT(SPIN_UNTIL(atomic_read(&meeting->inside) == (int)num_online_cpus()));
	read_unlock(&meeting->lock);
	return 0;
}

TEST(rwlock_readers_are_inside_together)
{
	struct meeting meeting = { .inside = ATOMIC_INIT(0) };

	if (num_online_cpus() < 2)
		SKIP("one CPU has one reader at a time");
	rwlock_init(&meeting.lock);
	test_run_on_cpus(meet_inside, &meeting);
	expect_free(&meeting.lock);
}

struct contention {
	rwlock_t lock;
	struct effort effort; /* of each thread */
	struct guarded data;
	atomic_t threads;
	atomic_t readers; /* inside now */
	atomic_t writers; /* inside now */
	atomic_t wrong;   /* somebody was inside with a writer */
};

static void read_once(struct contention *contention, bool by_trying)
{
	if (!by_trying)
		read_lock(&contention->lock);
	else
		while (!read_trylock(&contention->lock))
			cpu_relax();
	atomic_inc(&contention->readers);
	guarded_look(&contention->data);
	if (atomic_read(&contention->writers))
		atomic_inc(&contention->wrong);
	atomic_dec(&contention->readers);
	read_unlock(&contention->lock);
}

static void write_once(struct contention *contention, bool by_trying)
{
	unsigned long flags;

	local_irq_save(flags);
	if (!by_trying)
		write_lock(&contention->lock);
	else
		while (!write_trylock(&contention->lock))
			cpu_relax();
	if (atomic_inc_return(&contention->writers) != 1 || atomic_read(&contention->readers))
		atomic_inc(&contention->wrong);
	guarded_update(&contention->data);
	atomic_dec(&contention->writers);
	write_unlock_irqrestore(&contention->lock, flags);
}

/* One write in four accesses, at places that differ from thread to thread. Returns the writes. */
static int contend(void *arg)
{
	struct contention *contention = arg;
	unsigned int me = (unsigned int)atomic_inc_return(&contention->threads);
	int writes = 0;

	for (unsigned int i = 0; effort_goes_on(&contention->effort, i); i++) {
		if ((i + me) % 4) {
			read_once(contention, i % 2);
		} else {
			write_once(contention, i % 8 < 4);
			writes++;
		}
	}
	return writes;
}

static void expect_clean(struct contention *contention, long writes)
{
	guarded_expect(&contention->data, (unsigned long)writes);
	EXPECT_EQ(atomic_read(&contention->wrong), 0);
	expect_free(&contention->lock);
}

TEST(rwlock_excludes)
{
	unsigned int threads = 2 * num_online_cpus();
	struct contention contention = { .effort = effort_of(MS, LEAST, threads) };

	rwlock_init(&contention.lock);
	expect_clean(&contention, test_run_threads(threads, contend, &contention));
}

/* A handler that reads: readers need not turn interrupts off, writers must. */
#define TIMER_PERIOD_NS 20000

struct reading_timer {
	struct ktimer timer;
	struct contention *contention;
	unsigned int fired;
	bool stopped;
};

static void timer_fires(struct ktimer *timer)
{
	struct reading_timer *reading = container_of(timer, struct reading_timer, timer);

	read_once(reading->contention, false);
	reading->fired++;
	if (effort_goes_on(&reading->contention->effort, reading->fired))
		timer_start(timer, clock_ns() + TIMER_PERIOD_NS);
	else
		WRITE_ONCE(reading->stopped, true);
}

static int share_with_timer(void *arg)
{
	struct reading_timer reading = { .contention = arg };
	u64 limit = clock_ns() + LOCK_TEST_LIMIT_NS;
	int writes = 0;

	timer_init(&reading.timer, timer_fires);
	timer_start(&reading.timer, clock_ns() + TIMER_PERIOD_NS);
	while (!READ_ONCE(reading.stopped) && clock_ns() < limit) {
		read_once(reading.contention, false);
		write_once(reading.contention, false);
		writes++;
	}
	EXPECT(READ_ONCE(reading.stopped));
	timer_cancel_sync(&reading.timer);
	return writes;
}

TEST(rwlock_shared_with_timers)
{
	struct contention contention = { .effort = effort_of(MS, LEAST, num_online_cpus()) };

	rwlock_init(&contention.lock);
	expect_clean(&contention, test_run_on_cpus(share_with_timer, &contention));
}
