/* mcs_test.c: the MCS lock: its word, exclusion, also from a handler, and the order of service.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/mcs.h"

#include "kernel/test/lock_test.h"
#include "lib/string.h"

#define MS    60 /* of contention, */
#define LEAST 40 /* and so many acquisitions by all threads, however long they take */

TEST(mcs_word)
{
	struct mcs_spinlock *lock = NULL;
	struct mcs_spinlock node, other;

	preempt_disable();
	EXPECT(!mcs_is_locked(&lock));
	mcs_spin_lock(&lock, &node);
	EXPECT(lock == &node);
	EXPECT(mcs_is_locked(&lock));
	EXPECT(!mcs_join(&lock, &other));
	EXPECT(lock == &other);
	EXPECT(READ_ONCE(node.next) == &other);
	EXPECT(!READ_ONCE(other.locked));
	mcs_spin_unlock(&lock, &node);
	EXPECT(READ_ONCE(other.locked));
	EXPECT(mcs_is_locked(&lock));
	mcs_wait(&other);
	mcs_spin_unlock(&lock, &other);
	EXPECT(!mcs_is_locked(&lock));
	EXPECT(mcs_join(&lock, &node)); // The node may be used again.
	mcs_spin_unlock(&lock, &node);
	EXPECT(!mcs_is_locked(&lock));
	preempt_enable();
}

/* One who has exchanged the tail and not linked itself yet, when the holder releases: it is waited for. */
struct late_link {
	struct ktimer timer;
	struct mcs_spinlock *lock;
	struct mcs_spinlock holder, comer;
};

static void timer_links(struct ktimer *timer)
{
	struct late_link *late = container_of(timer, struct late_link, timer);

	smp_store_release(&late->holder.next, &late->comer);
}

TEST(mcs_release_waits_for_a_link)
{
	struct late_link late = { .lock = NULL };

	timer_init(&late.timer, timer_links);
	preempt_disable();
	mcs_spin_lock(&late.lock, &late.holder);
	// The first half of mcs_join(); the timer does the second.
	EXPECT(xchg(&late.lock, &late.comer) == &late.holder);
	timer_start(&late.timer, clock_ns() + NSEC_PER_MSEC);
	mcs_spin_unlock(&late.lock, &late.holder);
	EXPECT(READ_ONCE(late.comer.locked));
	EXPECT(late.lock == &late.comer);
	preempt_enable();
	timer_cancel_sync(&late.timer);
}

struct contention {
	struct mcs_spinlock *lock;
	struct effort effort; /* of each thread */
	struct guarded data;
	atomic_t by_handlers;
};

static void update_once(struct contention *contention)
{
	struct mcs_spinlock node;
	unsigned long flags;

	local_irq_save(flags);
	mcs_spin_lock(&contention->lock, &node);
	guarded_update(&contention->data);
	mcs_spin_unlock(&contention->lock, &node);
	local_irq_restore(flags);
}

static int contend(void *arg)
{
	struct contention *contention = arg;
	unsigned int rounds = 0;

	for (; effort_goes_on(&contention->effort, rounds); rounds++)
		update_once(contention);
	return (int)rounds;
}

TEST(mcs_excludes)
{
	unsigned int threads = 2 * num_online_cpus();
	struct contention contention = { .effort = effort_of(MS, LEAST, threads) };
	long updates = test_run_threads(threads, contend, &contention);

	guarded_expect(&contention.data, (unsigned long)updates);
	EXPECT(!mcs_is_locked(&contention.lock));
}

/* A timer that interrupts the very CPU that uses the lock, with a node of its own. */
#define TIMER_PERIOD_NS 20000

struct sharing_timer {
	struct ktimer timer;
	struct contention *contention;
	unsigned int fired;
	bool stopped;
};

static void timer_fires(struct ktimer *timer)
{
	struct sharing_timer *sharing = container_of(timer, struct sharing_timer, timer);

	update_once(sharing->contention);
	atomic_inc(&sharing->contention->by_handlers);
	if (effort_goes_on(&sharing->contention->effort, ++sharing->fired))
		timer_start(timer, clock_ns() + TIMER_PERIOD_NS);
	else
		WRITE_ONCE(sharing->stopped, true);
}

static int share_with_timer(void *arg)
{
	struct sharing_timer sharing = { .contention = arg };
	u64 limit = clock_ns() + LOCK_TEST_LIMIT_NS;
	int updates = 0;

	timer_init(&sharing.timer, timer_fires);
	timer_start(&sharing.timer, clock_ns() + TIMER_PERIOD_NS);
	for (; !READ_ONCE(sharing.stopped) && clock_ns() < limit; updates++)
		update_once(sharing.contention);
	EXPECT(READ_ONCE(sharing.stopped));
	timer_cancel_sync(&sharing.timer);
	return updates;
}

TEST(mcs_shared_with_timers)
{
	struct contention contention = { .effort = effort_of(MS, LEAST, num_online_cpus()) };
	long updates = test_run_on_cpus(share_with_timer, &contention);

	updates += atomic_read(&contention.by_handlers);
	guarded_expect(&contention.data, (unsigned long)updates);
	EXPECT(!mcs_is_locked(&contention.lock));
}

/* One CPU holds the lock while the others come for it, one after another: each becomes the tail. */
struct arrivals {
	struct mcs_spinlock *lock;
	struct mcs_spinlock nodes[NR_CPUS]; /* by place */
	atomic_t places;                    /* the first to come here is the holder */
	unsigned int turn;                  /* who is to come next */
	unsigned int served;
	unsigned int order[NR_CPUS];
};

static void hold_and_call(struct arrivals *arrivals)
{
	preempt_disable();
	mcs_spin_lock(&arrivals->lock, &arrivals->nodes[0]);
	for (unsigned int n = 1; n < num_online_cpus(); n++) {
		WRITE_ONCE(arrivals->turn, n);
		EXPECT(SPIN_UNTIL(READ_ONCE(arrivals->lock) == &arrivals->nodes[n]));
	}
	EXPECT_EQ(arrivals->served, 0);
	mcs_spin_unlock(&arrivals->lock, &arrivals->nodes[0]);
	preempt_enable();
}

static int arrive(void *arg)
{
	struct arrivals *arrivals = arg;
	unsigned int place = (unsigned int)atomic_fetch_add(1, &arrivals->places);

	if (place == 0) {
		hold_and_call(arrivals);
		return 0;
	}
	if (!EXPECT(WAIT_UNTIL(READ_ONCE(arrivals->turn) >= place)))
		return 0;
	preempt_disable();
	mcs_spin_lock(&arrivals->lock, &arrivals->nodes[place]);
	arrivals->order[arrivals->served++] = place;
	mcs_spin_unlock(&arrivals->lock, &arrivals->nodes[place]);
	preempt_enable();
	return 1;
}

TEST(mcs_serves_in_order_of_arrival)
{
	static struct arrivals arrivals;

	if (num_online_cpus() < 2)
		SKIP("nobody can wait while the only CPU holds the lock");
	memset(&arrivals, 0, sizeof(arrivals));
	EXPECT_EQ(test_run_on_cpus(arrive, &arrivals), num_online_cpus() - 1);
	EXPECT_EQ(arrivals.served, num_online_cpus() - 1);
	for (unsigned int i = 0; i < arrivals.served; i++)
		EXPECT_EQ(arrivals.order[i], i + 1);
	EXPECT(!mcs_is_locked(&arrivals.lock));
}
