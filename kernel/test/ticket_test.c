/* ticket_test.c: the ticket lock: its word, and the order of service.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/ticket.h"

#include "kernel/test/lock_test.h"
#include "lib/string.h"

#define MS    100 /* of contention, */
#define LEAST 40  /* and so many acquisitions by all threads, however long they take */

/* The lock itself leaves preemption to its caller. */
static void take(struct ticket_lock *lock)
{
	preempt_disable();
	ticket_lock(lock);
}

static bool try_to_take(struct ticket_lock *lock)
{
	bool taken;

	preempt_disable();
	taken = ticket_trylock(lock);
	if (!taken)
		preempt_enable();
	return taken;
}

static void release(struct ticket_lock *lock)
{
	ticket_unlock(lock);
	preempt_enable();
}

static void expect_word(struct ticket_lock *lock, u16 owner, u16 next)
{
	EXPECT_EQ(READ_ONCE(lock->both), (u32)next << 16 | owner);
	EXPECT_EQ(ticket_is_locked(lock), owner != next);
	EXPECT_EQ(ticket_is_contended(lock), (u16)(next - owner) > 1);
}

TEST(ticket_word)
{
	struct ticket_lock lock = TICKET_LOCK_FREE;

	expect_word(&lock, 0, 0);
	take(&lock);
	expect_word(&lock, 0, 1);
	EXPECT(!try_to_take(&lock));
	expect_word(&lock, 0, 1);
	release(&lock);
	expect_word(&lock, 1, 1);
	EXPECT(try_to_take(&lock));
	expect_word(&lock, 1, 2);
	release(&lock);
	expect_word(&lock, 2, 2);
	ticket_init(&lock);
	expect_word(&lock, 0, 0);
}

/* Both halves pass from 0xffff to 0, and nothing is carried from one to the other. */
TEST(ticket_wraps)
{
	struct ticket_lock lock = { { .both = 0xfffefffe } };

	for (u16 ticket = 0xfffe; ticket != 3; ticket++) {
		expect_word(&lock, ticket, ticket);
		if (ticket % 2)
			take(&lock);
		else
			EXPECT(try_to_take(&lock));
		expect_word(&lock, ticket, (u16)(ticket + 1));
		EXPECT(!try_to_take(&lock));
		release(&lock);
	}
	expect_word(&lock, 3, 3);
	lock.both = 0x0001ffff; // Held, and one waits, across the wrap.
	EXPECT(ticket_is_locked(&lock));
	EXPECT(ticket_is_contended(&lock));
	lock.both = 0x0000ffff; // Held, and nobody waits.
	EXPECT(ticket_is_locked(&lock));
	EXPECT(!ticket_is_contended(&lock));
}

/* One CPU holds the lock while the others come for it, one after another. */
struct arrivals {
	struct ticket_lock lock;
	atomic_t places;   /* the first to come here is the holder */
	unsigned int turn; /* who is to come next */
	unsigned int served;
	unsigned int order[NR_CPUS];
};

static unsigned int waiters(struct ticket_lock *lock)
{
	u32 seen = READ_ONCE(lock->both);

	return (u16)((seen >> 16) - seen) - 1;
}

static void hold_and_call(struct arrivals *arrivals)
{
	take(&arrivals->lock);
	for (unsigned int n = 1; n < num_online_cpus(); n++) {
		EXPECT(!try_to_take(&arrivals->lock));
		WRITE_ONCE(arrivals->turn, n);
		EXPECT(SPIN_UNTIL(waiters(&arrivals->lock) == n));
		EXPECT(ticket_is_contended(&arrivals->lock));
	}
	EXPECT_EQ(arrivals->served, 0);
	release(&arrivals->lock);
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
	take(&arrivals->lock);
	arrivals->order[arrivals->served++] = place;
	release(&arrivals->lock);
	return 1;
}

TEST(ticket_serves_in_order_of_arrival)
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
	struct ticket_lock lock;
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

TEST(ticket_tickets_are_drawn_once)
{
	struct ticket_roll roll = { .effort = effort_of(50, 1, 1) };
	long drawn = test_run_on_cpus(draw_in_vain, &roll) * BATCH;

	EXPECT_EQ(roll.lock.both, (u32)((u64)drawn << 16));
}

/* The lock's two steps taken apart: whoever draws a ticket is served when its number is due. */
struct ticket_service {
	struct ticket_lock lock;
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

TEST(ticket_serves_in_order_of_tickets)
{
	struct ticket_service service = { .effort = effort_of(MS, LEAST, num_online_cpus()) };
	long drawn = test_run_on_cpus(draw_tickets, &service);

	EXPECT_EQ(service.served, drawn);
	EXPECT_EQ(service.out_of_order, 0);
}
