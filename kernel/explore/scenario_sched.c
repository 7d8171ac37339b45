/* scenario_sched.c: the run queues: going to sleep against a wake-up, on this CPU or on another, and stealing.
 * SPDX-License-Identifier: MIT
 *
 * The scheduler's own code on two CPUs; only the switch of the registers is modelled (model.c). Each of the explorer's
 * threads is a CPU that begins with one task. CPU 1 runs the sleeper, which sleeps until it is told; CPU 2 is
 * idle, and tells it, as an interrupt's handler would. Then both do what the scheduler says until the sleeper has
 * run once more.
 */
#include "kernel/base/quiescent.h"
#include "kernel/explore/explore.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/sched.h"

#define SLEEPER 0 /* a task that is the explorer's thread 0 in the beginning */
#define TELLER  1 /* the idle thread of the other CPU */
#define IDLE    2 /* the idle thread of the first */

static u32 told;  /* how often it was told */
static u32 slept; /* how often the sleeper has looked */
static bool preempted;
static bool finished; /* it has seen it */
static u32 sleeps;    /* [I] as often it is to look */
static bool in_three; /* [I] its legs, of which a preemption ends the first */

static void queue_setup(struct run_queue *rq, u32 cpu, u32 runs, u32 idle)
{
	runqueue_init(rq, cpu);
	rq->curr = explore_task(runs);
	rq->idle = explore_task(idle);
	rq->idle->prio = rq->idle->normal_prio = IDLE_PRIO;
	rq->idle->cpus_allowed = cpumask_of_cpu(cpu);
	rq->idle->cpu = cpu;
	rq->idle->on_rq = rq->curr->on_rq = ON_RQ_QUEUED;
}

/* Two idle CPUs can steal a task from each other for ever, before one of them runs it. */
static void forget_statistics(u32 thread)
{
	struct task_struct *task = explore_task(thread);

	explore_counts(&task->nvcsw);
	explore_counts(&task->nivcsw);
	explore_counts(&task->nr_migrations);
	explore_counts(&cpu_rq(task->cpu)->nr_stolen);
	explore_counts(&cpu_by_id(task->cpu)->nr_switches);
	explore_counts(&cpu_by_id(task->cpu)->quiescent);
}

static void queues_setup(void)
{
	u32 first = explore_task(SLEEPER)->cpu, second = explore_task(TELLER)->cpu;

	idle_cpus = (struct cpumask){ { 0 } };
	queue_setup(cpu_rq(first), first, SLEEPER, IDLE);
	queue_setup(cpu_rq(second), second, TELLER, TELLER);
}

static void sleep_setup(void)
{
	told = slept = 0;
	sleeps = 1;
	preempted = finished = in_three = false;
	queues_setup();
	for (u32 thread = 0; thread < 3; thread++)
		forget_statistics(thread);
}

/* As if set_cpus_allowed_ptr() had come just before: the sleeper wakes up on the other CPU. */
static void move_setup(void)
{
	sleep_setup();
	explore_task(SLEEPER)->cpus_allowed = cpumask_of_cpu(explore_task(TELLER)->cpu);
}

/* One leg of the sleeper: to its sleep, or to its end. When schedule() returns, somebody else may run here. */
static void sleeper(void)
{
	if (slept == sleeps) {
		finished = true;
		return;
	}
	slept++;
	set_current_state(TASK_UNINTERRUPTIBLE);
	if (READ_ONCE(told) >= slept)
		__set_current_state(TASK_RUNNING);
	else
		schedule();
}

/* The same in three legs: it is preempted when it has said that it sleeps, and before it looks. */
static void preempted_sleeper(void)
{
	if (!preempted) {
		preempted = true;
		set_current_state(TASK_UNINTERRUPTIBLE);
		preempt_schedule();
	} else if (!slept) {
		slept = 1;
		if (READ_ONCE(told))
			__set_current_state(TASK_RUNNING);
		else
			schedule();
	} else {
		finished = true;
	}
}

/* As sched_idle_loop(). Who halts there waits here for what the interrupt would bring. */
static void idle(void)
{
	struct run_queue *rq = this_rq();

	local_irq_disable();
	cpumask_set_cpu(rq->cpu, &idle_cpus);
	if (need_resched() || sched_steal(rq) != STEAL_NONE) {
		local_irq_enable();
		cpu_relax();
	} else {
		local_irq_enable();
		while (!need_resched() && !READ_ONCE(finished))
			cpu_relax();
	}
	if (need_resched()) {
		cpumask_clear_cpu(rq->cpu, &idle_cpus);
		schedule();
	}
}

static void run_cpu(void)
{
	while (!READ_ONCE(finished)) {
		if (current != explore_task(SLEEPER))
			idle();
		else if (in_three)
			preempted_sleeper();
		else
			sleeper();
	}
}

static void sleep_and_wake(u32 thread)
{
	if (thread == 0) {
		explore_enter(); // It runs, and not by a switch.
	} else {
		for (u32 i = 1; i <= sleeps; i++) {
			WRITE_ONCE(told, i);
			wake_up_process(explore_task(SLEEPER));
		}
	}
	run_cpu();
}

static void preempted_setup(void)
{
	sleep_setup();
	in_three = true;
}

/* The second wake-up may find it on its way from the first. */
static void twice_setup(void)
{
	sleep_setup();
	sleeps = 2;
}

/* A task is in one place: here, the sleeper runs. */
static bool sleeper_runs(void)
{
	const struct task_struct *task = explore_task(SLEEPER);

	return task->on_rq == ON_RQ_QUEUED && task->on_cpu && task->__state == TASK_RUNNING &&
	       cpu_rq(task->cpu)->curr == task;
}

/* ---- Who asks a CPU to come through its scheduler, as a grace period and the watchdog do ---- */

static u64 passes_seen; /* by the asker, before he asked */

static void ask_setup(void)
{
	queues_setup();
	atomic64_set(&cpu_by_id(explore_task(SLEEPER)->cpu)->quiescent, 1);
}

static void schedule_and_ask(u32 thread)
{
	u32 first = explore_task(SLEEPER)->cpu;

	if (thread == 0) {
		schedule();
		return;
	}
	passes_seen = quiescent_read(first);
	resched_cpu(first);
}

/* A pass has come after the look, or is still to come: the IPI finds the request. */
static bool asker_is_heard(void)
{
	const struct cpu *cpu = cpu_by_id(explore_task(SLEEPER)->cpu);

	return cpu->need_resched || (u64)cpu->quiescent.counter != passes_seen;
}

SCENARIO(sched_ask, 2, .about = "a request to schedule against schedule()", .scheduler = true,
	 .setup = ask_setup, .run = schedule_and_ask, .check = asker_is_heard,
	 .watch = { WATCH(passes_seen) });
SCENARIO(sched_wake, 2, .slow = true, .about = "a wake-up against schedule()", .scheduler = true,
	 .setup = sleep_setup, .run = sleep_and_wake, .check = sleeper_runs,
	 .watch = { WATCH(told), WATCH(slept), WATCH(finished), WATCH(idle_cpus.bits[0]) });
SCENARIO(sched_twice, 2, .slow = true, .about = "two wake-ups against two sleeps",
	 .scheduler = true, .setup = twice_setup, .run = sleep_and_wake, .check = sleeper_runs,
	 .watch = { WATCH(told), WATCH(slept), WATCH(finished), WATCH(idle_cpus.bits[0]) });
SCENARIO(sched_preempted, 2, .slow = true, .about = "a sleeper that is preempted before it looks",
	 .scheduler = true, .setup = preempted_setup, .run = sleep_and_wake, .check = sleeper_runs,
	 .watch = { WATCH(told), WATCH(preempted), WATCH(slept), WATCH(finished) });
SCENARIO(sched_move, 2, .about = "and the task wakes up on the other CPU", .scheduler = true,
	 .setup = move_setup, .run = sleep_and_wake, .check = sleeper_runs,
	 .watch = { WATCH(told), WATCH(slept), WATCH(finished), WATCH(idle_cpus.bits[0]) });
