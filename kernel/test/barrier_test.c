/* barrier_test.c: what two CPUs may see of each other's accesses: message passing, store buffering.
 * SPDX-License-Identifier: MIT
 *
 * The spin loops here have no cpu_relax(): it would move the two CPUs apart, which must meet within a
 * few instructions for anything to be seen, and it would stop the compiler, as only the barrier under
 * test should.
 */
#include <arch/barrier.h>

#include "kernel/test/litmus.h"
#include "kernel/test/lock_test.h"
#include "lib/string.h"

#define TIME_LIMIT_NS (300 * NSEC_PER_MSEC) /* with virtual CPUs that are away a round takes long */

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
#define THE_END       (LITMUS_ROUNDS + BLOCK)

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

	for (unsigned int n = 1; litmus_go_on(n, deadline); n += BLOCK)
		send_block(mail, n);
	smp_store_release(&mail->sent, THE_END);
	return 0;
}

static noinline unsigned int receive_block(struct mail *mail, unsigned int n)
{
	unsigned int wrong = 0;

	for (unsigned int end = n + BLOCK; n < end; n++) {
		// The message may be there before its flag is, but not the next one. And now that the
		// compiler knows the word, it must not use what it knows after the barrier. (With the
		// race detector it does not know it; the other profiles have this test too.)
		wrong += data_race(mail->message[0]) > n;
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
	EXPECT(actor_join(&receiver) > LITMUS_MIN_ROUNDS);
	EXPECT_EQ(mail.wrong, 0);
}

/* Store buffering (litmus.h): with each of the full barriers that there are. */
static u64 store_mb_read(struct litmus_cell *mine, struct litmus_cell *others)
{
	WRITE_ONCE(mine->words[0], 1);
	smp_mb();
	return READ_ONCE(others->words[0]);
}

static u64 store_mb_in_one_read(struct litmus_cell *mine, struct litmus_cell *others)
{
	smp_store_mb(mine->words[0], 1);
	return READ_ONCE(others->words[0]);
}

static u64 store_mfence_read(struct litmus_cell *mine, struct litmus_cell *others)
{
	WRITE_ONCE(mine->words[0], 1);
	mb();
	return READ_ONCE(others->words[0]);
}

static u64 store_read(struct litmus_cell *mine, struct litmus_cell *others)
{
	WRITE_ONCE(mine->words[0], 1);
	return READ_ONCE(others->words[0]);
}

TEST(barrier_store_buffering)
{
	unsigned int rounds, reordered;

	if (num_online_cpus() < 2)
		SKIP("one CPU sees its own accesses in order");
	NEED_PARALLEL();
	litmus_expect_none(store_mb_read, store_mb_read, litmus_both_old);
	litmus_expect_none(store_mb_in_one_read, store_mb_in_one_read, litmus_both_old);
	litmus_expect_none(store_mfence_read, store_mfence_read, litmus_both_old);
	// For the reader of the log: what the barriers are for. No machine need do it.
	reordered = litmus_run(store_read, store_read, litmus_both_old, &rounds);
	test_note("without a barrier both CPUs read the old value in %u of %u rounds", reordered,
		  rounds);
}
