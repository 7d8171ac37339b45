/* raw_spinlock_test.c: the ticket lock: its word, its contexts, exclusion, and the order of service.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/raw_spinlock.h"

#include "kernel/test/lock_test.h"
#include "lib/string.h"

#define MS    100 /* of contention, */
#define LEAST 40  /* and so many acquisitions by all threads, however long they take */

static void expect_word(raw_spinlock_t *lock, u16 owner, u16 next)
{
	EXPECT_EQ(READ_ONCE(lock->word), (u32)next << 16 | owner);
	EXPECT_EQ(raw_spin_is_locked(lock), owner != next);
	EXPECT_EQ(raw_spin_is_contended(lock), (u16)(next - owner) > 1);
}

TEST(raw_spin_word)
{
	DEFINE_RAW_SPINLOCK(lock);

	expect_word(&lock, 0, 0);
	raw_spin_lock(&lock);
	expect_word(&lock, 0, 1);
	EXPECT(!raw_spin_trylock(&lock));
	expect_word(&lock, 0, 1);
	raw_spin_unlock(&lock);
	expect_word(&lock, 1, 1);
	EXPECT(raw_spin_trylock(&lock));
	expect_word(&lock, 1, 2);
	raw_spin_unlock(&lock);
	expect_word(&lock, 2, 2);
	raw_spin_lock_init(&lock);
	expect_word(&lock, 0, 0);
}

/* Both halves pass from 0xffff to 0, and nothing is carried from one to the other. */
TEST(raw_spin_wraps)
{
	raw_spinlock_t lock = { { .word = 0xfffefffe } };

	for (u16 ticket = 0xfffe; ticket != 3; ticket++) {
		expect_word(&lock, ticket, ticket);
		if (ticket % 2)
			raw_spin_lock(&lock);
		else
			EXPECT(raw_spin_trylock(&lock));
		expect_word(&lock, ticket, (u16)(ticket + 1));
		EXPECT(!raw_spin_trylock(&lock));
		raw_spin_unlock(&lock);
	}
	expect_word(&lock, 3, 3);
	lock.word = 0x0001ffff; // Held, and one waits, across the wrap.
	EXPECT(raw_spin_is_locked(&lock));
	EXPECT(raw_spin_is_contended(&lock));
	lock.word = 0x0000ffff; // Held, and nobody waits.
	EXPECT(raw_spin_is_locked(&lock));
	EXPECT(!raw_spin_is_contended(&lock));
}

TEST(raw_spin_context)
{
	DEFINE_RAW_SPINLOCK(lock);
	unsigned long flags, inner;

	EXPECT_CONTEXT(false, 0);
	raw_spin_lock(&lock);
	EXPECT_CONTEXT(false, 1);
	EXPECT(!raw_spin_trylock(&lock));
	EXPECT_CONTEXT(false, 1);
	raw_spin_unlock(&lock);
	EXPECT_CONTEXT(false, 0);
	EXPECT(raw_spin_trylock(&lock));
	EXPECT_CONTEXT(false, 1);
	raw_spin_unlock(&lock);
	EXPECT_CONTEXT(false, 0);

	raw_spin_lock_irq(&lock);
	EXPECT_CONTEXT(true, 1);
	raw_spin_unlock_irq(&lock);
	EXPECT_CONTEXT(false, 0);

	raw_spin_lock_irqsave(&lock, flags);
	EXPECT_CONTEXT(true, 1);
	raw_spin_unlock_irqrestore(&lock, flags);
	EXPECT_CONTEXT(false, 0);

	local_irq_save(flags);
	raw_spin_lock_irqsave(&lock, inner);
	EXPECT_CONTEXT(true, 1);
	raw_spin_unlock_irqrestore(&lock, inner);
	EXPECT_CONTEXT(true, 0);
	local_irq_restore(flags);
	EXPECT_CONTEXT(false, 0);
}

struct contention {
	raw_spinlock_t lock;
	bool by_trying;
	struct effort effort; /* of each thread */
	struct guarded data;
};

static int contend(void *arg)
{
	struct contention *contention = arg;
	unsigned int rounds = 0;

	for (; effort_goes_on(&contention->effort, rounds); rounds++) {
		if (!contention->by_trying)
			raw_spin_lock(&contention->lock);
		else
			while (!raw_spin_trylock(&contention->lock))
				cpu_relax();
		guarded_update(&contention->data);
		raw_spin_unlock(&contention->lock);
	}
	return (int)rounds;
}

/* One thread on each CPU, then two that are free to move. The word wraps on the way. */
static void check_contention(bool by_trying)
{
	const u16 start = 0xfff0;
	unsigned int cpus = num_online_cpus();
	struct contention contention = { .lock.word = (u32)start << 16 | start,
					 .by_trying = by_trying };
	long taken;

	contention.effort = effort_of(MS, LEAST, cpus);
	taken = test_run_on_cpus(contend, &contention);
	contention.effort = effort_of(MS, LEAST, 2 * cpus);
	taken += test_run_threads(2 * cpus, contend, &contention);
	guarded_expect(&contention.data, (unsigned long)taken);
	expect_word(&contention.lock, (u16)(start + taken), (u16)(start + taken));
}

TEST(raw_spin_excludes)
{
	check_contention(false);
}

TEST(raw_spin_trylock_excludes)
{
	check_contention(true);
}

/* One CPU holds the lock while the others come for it, one after another. */
struct arrivals {
	raw_spinlock_t lock;
	atomic_t places;   /* the first to come here is the holder */
	unsigned int turn; /* who is to come next */
	unsigned int served;
	unsigned int order[NR_CPUS];
};

static unsigned int waiters(raw_spinlock_t *lock)
{
	u32 seen = READ_ONCE(lock->word);

	return (u16)((seen >> 16) - seen) - 1;
}

static void hold_and_call(struct arrivals *arrivals)
{
	raw_spin_lock(&arrivals->lock);
	for (unsigned int n = 1; n < num_online_cpus(); n++) {
		EXPECT(!raw_spin_trylock(&arrivals->lock));
		WRITE_ONCE(arrivals->turn, n);
		EXPECT(SPIN_UNTIL(waiters(&arrivals->lock) == n));
		EXPECT(raw_spin_is_contended(&arrivals->lock));
	}
	EXPECT_EQ(arrivals->served, 0);
	raw_spin_unlock(&arrivals->lock);
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
	raw_spin_lock(&arrivals->lock);
	arrivals->order[arrivals->served++] = place;
	raw_spin_unlock(&arrivals->lock);
	return 1;
}

TEST(raw_spin_serves_in_order_of_arrival)
{
	static struct arrivals arrivals;

	if (num_online_cpus() < 2)
		SKIP("nobody can wait while the only CPU holds the lock");
	memset(&arrivals, 0, sizeof(arrivals));
	EXPECT_EQ(test_run_on_cpus(arrive, &arrivals), num_online_cpus() - 1);
	EXPECT_EQ(arrivals.served, num_online_cpus() - 1);
	for (unsigned int i = 0; i < arrivals.served; i++)
		EXPECT_EQ(arrivals.order[i], i + 1);
}

/* Drawing alone, as fast as can be: no ticket is given twice. */
#define BATCH 500 /* tickets between two looks at the clock */

struct ticket_roll {
	raw_spinlock_t lock;
	struct effort effort;
};

static int draw_in_vain(void *arg)
{
	struct ticket_roll *roll = arg;
	unsigned int batches = 0;

	for (; effort_goes_on(&roll->effort, batches); batches++) {
		for (unsigned int i = 0; i < BATCH; i++)
			ticket_draw(&roll->lock);
	}
	return (int)batches;
}

TEST(raw_spin_tickets_are_drawn_once)
{
	struct ticket_roll roll = { .effort = effort_of(50, 1, 1) };
	long drawn = test_run_on_cpus(draw_in_vain, &roll) * BATCH;

	EXPECT_EQ(roll.lock.word, (u32)((u64)drawn << 16));
}

/* The lock's two steps taken apart: whoever draws a ticket is served when its number is due. */
struct ticket_service {
	raw_spinlock_t lock;
	struct effort effort;
	unsigned int served;
	unsigned int out_of_order;
};

static int draw_tickets(void *arg)
{
	struct ticket_service *service = arg;
	unsigned int rounds = 0;

	for (; effort_goes_on(&service->effort, rounds); rounds++) {
		u16 ticket;
		u32 drawn;

		preempt_disable();
		drawn = ticket_draw(&service->lock);
		ticket = (u16)(drawn >> 16);
		if ((u16)drawn != ticket)
			ticket_wait(&service->lock, ticket);
		service->out_of_order += (u16)service->served != ticket;
		cpu_relax();
		service->served++;
		ticket_unlock(&service->lock);
		preempt_enable();
	}
	return (int)rounds;
}

TEST(raw_spin_serves_in_order_of_tickets)
{
	struct ticket_service service = { .effort = effort_of(MS, LEAST, num_online_cpus()) };
	long drawn = test_run_on_cpus(draw_tickets, &service);

	EXPECT_EQ(service.served, drawn);
	EXPECT_EQ(service.out_of_order, 0);
}
