/* signal_test.c: which signals end which sleeps.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/sched/signal.h"

#include "kernel/test/sched_test.h"
#include "lib/errno.h"

#define FOREVER_MS 100000000U

/* ---- What is pending ------------------------------------------------------------------------------- */

static int pending_rules(void *unused)
{
	EXPECT_EQ(send_sig(0, current, 0), 0);
	EXPECT(!signal_pending(current));
	EXPECT_EQ(send_sig(-1, current, 0), -EINVAL);
	EXPECT_EQ(send_sig(_NSIG + 1, current, 0), -EINVAL);
	EXPECT_EQ(send_sig(SIGTERM, current, 0), 0);
	EXPECT(!signal_pending(current)); // It does not listen.
	allow_signal(SIGTERM);
	allow_signal(_NSIG);
	EXPECT_EQ(send_sig(SIGUSR1, current, 0), 0);
	EXPECT(!signal_pending(current));
	EXPECT_EQ(send_sig(_NSIG, current, 0), 0);
	EXPECT(signal_pending(current) && !fatal_signal_pending(current));
	EXPECT(signal_pending_state(TASK_INTERRUPTIBLE, current));
	EXPECT(!signal_pending_state(TASK_UNINTERRUPTIBLE, current));
	EXPECT(!signal_pending_state(TASK_KILLABLE, current));
	disallow_signal(_NSIG);
	EXPECT(!signal_pending(current));
	allow_signal(SIGKILL);
	EXPECT_EQ(send_sig(SIGKILL, current, 0), 0);
	EXPECT(fatal_signal_pending(current));
	EXPECT(signal_pending_state(TASK_KILLABLE, current));
	EXPECT(!signal_pending_state(TASK_UNINTERRUPTIBLE, current));
	EXPECT_EQ(send_sig(SIGTERM, current, 0), 0);
	EXPECT_EQ(kernel_dequeue_signal(), SIGKILL);
	EXPECT(signal_pending(current) && !fatal_signal_pending(current));
	EXPECT_EQ(kernel_dequeue_signal(), SIGTERM);
	EXPECT_EQ(kernel_dequeue_signal(), 0);
	EXPECT_EQ(send_sig(SIGKILL, current, 0), 0);
	flush_signals(current);
	EXPECT(!signal_pending(current));
	return 0;
}

TEST(signal_pending_rules)
{
	test_run_threads(1, pending_rules, NULL);
}

/* ---- Sleeps --------------------------------------------------------------------------------------- */

static int interrupted_msleep(void *unused)
{
	unsigned long left;
	u64 start;

	allow_signal(SIGINT);
	left = msleep_interruptible(FOREVER_MS);
	EXPECT(left > 0 && left <= FOREVER_MS);
	EXPECT(signal_pending(current));
	// While it is pending no interruptible sleep lasts, and the others do.
	EXPECT(msleep_interruptible(FOREVER_MS) > 0);
	EXPECT(schedule_timeout_interruptible(MAX_SCHEDULE_TIMEOUT - 1) > 0);
	start = clock_ns();
	msleep(3);
	EXPECT(clock_ns() - start >= 3 * NSEC_PER_MSEC);
	flush_signals(current);
	EXPECT_EQ(msleep_interruptible(1), 0);
	return 0;
}

TEST(signal_ends_msleep_interruptible)
{
	struct actor actor;

	REQUIRE(actor_start(&actor, interrupted_msleep, NULL, ANY_CPU));
	EXPECT(actor_sleeps(&actor));
	EXPECT_EQ(send_sig(SIGHUP, actor.task, 0), 0); // It does not listen to this one.
	EXPECT(actor_is_asleep(&actor, TASK_INTERRUPTIBLE));
	EXPECT_EQ(send_sig(SIGINT, actor.task, 0), 0);
	actor_join(&actor);
}

static int sleep_in_state(void *state)
{
	allow_signal(SIGUSR1);
	allow_signal(SIGKILL);
	set_current_state(*(unsigned int *)state);
	schedule();
	return 0;
}

/* Whether a sleep in @state is ended by @sig. */
static bool ends_sleep(unsigned int state, int sig)
{
	struct actor actor;
	bool ended;

	if (!EXPECT(actor_start(&actor, sleep_in_state, &state, ANY_CPU)))
		return false;
	EXPECT(actor_sleeps(&actor));
	EXPECT_EQ(send_sig(sig, actor.task, 0), 0);
	ended = !actor_is_asleep(&actor, state);
	if (!ended)
		EXPECT(wake_up_process(actor.task));
	actor_join(&actor);
	return ended;
}

TEST(signal_ends_which_sleep)
{
	EXPECT(ends_sleep(TASK_INTERRUPTIBLE, SIGUSR1));
	EXPECT(ends_sleep(TASK_INTERRUPTIBLE, SIGKILL));
	EXPECT(!ends_sleep(TASK_UNINTERRUPTIBLE, SIGUSR1));
	EXPECT(!ends_sleep(TASK_UNINTERRUPTIBLE, SIGKILL));
	EXPECT(!ends_sleep(TASK_KILLABLE, SIGUSR1));
	EXPECT(ends_sleep(TASK_KILLABLE, SIGKILL));
}

/* ---- A signal and the way into a sleep, at the same time ------------------------------------------- */

static struct {
	u32 received; /* [a] signals */
	bool end;
} race;

/* No condition is looked at before the sleep: schedule() itself must see what is pending. */
static int receive(void *unused)
{
	allow_signal(SIGUSR1);
	while (!READ_ONCE(race.end)) {
		while (!signal_pending(current)) {
			set_current_state(TASK_INTERRUPTIBLE);
			schedule();
		}
		flush_signals(current);
		smp_store_release(&race.received, race.received + 1);
	}
	return 0;
}

TEST(signal_races_with_sleep)
{
	struct actor actor;

	race.received = 0;
	race.end = false;
	REQUIRE(actor_start(&actor, receive, NULL, ANY_CPU));
	EXPECT(actor_sleeps(&actor));
	FOR_A_WHILE(i, 20, 5000, 300) {
		EXPECT_EQ(send_sig(SIGUSR1, actor.task, 0), 0);
		if (!EXPECT(SPIN_UNTIL((yield(), smp_load_acquire(&race.received) > i))))
			break;
	}
	WRITE_ONCE(race.end, true);
	send_sig(SIGUSR1, actor.task, 0);
	actor_join(&actor);
}
