/* barrier_test.c: what two CPUs may see of each other's accesses: message passing, store buffering.
 * SPDX-License-Identifier: MIT
 *
 * The spin loops here have no cpu_relax(): it would move the two CPUs apart, which must meet within a
 * few instructions for anything to be seen, and it would stop the compiler, as only the barrier under
 * test should.
 */
#include <arch/barrier.h>

#include "kernel/test/lock_test.h"
#include "lib/string.h"

#define TIME_LIMIT_NS (300 * NSEC_PER_MSEC) /* with virtual CPUs that are away a round takes long */
#define ROUNDS        10000
#define MIN_ROUNDS    100 /* made however long it takes */

static bool go_on(unsigned int round, u64 deadline)
{
	return round < ROUNDS && (round < MIN_ROUNDS || clock_ns() < deadline);
}

/*
 * Message passing: who sees the flag of round n sees the message of round n.
 *
 *      sender                         receiver
 *      message = n                    wait until flag == n
 *      flag = n, release              read the message
 *      wait until taken == n          taken = n, release
 */
#define MESSAGE_WORDS 4
#define BLOCK         100 /* rounds between two looks at the clock, which would be a barrier too */
#define THE_END       (ROUNDS + BLOCK)

struct mail {
	unsigned int message[MESSAGE_WORDS]; /* plain: ordered by `sent` and `taken` */
	unsigned int sent __aligned(64);
	unsigned int taken __aligned(64);
	unsigned int wrong;
};

static noinline void send_block(struct mail *mail, unsigned int n)
{
	for (unsigned int end = n + BLOCK; n < end; n++) {
		for (unsigned int i = 0; i < MESSAGE_WORDS; i++)
			mail->message[i] = n;
		smp_store_release(&mail->sent, n);          // [S] pairs with [R] in receive_block()
		while (smp_load_acquire(&mail->taken) != n) // [T] pairs with [K] in receive_block()
			;
	}
}

static int send(void *arg)
{
	struct mail *mail = arg;
	u64 deadline = clock_ns() + TIME_LIMIT_NS;

	for (unsigned int n = 1; go_on(n, deadline); n += BLOCK)
		send_block(mail, n);
	smp_store_release(&mail->sent, THE_END);
	return 0;
}

static noinline unsigned int receive_block(struct mail *mail, unsigned int n)
{
	unsigned int wrong = 0;

	for (unsigned int end = n + BLOCK; n < end; n++) {
		// The message may be there before its flag is, but not the next one. And now that the
		// compiler knows the word, it must not use what it knows after the barrier.
		wrong += mail->message[0] > n;
		while (smp_load_acquire(&mail->sent) < n) // [R] pairs with [S] in send_block()
			;
		for (unsigned int i = 0; i < MESSAGE_WORDS; i++)
			wrong += mail->message[i] != n;
		smp_store_release(&mail->taken, n); // [K] pairs with [T] in send_block()
	}
	return wrong;
}

static int receive(void *arg)
{
	struct mail *mail = arg;
	unsigned int n = 1;

	for (;;) {
		if (!EXPECT(SPIN_UNTIL(smp_load_acquire(&mail->sent) >= n)))
			return 0;
		if (mail->sent == THE_END)
			return (int)n;
		mail->wrong += receive_block(mail, n);
		n += BLOCK;
	}
}

TEST(barrier_message_passing)
{
	static struct mail mail;
	struct actor sender, receiver;

	if (num_online_cpus() < 2)
		SKIP("one CPU sees its own accesses in order");
	NEED_PARALLEL();
	memset(&mail, 0, sizeof(mail));
	REQUIRE(actor_start(&receiver, receive, &mail, test_cpu(1)));
	if (actor_start(&sender, send, &mail, test_cpu(0)))
		actor_join(&sender);
	else
		WRITE_ONCE(mail.sent, THE_END);
	EXPECT(actor_join(&receiver) > MIN_ROUNDS);
	EXPECT_EQ(mail.wrong, 0);
}

/*
 * Store buffering: each CPU stores to its own word and reads the other's. Without a full barrier
 * between the two, both may read the old value: their stores still wait in the store buffers.
 */
typedef unsigned int (*accesses)(unsigned int *mine, const unsigned int *others);

struct side {
	unsigned int round __aligned(64); /* the round it is ready for */
	unsigned int stored[ROUNDS];      /* its word in each round */
	unsigned int seen[ROUNDS];        /* what it read of the other's */
	unsigned int rounds;              /* made, in the end */
	struct side *other;
	unsigned int stride; /* see stagger() */
	u64 deadline;
	accesses access;
};

/* Store to the one, read the other. The two instructions are neighbours: a call between them would give
 * the store all the time it needs. */
static unsigned int store_mb_read(unsigned int *mine, const unsigned int *others)
{
	WRITE_ONCE(*mine, 1);
	smp_mb();
	return READ_ONCE(*others);
}

static unsigned int store_mb_in_one_read(unsigned int *mine, const unsigned int *others)
{
	smp_store_mb(*mine, 1);
	return READ_ONCE(*others);
}

static unsigned int store_mfence_read(unsigned int *mine, const unsigned int *others)
{
	WRITE_ONCE(*mine, 1);
	mb();
	return READ_ONCE(*others);
}

static unsigned int store_read(unsigned int *mine, const unsigned int *others)
{
	WRITE_ONCE(*mine, 1);
	return READ_ONCE(*others);
}

/* Both leave this within a few instructions, most of the time. The last round is agreed on here: who
 * ends says so by a round that is never reached. */
static bool meet(struct side *side, unsigned int round)
{
	unsigned int other;

	if (!go_on(round, side->deadline)) {
		WRITE_ONCE(side->round, ROUNDS + 1);
		return false;
	}
	WRITE_ONCE(side->round, round + 1);
	while (other = READ_ONCE(side->other->round), other <= round)
		;
	return other <= ROUNDS;
}

/* One of the two leaves first, by the time that a word takes from CPU to CPU. Make up for that: wait for
 * a moment that is another for each side and round, until all pairs of moments have been tried. */
#define MOMENTS 64

static void stagger(const struct side *side, unsigned int round)
{
	for (unsigned int i = round / side->stride % MOMENTS; i > 0; i--)
		barrier();
}

static int store_and_look(void *arg)
{
	struct side *side = arg;
	unsigned int round = 0;

	while (meet(side, round)) {
		stagger(side, round);
		side->seen[round] = side->access(&side->stored[round], &side->other->stored[round]);
		round++;
	}
	side->rounds = round;
	return 0;
}

static void side_init(struct side *side, struct side *other, unsigned int stride, accesses access,
		      u64 deadline)
{
	memset(side, 0, sizeof(*side));
	side->other = other;
	side->stride = stride;
	side->access = access;
	side->deadline = deadline;
}

/* How often both read the old value; *@rounds is the number of rounds made. */
static unsigned int count_both_zero(accesses access, unsigned int *rounds)
{
	static struct side a, b;
	u64 deadline = clock_ns() + TIME_LIMIT_NS;
	struct actor on_a, on_b;
	unsigned int both_zero = 0;

	side_init(&a, &b, 1, access, deadline);
	side_init(&b, &a, MOMENTS, access, deadline);
	actor_start(&on_a, store_and_look, &a, test_cpu(0));
	actor_start(&on_b, store_and_look, &b, test_cpu(1));
	actor_join(&on_a);
	actor_join(&on_b);
	*rounds = min(a.rounds, b.rounds);
	for (unsigned int i = 0; i < *rounds; i++)
		both_zero += !a.seen[i] && !b.seen[i];
	return both_zero;
}

static void check_full_barrier(accesses access)
{
	unsigned int rounds;

	EXPECT_EQ(count_both_zero(access, &rounds), 0);
	EXPECT(rounds >= MIN_ROUNDS - 1); // One may not have seen the other begin the last one.
}

TEST(barrier_store_buffering)
{
	unsigned int rounds, reordered;

	if (num_online_cpus() < 2)
		SKIP("one CPU sees its own accesses in order");
	NEED_PARALLEL();
	check_full_barrier(store_mb_read);
	check_full_barrier(store_mb_in_one_read);
	check_full_barrier(store_mfence_read);
	// For the reader of the log: what the barriers are for. No machine need do it.
	reordered = count_both_zero(store_read, &rounds);
	test_note("without a barrier both CPUs read the old value in %u of %u rounds", reordered,
		  rounds);
}
