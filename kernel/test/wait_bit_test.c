/* wait_bit_test.c: waiting for a bit and for a variable: whom a wake-up is for, and that none is lost.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/wait_bit.h"

#include "kernel/sched/signal.h"
#include "kernel/test/lock_test.h"
#include "lib/errno.h"

#define LONG_TIME (1000 * HZ)
#define BIT_NR    5
#define OTHER_BIT 6

struct scene {
	unsigned long words[2];
	int bit;
	unsigned long *variable;
	int (*wait)(struct scene *scene);
};

static int wait_plain(struct scene *scene)
{
	return wait_on_bit(scene->words, scene->bit, TASK_UNINTERRUPTIBLE);
}

static int wait_interruptible(struct scene *scene)
{
	return wait_on_bit(scene->words, scene->bit, TASK_INTERRUPTIBLE);
}

static int wait_killable(struct scene *scene)
{
	return wait_on_bit(scene->words, scene->bit, TASK_KILLABLE);
}

static int wait_timeout(struct scene *scene)
{
	return wait_on_bit_timeout(scene->words, scene->bit, TASK_INTERRUPTIBLE, LONG_TIME);
}

/* Sets the bit in the end; it is cleared here, so that all forms leave it clear. */
static int wait_lock(struct scene *scene)
{
	int error = wait_on_bit_lock(scene->words, scene->bit, TASK_INTERRUPTIBLE);

	if (!error) {
		EXPECT(test_bit(scene->bit, scene->words));
		clear_and_wake_up_bit(scene->bit, scene->words);
	}
	return error;
}

static int run_scene(void *arg)
{
	struct scene *scene = arg;
	int result;

	allow_signal(SIGINT);
	allow_signal(SIGKILL);
	result = scene->wait(scene);
	EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
	return result;
}

/* Wait for bit @bit until it is cleared, or signal @sig comes; wake-ups for others do not end it. */
static int wait_until(int (*wait)(struct scene *scene), int bit, int sig)
{
	struct scene scene = { .words = { ~0UL, ~0UL }, .bit = bit, .wait = wait };
	struct actor waiter;

	if (!actor_start(&waiter, run_scene, &scene, ANY_CPU))
		return 0;
	actor_sleeps(&waiter);
	clear_and_wake_up_bit(OTHER_BIT, scene.words);
	wake_up_bit(scene.words + 1, bit);
	wake_up_var(scene.words);
	EXPECT(actor_is_asleep(&waiter, TASK_NORMAL));
	wake_up_bit(scene.words, bit); // It looks, and sleeps again.
	actor_sleeps(&waiter);
	if (sig)
		send_sig(sig, waiter.task, 0);
	else
		clear_and_wake_up_bit(bit, scene.words);
	return actor_join(&waiter);
}

TEST(wait_bit_is_cleared)
{
	EXPECT_EQ(wait_until(wait_plain, BIT_NR, 0), 0);
	EXPECT_EQ(wait_until(wait_plain, BITS_PER_LONG + BIT_NR, 0), 0);
	EXPECT_EQ(wait_until(wait_interruptible, BIT_NR, 0), 0);
	EXPECT_EQ(wait_until(wait_killable, BIT_NR, 0), 0);
	EXPECT_EQ(wait_until(wait_timeout, BIT_NR, 0), 0);
	EXPECT_EQ(wait_until(wait_lock, BIT_NR, 0), 0);
}

TEST(wait_bit_and_signals)
{
	EXPECT_EQ(wait_until(wait_interruptible, BIT_NR, SIGINT), -EINTR);
	EXPECT_EQ(wait_until(wait_killable, BIT_NR, SIGKILL), -EINTR);
	EXPECT_EQ(wait_until(wait_timeout, BIT_NR, SIGINT), -EINTR);
	EXPECT_EQ(wait_until(wait_lock, BIT_NR, SIGINT), -EINTR);
}

TEST(wait_bit_without_waiting)
{
	unsigned long word = BIT(BIT_NR);

	EXPECT_EQ(wait_on_bit(&word, OTHER_BIT, TASK_UNINTERRUPTIBLE), 0);
	EXPECT_EQ(wait_on_bit_timeout(&word, OTHER_BIT, TASK_UNINTERRUPTIBLE, 0), 0);
	EXPECT_EQ(wait_on_bit_lock(&word, OTHER_BIT, TASK_UNINTERRUPTIBLE), 0);
	EXPECT_EQ(word, BIT(BIT_NR) | BIT(OTHER_BIT));
	for (unsigned long timeout = 0; timeout < 3; timeout++)
		EXPECT_EQ(wait_on_bit_timeout(&word, BIT_NR, TASK_UNINTERRUPTIBLE, timeout),
			  -EAGAIN);
	clear_and_wake_up_bit(BIT_NR, &word);
	EXPECT_EQ(word, BIT(OTHER_BIT));
}

/* Two words whose bits hash to the same queue: a wake-up for one wakes nobody who waits for the other. */
TEST(wait_bit_shares_its_queue)
{
	static unsigned long words[1024];
	struct scene scene = { .words = { BIT(BIT_NR) }, .bit = BIT_NR, .wait = wait_plain };
	wait_queue_head_t *wq = bit_waitqueue(scene.words, BIT_NR);
	unsigned int other = 0;
	struct actor waiter;

	while (other < ARRAY_SIZE(words) && bit_waitqueue(&words[other], BIT_NR) != wq)
		other++;
	REQUIRE(other < ARRAY_SIZE(words));
	REQUIRE(actor_start(&waiter, run_scene, &scene, ANY_CPU));
	actor_sleeps(&waiter);
	EXPECT(waitqueue_active(wq));
	wake_up_bit(&words[other], BIT_NR);
	EXPECT(actor_is_asleep(&waiter, TASK_NORMAL));
	clear_and_wake_up_bit(BIT_NR, scene.words);
	EXPECT_EQ(actor_join(&waiter), 0);
}

/* On one CPU, the waker first-in-first-out and better than the waiters: they run when it lets them. */
static int wake_one_of_two(void *arg)
{
	struct scene *scene = arg;
	struct actor waiters[2];
	bool all = true;

	sched_set_fifo(current);
	for (unsigned int i = 0; i < 2; i++)
		all = actor_start(&waiters[i], run_scene, scene, test_cpu(0)) &&
		      actor_sleeps(&waiters[i]) && all;
	clear_and_wake_up_bit(BIT_NR, scene->words);
	if (all) {
		EXPECT(!actor_is_asleep(&waiters[0], TASK_NORMAL));
		EXPECT(actor_is_asleep(&waiters[1], TASK_NORMAL));
	}
	for (unsigned int i = 0; i < 2; i++)
		EXPECT_EQ(actor_join(&waiters[i]), 0);
	return 0;
}

/* Those who will set the bit are woken one by one, in order of arrival. */
TEST(wait_bit_lock_wakes_one)
{
	struct scene scene = { .words = { BIT(BIT_NR) }, .bit = BIT_NR, .wait = wait_lock };
	struct actor waker;

	REQUIRE(actor_start(&waker, wake_one_of_two, &scene, test_cpu(0)));
	actor_join(&waker);
	EXPECT_EQ(scene.words[0], 0);
}

/* A waiter that preempts the waker in its wake-up looks at the bit at once: it must be clear by then. */
static int wake_a_better_one(void *arg)
{
	struct scene *scene = arg;
	struct actor waiter;

	if (!actor_start(&waiter, run_scene, scene, test_cpu(0)))
		return 0;
	if (actor_sleeps(&waiter))
		sched_set_fifo(waiter.task);
	clear_and_wake_up_bit(BIT_NR, scene->words);
	return actor_join(&waiter);
}

TEST(wait_bit_is_clear_before_the_wake_up)
{
	struct scene scene = { .words = { BIT(BIT_NR) }, .bit = BIT_NR, .wait = wait_plain };
	struct actor waker;

	REQUIRE(actor_start(&waker, wake_a_better_one, &scene, test_cpu(0)));
	EXPECT_EQ(actor_join(&waker), 0);
}

/* Two bits are two locks, which many threads take: the data under each stays whole. */
struct bit_locks {
	unsigned long word;
	struct guarded data[2];
	struct effort effort;
	atomic_t threads;
	atomic_t interrupted;
	atomic_t updates[2];
	bool closed;
};

static void use_bit(struct bit_locks *locks, unsigned int which, unsigned int round)
{
	guarded_update(&locks->data[which]);
	atomic_inc(&locks->updates[which]);
	if (round % 4 == 0)
		usleep_range(10, 20);
	guarded_look(&locks->data[which]);
	clear_and_wake_up_bit(which ? OTHER_BIT : BIT_NR, &locks->word);
}

static int take_bits(void *arg)
{
	struct bit_locks *locks = arg;
	unsigned int me = (unsigned int)atomic_fetch_add(1, &locks->threads);
	unsigned int round = 0;

	for (; effort_goes_on(&locks->effort, round); round++) {
		unsigned int which = (me + round / 2) % 2;

		EXPECT_EQ(wait_on_bit_lock(&locks->word, which ? OTHER_BIT : BIT_NR,
					   TASK_UNINTERRUPTIBLE),
			  0);
		use_bit(locks, which, round);
	}
	return 0;
}

static void expect_bits_free(struct bit_locks *locks)
{
	EXPECT_EQ(locks->word, 0);
	for (unsigned int i = 0; i < 2; i++)
		guarded_expect(&locks->data[i], (unsigned long)atomic_read(&locks->updates[i]));
}

TEST(wait_bit_locks_exclude)
{
	unsigned int threads = 2 * num_online_cpus();
	struct bit_locks locks = { .effort = effort_of(150, 60, threads) };

	test_run_threads(threads, take_bits, &locks);
	expect_bits_free(&locks);
}

/* A wake-up that chose a waiter which a signal interrupts is not lost: it has the bit, or another has. */
#define VICTIMS 4

static int take_bit_until_interrupted(void *arg)
{
	struct bit_locks *locks = arg;
	unsigned int round = 0;

	allow_signal(SIGINT);
	for (; !READ_ONCE(locks->closed); round++) {
		int error = wait_on_bit_lock(&locks->word, BIT_NR, TASK_INTERRUPTIBLE);

		flush_signals(current);
		if (error)
			atomic_inc(&locks->interrupted);
		else
			use_bit(locks, 0, round);
	}
	return 0;
}

TEST(wait_bit_lock_survives_signals)
{
	struct bit_locks locks = { .effort = effort_of(150, 50, 1) };
	struct actor victims[VICTIMS] = { { .task = NULL } };
	struct rand_state rand = test_seed();
	bool all = true;

	for (unsigned int i = 0; i < VICTIMS; i++)
		all = all && actor_start(&victims[i], take_bit_until_interrupted, &locks, ANY_CPU);
	for (unsigned int i = 0; all && effort_goes_on(&locks.effort, i); i++) {
		send_sig(SIGINT, victims[rand_below(&rand, VICTIMS)].task, 0);
		usleep_range(1, 1 + rand_below(&rand, 100));
	}
	WRITE_ONCE(locks.closed, true);
	for (unsigned int i = 0; i < VICTIMS; i++)
		actor_join(&victims[i]);
	expect_bits_free(&locks);
}

/* Variables: two threads count up in turn, each waits for the other's number. */
struct counting {
	unsigned long number;
	struct effort effort;
	atomic_t players;
	bool over;
};

static int count_in_turn(void *arg)
{
	struct counting *counting = arg;
	unsigned long turn = (unsigned long)atomic_fetch_add(1, &counting->players);

	for (;; turn += 2) {
		wait_var_event(&counting->number,
			       READ_ONCE(counting->number) == turn || READ_ONCE(counting->over));
		if (!effort_goes_on(&counting->effort, (unsigned int)turn) ||
		    READ_ONCE(counting->over))
			break;
		WRITE_ONCE(counting->number, turn + 1);
		smp_mb();
		wake_up_var(&counting->number);
	}
	WRITE_ONCE(counting->over, true);
	smp_mb();
	wake_up_var(&counting->number);
	return (int)turn;
}

TEST(wait_var_ping_pong)
{
	struct counting counting = { .effort = effort_of(100, 100, 1) };

	EXPECT(test_run_threads(2, count_in_turn, &counting) >= 100);
	EXPECT(counting.number >= 100);
}

static int wait_var_interruptible(struct scene *scene)
{
	return wait_var_event_interruptible(scene->words, !READ_ONCE(scene->words[0]));
}

static int wait_var_killable(struct scene *scene)
{
	return wait_var_event_killable(scene->words, !READ_ONCE(scene->words[0]));
}

static int wait_var_timeout(struct scene *scene)
{
	return wait_var_event_timeout(scene->words, !READ_ONCE(scene->words[0]), LONG_TIME) > 0;
}

static int wait_var_until(int (*wait)(struct scene *scene), int sig)
{
	struct scene scene = { .words = { 1 }, .wait = wait };
	struct actor waiter;

	if (!actor_start(&waiter, run_scene, &scene, ANY_CPU))
		return 0;
	actor_sleeps(&waiter);
	wake_up_bit(scene.words, 0);
	EXPECT(actor_is_asleep(&waiter, TASK_NORMAL));
	if (sig) {
		send_sig(sig, waiter.task, 0);
	} else {
		WRITE_ONCE(scene.words[0], 0);
		smp_mb();
		wake_up_var(scene.words);
	}
	return actor_join(&waiter);
}

TEST(wait_var_forms)
{
	unsigned long variable = 1;

	EXPECT_EQ(wait_var_until(wait_var_interruptible, 0), 0);
	EXPECT_EQ(wait_var_until(wait_var_interruptible, SIGINT), -ERESTARTSYS);
	EXPECT_EQ(wait_var_until(wait_var_killable, 0), 0);
	EXPECT_EQ(wait_var_until(wait_var_killable, SIGKILL), -ERESTARTSYS);
	EXPECT_EQ(wait_var_until(wait_var_timeout, 0), 1);
	EXPECT_EQ(wait_var_event_timeout(&variable, !READ_ONCE(variable), 1), 0);
	EXPECT_EQ(wait_var_event_timeout(&variable, READ_ONCE(variable), LONG_TIME), LONG_TIME);
}
