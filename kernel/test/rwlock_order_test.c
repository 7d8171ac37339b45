/* rwlock_order_test.c: the fair reader-writer lock serves in order of arrival, a batch of readers at once.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/rwlock_fair.h"

#include "kernel/test/lock_test.h"
#include "lib/string.h"

/* One CPU is inside while the others come, one after another, each as a reader or as a writer. */
struct arrivals {
	struct rwlock_fair lock;
	bool holder_reads;
	u64 writers;       /* a bit for each place: that one writes */
	atomic_t places;   /* the first to come here is the holder */
	unsigned int turn; /* who is to come next */
	atomic_t served;
	atomic_t batch[NR_CPUS]; /* readers that have gone in, by the place of their batch's first one */
	unsigned int served_as[NR_CPUS];
};

static bool writes(const struct arrivals *arrivals, unsigned int place)
{
	return arrivals->writers & BIT(place % 64);
}

/* The places of the batch that @place reads in: from @first, and up to but not including what is returned. */
static unsigned int batch_of(const struct arrivals *arrivals, unsigned int place,
			     unsigned int *first)
{
	unsigned int end = place + 1;

	for (*first = place; *first > 1 && !writes(arrivals, *first - 1); --*first)
		;
	while (end < num_online_cpus() && !writes(arrivals, end))
		end++;
	return end;
}

static void hold_and_call(struct arrivals *arrivals)
{
	preempt_disable();
	if (arrivals->holder_reads)
		rwlock_fair_read_lock(&arrivals->lock);
	else
		rwlock_fair_write_lock(&arrivals->lock);
	for (unsigned int n = 1; n < num_online_cpus(); n++) {
		WRITE_ONCE(arrivals->turn, n);
		EXPECT(SPIN_UNTIL(rwlock_fair_queued(&arrivals->lock) == n));
		EXPECT(!rwlock_fair_read_trylock(&arrivals->lock));
		EXPECT(!rwlock_fair_write_trylock(&arrivals->lock));
	}
	EXPECT_EQ(atomic_read(&arrivals->served), 0);
	if (arrivals->holder_reads)
		rwlock_fair_read_unlock(&arrivals->lock);
	else
		rwlock_fair_write_unlock(&arrivals->lock);
	preempt_enable();
}

static void go_in(struct arrivals *arrivals, unsigned int place)
{
	unsigned int first, end;

	preempt_disable();
	if (writes(arrivals, place)) {
		rwlock_fair_write_lock(&arrivals->lock);
		arrivals->served_as[place] = (unsigned int)atomic_inc_return(&arrivals->served);
		rwlock_fair_write_unlock(&arrivals->lock);
	} else {
		end = batch_of(arrivals, place, &first);
		rwlock_fair_read_lock(&arrivals->lock);
		arrivals->served_as[place] = (unsigned int)atomic_inc_return(&arrivals->served);
		atomic_inc(&arrivals->batch[first]);
		// All of a batch are inside together.
		EXPECT(SPIN_UNTIL(atomic_read(&arrivals->batch[first]) == (int)(end - first)));
		rwlock_fair_read_unlock(&arrivals->lock);
	}
	preempt_enable();
}

static int arrive(void *arg)
{
	struct arrivals *arrivals = arg;
	unsigned int place = (unsigned int)atomic_fetch_add(1, &arrivals->places);

	if (place == 0)
		hold_and_call(arrivals);
	else if (EXPECT(WAIT_UNTIL(READ_ONCE(arrivals->turn) >= place)))
		go_in(arrivals, place);
	return 0;
}

/* A writer is served at its place; a reader at one of its batch's. */
static void check_order(struct arrivals *arrivals, u64 writers, bool holder_reads)
{
	unsigned int first, end, place;

	memset(arrivals, 0, sizeof(*arrivals));
	arrivals->writers = writers;
	arrivals->holder_reads = holder_reads;
	test_run_on_cpus(arrive, arrivals);
	for (place = 1; place < num_online_cpus(); place++) {
		first = place;
		end = place + 1;
		if (!writes(arrivals, place))
			end = batch_of(arrivals, place, &first);
		EXPECT(arrivals->served_as[place] >= first && arrivals->served_as[place] < end);
	}
	EXPECT_EQ(atomic_read(&arrivals->lock.half), 0);
	EXPECT_EQ((u64)atomic64_read(&arrivals->lock.whole) >> 32, num_online_cpus() - 1);
}

TEST(rwlock_fair_serves_in_order_of_arrival)
{
	static struct arrivals arrivals;
	struct rand_state rand = test_seed();

	if (num_online_cpus() < 2)
		SKIP("nobody can wait while the only CPU is inside");
	check_order(&arrivals, 0, false);   // Readers only: one batch.
	check_order(&arrivals, ~0UL, true); // Writers only.
	for (unsigned int i = 0; i < 3; i++)
		check_order(&arrivals, rand_next(&rand), false);
	// Where the first to come writes, the others wait behind it although the holder only reads.
	check_order(&arrivals, BIT(1), true);
	check_order(&arrivals, rand_next(&rand) | BIT(1), true);
}
