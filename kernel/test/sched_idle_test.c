/* sched_idle_test.c: CPUs that have nothing to do: they are quiet, and come when there is work.
 * SPDX-License-Identifier: MIT
 */
#include <arch/smp.h>
#include <arch/trap.h>
#include <arch/watch.h>

#include "kernel/test/sched_test.h"

#define QUIET_MS       500
#define QUIET_IRQS_MAX 25 /* a tick of 10 ms would come 50 times, one of 1 ms 500 times */

/* A CPU with a tick cannot pass for long; one that is interrupted for a good reason may. */
TEST(sched_idle_has_no_tick)
{
	static unsigned long before[NR_CPUS];
	u32 cpu;

	for_each_online_cpu(cpu)
		before[cpu] = READ_ONCE(cpu_by_id(cpu)->nr_irqs);
	msleep(QUIET_MS);
	for_each_online_cpu(cpu) {
		unsigned long irqs = READ_ONCE(cpu_by_id(cpu)->nr_irqs) - before[cpu];

		if (!EXPECT(irqs < QUIET_IRQS_MAX))
			test_note("cpu%u took %lu interrupts in a wait of %u ms", cpu, irqs,
				  QUIET_MS);
	}
}

/* ---- Wake-ups at every moment of a CPU's way into its halt ---------------------------------------- */

/* In all, shared among the CPUs. A machine whose CPUs are slow to come out of a halt makes fewer. */
#define IDLE_WAKES    20000
#define IDLE_WAKES_MS 600

static struct {
	struct actor sleeper;
	u32 asked;    /* [a] wake-ups sent */
	u32 answered; /* [a] */
	bool end;
} idle_wake;

static int idle_sleeper(void *unused)
{
	u32 seen = 0;

	while (!READ_ONCE(idle_wake.end)) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(idle_wake.asked) == seen && !READ_ONCE(idle_wake.end))
			schedule();
		__set_current_state(TASK_RUNNING);
		seen = READ_ONCE(idle_wake.asked);
		smp_store_release(&idle_wake.answered, seen);
	}
	return 0;
}

/* The pause sweeps over what the CPU does between its answer and its halt. */
static void wake_idle_cpu(u32 cpu, u32 others, struct rand_state *rand)
{
	idle_wake.asked = idle_wake.answered = 0;
	idle_wake.end = false;
	REQUIRE(actor_start(&idle_wake.sleeper, idle_sleeper, NULL, cpu));
	FOR_A_WHILE(i, 10, IDLE_WAKES / others, IDLE_WAKES_MS / others) {
		for (u32 pause = rand_below(rand, 200); pause > 0; pause--)
			cpu_relax();
		WRITE_ONCE(idle_wake.asked, (u32)i + 1);
		wake_up_process(idle_wake.sleeper.task);
		if (!EXPECT(SPIN_UNTIL(smp_load_acquire(&idle_wake.answered) == i + 1)))
			break;
	}
	WRITE_ONCE(idle_wake.end, true);
	wake_up_process(idle_wake.sleeper.task);
	actor_join(&idle_wake.sleeper);
}

static int wake_idle_cpus(void *arg)
{
	u32 others = num_online_cpus() - 1;

	for (u32 i = 1; i <= others; i++)
		wake_idle_cpu(test_cpu(i), others, arg);
	return 0;
}

TEST(sched_idle_wakes_are_not_lost)
{
	struct rand_state rand = test_seed();
	struct actor waker;

	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	REQUIRE(actor_start(&waker, wake_idle_cpus, &rand, test_cpu(0)));
	actor_join(&waker);
}

/* ---- An interrupt that comes between `sti` and `hlt` ------------------------------------------------ */

#define LATE_TRIES 20

static u32 late_calls; /* this CPU's */

/* Before the `hlt`, where an NMI might be: when it returns, nothing holds the interrupt off any more. */
static void interrupt_before_halt(void)
{
	watch_nothing();
	late_calls++;
	smp_send_ipi(raw_smp_processor_id(), IPI_RESCHEDULE);
}

/* How many interrupts it took to get out of a halt that one interrupt had come too early for. */
static unsigned long interrupts_until_awake(void)
{
	unsigned long before;

	preempt_disable();
	local_irq_disable();
	before = this_cpu()->nr_irqs;
	watch_instruction(arch_halt_instruction);
	arch_safe_halt();
	local_irq_disable();
	before = this_cpu()->nr_irqs - before;
	local_irq_enable();
	preempt_enable();
	return before;
}

static void halt_late(void *unused)
{
	u32 one = 0;

	late_calls = 0;
	trap_watch_call(interrupt_before_halt);
	for (u32 i = 0; i < LATE_TRIES; i++)
		one += interrupts_until_awake() == 1; // Another one may come by chance.
	trap_watch_call(NULL);
	EXPECT_EQ(late_calls, LATE_TRIES);
	if (!EXPECT(one > 0))
		test_note("a CPU halted on after the interrupt that it halted for");
}

TEST(sched_idle_late_interrupt)
{
	run_at(test_cpu(0), DEFAULT_PRIO, halt_late, NULL);
}

/* ---- As many threads as CPUs: nobody waits while a CPU is idle ------------------------------------ */

#define SPREAD_ROUNDS 10

/* First-in-first-out, so that no time slice brings two of them together on one CPU: each goes on only
 * when all run at the same time. */
static int spread_thread(void *arg)
{
	atomic_t *arrived = arg;

	sched_set_fifo_low(current);
	for (u32 round = 1; round <= SPREAD_ROUNDS; round++) {
		usleep_range(100, 200);
		atomic_inc(arrived);
		EXPECT(SPIN_UNTIL(atomic_read(arrived) >= (int)(round * num_online_cpus())));
	}
	return 1;
}

TEST(sched_idle_cpus_take_work)
{
	atomic_t arrived = ATOMIC_INIT(0);
	u32 n = num_online_cpus();

	EXPECT_EQ(test_run_threads(n, spread_thread, &arrived), n);
}
