/* sched_switch_test.c: nobody runs a thread before the CPU that it leaves has left it.
 * SPDX-License-Identifier: MIT
 *
 * A thread that goes to sleep is in no queue for a moment while its CPU is still on its stack. Who wakes
 * it then must wait (see sched.c). The moment is short, so this test makes it long: an NMI that falls
 * into it holds the CPU there, and looks whether another one runs the thread meanwhile.
 */
#include "kernel/test/nmi_test.h"
#include "kernel/test/sched_test.h"

#define HELD_NS  (2 * NSEC_PER_MSEC)
#define SWEEP_NS (20 * NSEC_PER_USEC)

static struct {
	struct actor sleeper;
	u32 slept;        /* [a] sleeps of it that ended */
	bool end;         /* [a] */
	atomic_t held;    /* NMIs that fell into the moment */
	atomic_t doubled; /* and saw the thread run elsewhere */
} leaving;

static bool runs_elsewhere(const struct task_struct *task)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		if (cpu != raw_smp_processor_id() && task_curr_on(cpu) == task)
			return true;
	}
	return false;
}

/*
 * Whether @task is half gone from this CPU, which is in an NMI: then it stays so until we return. Three
 * words say so together, and others may wake it between two of our looks: what we saw then was of two
 * places. It cannot run elsewhere without having moved there, and that is counted before it runs.
 */
static bool is_half_gone(const struct task_struct *task)
{
	unsigned long moves = READ_ONCE(task->nr_migrations);

	return READ_ONCE(task->cpu) == raw_smp_processor_id() &&
	       READ_ONCE(task->on_rq) == ON_RQ_NO && READ_ONCE(task->on_cpu) &&
	       READ_ONCE(task->nr_migrations) == moves;
}

/* In an NMI, on the CPU that the sleeper ran on last. */
static void hold_in_the_middle(void)
{
	const struct task_struct *task = leaving.sleeper.task;
	u64 until = clock_ns() + HELD_NS;

	if (!is_half_gone(task))
		return;
	atomic_inc(&leaving.held);
	while (clock_ns() < until) {
		if (runs_elsewhere(task)) {
			atomic_inc(&leaving.doubled);
			return;
		}
	}
}

/* The pause before each sleep sweeps over the time that an NMI takes to arrive. */
static int sleep_often(void *unused)
{
	struct rand_state rand;

	rand_seed(&rand, (u64)current->pid);
	while (!READ_ONCE(leaving.end)) {
		clock_delay_ns(rand_below(&rand, SWEEP_NS));
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
		WRITE_ONCE(leaving.slept, leaving.slept + 1);
	}
	return 0;
}

/* Wake it the moment it is in no queue, with an NMI on the way to its CPU that may fall into the same. */
static void wake_at_worst_moment(void *unused)
{
	struct task_struct *task = leaving.sleeper.task;

	FOR_A_WHILE(i, 10, 20000, 400) {
		u32 slept = READ_ONCE(leaving.slept);

		test_nmi_send(READ_ONCE(task->cpu));
		EXPECT(SPIN_UNTIL(READ_ONCE(task->on_rq) == ON_RQ_NO && wake_up_process(task)));
		EXPECT(SPIN_UNTIL(READ_ONCE(leaving.slept) != slept));
	}
	WRITE_ONCE(leaving.end, true);
	EXPECT(WAIT_UNTIL((wake_up_process(task), READ_ONCE(leaving.sleeper.ended))));
}

TEST(sched_wake_while_leaving)
{
	u32 cpu;

	if (num_online_cpus() < 3)
		SKIP("needs three CPUs");
	leaving.slept = 0;
	leaving.end = false;
	atomic_set(&leaving.held, 0);
	atomic_set(&leaving.doubled, 0);
	REQUIRE(actor_start(&leaving.sleeper, sleep_often, NULL, ANY_CPU));
	test_nmi_init(hold_in_the_middle);
	run_at(test_cpu(1), DEFAULT_PRIO, wake_at_worst_moment, NULL);
	for_each_online_cpu(cpu)
		EXPECT(test_nmi_wait(cpu));
	test_nmi_init(NULL);
	actor_join(&leaving.sleeper);
	EXPECT_EQ(atomic_read(&leaving.doubled), 0);
	test_note("%d NMIs fell into a switch", atomic_read(&leaving.held));
}
