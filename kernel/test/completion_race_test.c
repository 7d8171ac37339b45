/* completion_race_test.c: completions that race with their waiters, from threads and interrupts.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/completion.h"

#include "kernel/test/lock_test.h"
#include "lib/string.h"

/* Events that many threads make and many threads, or one after another, use up. */
struct traffic {
	struct completion x;
	unsigned int rounds; /* of each thread */
	atomic_t threads;
};

static int complete_or_wait(void *arg)
{
	struct traffic *traffic = arg;
	bool completer = atomic_fetch_add(1, &traffic->threads) % 2;
	unsigned int done = 0;

	for (; done < traffic->rounds; done++) {
		if (completer)
			complete(&traffic->x);
		else if (done % 4)
			wait_for_completion(&traffic->x);
		else
			EXPECT(wait_for_completion_timeout(&traffic->x, 30 * HZ) > 0);
	}
	return 0;
}

/* Half of the threads complete, half of them wait, equally often: in the end nothing is left. */
TEST(completion_traffic)
{
	unsigned int threads = 2 * num_online_cpus();
	struct traffic traffic = { .rounds = DIV_ROUND_UP(1000, threads) };

	init_completion(&traffic.x);
	test_run_threads(threads, complete_or_wait, &traffic);
	EXPECT_EQ(traffic.x.done, 0);
	EXPECT(!waitqueue_active(&traffic.x.wait));
}

struct timed_completion {
	struct completion x;
	struct ktimer timer;
};

static void timer_completes(struct ktimer *timer)
{
	complete(&container_of(timer, struct timed_completion, timer)->x);
}

/*
 * The timer is due when the wait's own time is over, or a little before or after. Whichever comes
 * first, the event is used up by the wait or is there afterwards.
 */
TEST(completion_races_with_timeout)
{
	struct effort effort = effort_of(150, 20, 1);
	struct rand_state rand = test_seed();
	struct timed_completion timed;

	init_completion(&timed.x);
	timer_init(&timed.timer, timer_completes);
	for (unsigned int i = 0; effort_goes_on(&effort, i); i++) {
		timer_start(&timed.timer,
			    clock_ns() + NSEC_PER_SEC / HZ - 20000 + rand_below(&rand, 40000));
		if (!wait_for_completion_timeout(&timed.x, 1))
			wait_for_completion(&timed.x);
		EXPECT(!completion_done(&timed.x));
	}
	timer_cancel_sync(&timed.timer);
}

/*
 * A completion that is gone, and its memory other data, as soon as its waiter has it: the completer
 * must not touch it any more.
 *
 *      waiter                            completer
 *      publishes its completion
 *      waits                             completes it
 *      writes over it, and looks
 *      whether that stays
 */
#define POISON     0x5a
#define LATE_LOOKS 20

struct passing {
	struct completion *published;
	struct completion memory;
	struct effort effort;
	bool closed;
	unsigned int touched; /* rounds in which the memory was written to afterwards */
};

static int complete_published(void *arg)
{
	struct passing *passing = arg;
	struct completion *x;

	while (!READ_ONCE(passing->closed)) {
		x = xchg(&passing->published, NULL); // [X] pairs with [P] in pass_once()
		if (x)
			complete(x);
		else
			yield();
	}
	return 0;
}

static bool is_poison(const void *memory, size_t size)
{
	const u8 *bytes = memory;

	for (size_t i = 0; i < size; i++) {
		if (READ_ONCE(bytes[i]) != POISON)
			return false;
	}
	return true;
}

static bool pass_once(struct passing *passing)
{
	struct completion *x = &passing->memory;
	bool stays = true;

	init_completion(x);
	smp_store_release(&passing->published, x); // [P] pairs with [X] in complete_published()
	if (!EXPECT(wait_for_completion_timeout(x, 30 * HZ) > 0))
		return false;
	memset(x, POISON, sizeof(*x));
	for (unsigned int i = 0; i < LATE_LOOKS; i++) {
		cpu_relax();
		stays = stays && is_poison(x, sizeof(*x));
	}
	passing->touched += !stays;
	return true;
}

TEST(completion_may_be_freed_by_its_waiter)
{
	struct passing passing = { .effort = effort_of(300, 50, 1) };
	struct actor completer;
	unsigned int rounds = 0;

	REQUIRE(actor_start(&completer, complete_published, &passing, ANY_CPU));
	while (effort_goes_on(&passing.effort, rounds) && pass_once(&passing))
		rounds++;
	WRITE_ONCE(passing.closed, true);
	actor_join(&completer);
	EXPECT(rounds >= passing.effort.least);
	EXPECT_EQ(passing.touched, 0);
}
