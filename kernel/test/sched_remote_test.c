/* sched_remote_test.c: preemption that is asked for by another CPU.
 * SPDX-License-Identifier: MIT
 *
 * The thread that is preempted is first-in-first-out and calls nothing, so no time slice and no
 * preempt_enable() of its own can stand in for the reschedule interrupt.
 */
#include "kernel/test/sched_test.h"

#define ROUNDS_LEAST 10
#define ROUNDS_MOST  1000
#define ROUNDS_MS    150

struct remote {
	struct noter noter; /* on the spinner's CPU */
	struct actor spinner;
	bool stop;
};

static int spin(void *arg)
{
	struct remote *remote = arg;

	sched_set_prio(current, FIFO_MID);
	while (!READ_ONCE(remote->stop))
		cpu_relax();
	return 0;
}

/* Run @fn on one CPU while a thread spins on another, where a noter of @prio sleeps. */
static void beside_spinner(int prio, void (*fn)(void *remote))
{
	static struct remote remote;

	remote = (struct remote){ .stop = false };
	if (noter_start(&remote.noter, test_cpu(1), prio) &&
	    actor_start(&remote.spinner, spin, &remote, test_cpu(1))) {
		EXPECT(WAIT_UNTIL(READ_ONCE(remote.spinner.task->prio) == FIFO_MID));
		run_at(test_cpu(0), DEFAULT_PRIO, fn, &remote);
	}
	WRITE_ONCE(remote.stop, true);
	actor_join(&remote.spinner);
	noter_end(&remote.noter);
}

static bool noter_sleeps(const struct remote *remote)
{
	return actor_is_asleep(&remote->noter.actor, TASK_NORMAL);
}

static void wake_remotely(void *arg)
{
	struct remote *remote = arg;

	unsigned long preempted = remote->spinner.task->nivcsw;

	FOR_A_WHILE(i, ROUNDS_LEAST, ROUNDS_MOST, ROUNDS_MS) {
		EXPECT(SPIN_UNTIL(noter_sleeps(remote)));
		noter_wake(&remote->noter);
		if (!EXPECT(SPIN_UNTIL(noter_runs(&remote->noter) == i + 1)))
			break;
	}
	EXPECT(remote->spinner.task->nivcsw - preempted >= noter_runs(&remote->noter));
}

TEST(sched_remote_wake_preempts)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	beside_spinner(FIFO_HIGH, wake_remotely);
}

/* Lower than the spinner: it waits, until one of the two changes its priority. */
static void change_prio_remotely(void *arg)
{
	struct remote *remote = arg;
	struct noter *noter = &remote->noter;

	FOR_A_WHILE(round, ROUNDS_LEAST, ROUNDS_MOST, ROUNDS_MS) {
		u32 i = 2 * (u32)round;

		EXPECT(SPIN_UNTIL(noter_sleeps(remote)));
		noter_wake(noter);
		clock_delay_ns(100 * NSEC_PER_USEC);
		EXPECT_EQ(noter_runs(noter), i);
		sched_set_prio(noter->actor.task, FIFO_HIGH);
		EXPECT(SPIN_UNTIL(noter_runs(noter) == i + 1 && noter_sleeps(remote)));
		sched_set_prio(noter->actor.task, FIFO_LOW);
		noter_wake(noter);
		clock_delay_ns(100 * NSEC_PER_USEC);
		EXPECT_EQ(noter_runs(noter), i + 1);
		sched_set_prio(remote->spinner.task, FIFO_LOW + 1);
		// Back asleep before the spinner is better again and keeps it from that.
		EXPECT(SPIN_UNTIL(noter_runs(noter) == i + 2 && noter_sleeps(remote)));
		sched_set_prio(remote->spinner.task, FIFO_MID);
	}
}

TEST(sched_remote_prio_change)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	beside_spinner(FIFO_LOW, change_prio_remotely);
}
