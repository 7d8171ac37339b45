/* sched.c: the switch from one thread to another, preemption, and the idle loop.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Each CPU has a run queue and chooses its best waiting thread; of equal ones, the one that has
 *   waited longest. Choosing is O(1) (runqueue.h). Who runs when:
 *   - a thread that is woken goes to the CPU it ran on, or to an idle one (wakeup.c), and preempts
 *     what runs there if that has a lower priority;
 *   - a round-robin thread that has run its slice while an equal one waits goes to the queue's tail;
 *     one that is preempted before goes to the head, with what is left of its slice;
 *   - a CPU that has nothing to do takes a waiting thread from another one before it halts.
 *
 *   The queue's lock is held across the switch: taken by the thread that leaves, released by the one
 *   that arrives, both on the same CPU. So whoever holds it sees no thread half switched, but for
 *   `on_cpu`: a thread that went to sleep is in no queue, its registers may still be on their way to
 *   memory, and who wakes it on another CPU must not run it before they are there:
 *
 *      CPU 0, thread A goes to sleep             CPU 1, wakes A
 *      on_rq = 0
 *      saves A's registers, loads B's            sees on_rq == 0
 *      B: on_cpu of A = 0 [C], release           waits for on_cpu == 0 [D], acquire
 *                                                queues A, runs it
 *
 *   The preempt count is 2 at every switch: once for schedule(), once for the queue's lock. So it can
 *   belong to the CPU and need not be saved with the thread.
 *   It does not: share time among priorities (a lower one waits for ever behind a higher that never
 *   sleeps), or promise that the N best threads of the machine run on its N CPUs.
 */
#include "kernel/sched/sched.h"

#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/smp.h>
#include <arch/trap.h>

#include "kernel/base/hooks.h"
#include "kernel/base/quiescent.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/signal.h"

DEFINE_PER_CPU(struct run_queue, run_queues);

struct cpumask idle_cpus;

void resched_cpu(u32 cpu)
{
	struct cpu *target = cpu_by_id(cpu);

	preempt_disable();
	if (target == this_cpu()) {
		WRITE_ONCE(target->need_resched, 1);
		preempt_fold_need_resched();
	} else if (!xchg(&target->need_resched, 1)) {
		// It was 0: nobody else's IPI is on its way.
		smp_send_ipi(cpu, IPI_RESCHEDULE);
	}
	preempt_enable_no_resched();
}

static void reschedule_ipi(void)
{
	if (need_resched())
		preempt_fold_need_resched();
}

/* Whether @task, which runs, has used up its turn among equals. First-in-first-out has no turns. */
static bool slice_is_over(const struct task_struct *task, u64 now)
{
	return task->prio >= MAX_RT_PRIO &&
	       task->slice_used + (now - task->run_start) >= TIME_SLICE_NS;
}

/* The slice timer. It runs while the CPU is busy; an idle CPU lets it lapse. */
static void sched_tick(struct ktimer *timer)
{
	struct run_queue *rq = container_of(timer, struct run_queue, tick);
	struct task_struct *curr;
	u64 now = clock_ns();

	raw_spin_lock(&rq->lock);
	curr = rq->curr;
	if (curr == rq->idle) {
		rq->tick_armed = false;
		raw_spin_unlock(&rq->lock);
		return;
	}
	if (slice_is_over(curr, now) && runqueue_best_prio(rq) <= curr->prio)
		resched_cpu(rq->cpu); // put_prev() sends it to the tail.
	// A CPU that came for one of our threads may have found another's: ask again, for all of them.
	if (rq->nr_queued) {
		struct cpumask allowed = runqueue_allowed(rq);

		sched_kick_idle(&allowed);
	}
	timer_start(&rq->tick, now + TIME_SLICE_NS);
	raw_spin_unlock(&rq->lock);
}

/* Account for the time that @prev ran, and return whether it has had its turn. A turn lasts until the
 * thread yields, sleeps, or has used it up; not until it is preempted, or a better thread that often
 * runs for a moment would keep it before its equals for ever. */
static bool charge_turn(struct task_struct *prev, u64 now)
{
	bool over = prev->yielded || slice_is_over(prev, now);

	prev->yielded = false;
	prev->slice_used = over ? 0 : prev->slice_used + (now - prev->run_start);
	return over;
}

/* Decide what becomes of the thread that leaves the CPU. Caller holds rq->lock. */
static void put_prev(struct run_queue *rq, struct task_struct *prev, bool preempted, u64 now)
{
	unsigned int state = READ_ONCE(prev->__state);
	bool over = charge_turn(prev, now);

	if (!preempted && state != TASK_RUNNING) {
		if (signal_pending_state(state, prev)) {
			WRITE_ONCE(prev->__state, TASK_RUNNING);
		} else {
			prev->slice_used = 0;
			prev->sleep_start = now;
			WRITE_ONCE(prev->on_rq, ON_RQ_NO);
			return;
		}
	}
	if (prev == rq->idle)
		return;
	if (unlikely(!cpumask_test_cpu(rq->cpu, &prev->cpus_allowed))) {
		// Its registers are still here: finish_switch() sends it on.
		WRITE_ONCE(prev->on_rq, ON_RQ_MIGRATING);
		return;
	}
	runqueue_add(rq, prev, !over);
}

/* What the thread that arrives does for the one that left. Interrupts off, rq->lock held. */
static void finish_switch(void)
{
	struct run_queue *rq = this_rq();
	struct task_struct *prev = rq->prev;
	bool dead = READ_ONCE(prev->__state) == TASK_DEAD;
	bool moving = prev->on_rq == ON_RQ_MIGRATING;
	bool waiting = prev->on_rq == ON_RQ_QUEUED && prev != rq->idle;

	// [C] pairs with [D] in wake_up_state(): the registers are saved before this is seen.
	smp_store_release(&prev->on_cpu, 0);
	if (waiting)
		sched_kick_idle(&prev->cpus_allowed);
	raw_spin_unlock(&rq->lock);
	if (unlikely(moving))
		sched_enqueue_somewhere(prev);
	if (unlikely(dead)) {
		task_release_stack(prev);
		put_task_struct(prev);
	}
}

static void switch_to(struct run_queue *rq, struct task_struct *prev, struct task_struct *next)
{
	struct cpu *cpu = this_cpu();

	WRITE_ONCE(next->on_cpu, 1);
	rq->prev = prev;
	WRITE_ONCE(rq->curr, next);
	WRITE_ONCE(cpu->nr_switches, cpu->nr_switches + 1);
	WRITE_ONCE(cpu->running, next);
	trace_runs(next->pid);
	task_take_locks(next);
	race_switch_to(&next->race);
	if (next != rq->idle && !rq->tick_armed) {
		rq->tick_armed = true;
		timer_start(&rq->tick, next->run_start + TIME_SLICE_NS);
	}
	context_switch(&prev->context, &next->context);
	// This is `prev` again, some time later and perhaps on another CPU.
	finish_switch();
}

/* Choose, and switch if it is another. Preempt count 1, interrupts on; returns likewise, and true. */
static bool schedule_once(bool preempted)
{
	struct run_queue *rq;
	struct task_struct *prev, *next;
	u64 now;

	if (unlikely(preempt_count() != PREEMPT_OFFSET || irqs_disabled()))
		return sched_refuse_in_atomic();
	hook_schedule();
	local_irq_disable();
	rq = this_rq();
	raw_spin_lock(&rq->lock);
	prev = rq->curr;
	now = clock_ns();
	put_prev(rq, prev, preempted, now);
	WRITE_ONCE(this_cpu()->need_resched, 0);
	preempt_clear_need_resched();
	// Not before: who saw this pass, and asked for another, would have his request cleared with the older one.
	quiescent_pass();
	next = runqueue_pick(rq);
	next->run_start = now;
	if (next == prev) {
		raw_spin_unlock(&rq->lock);
	} else {
		if (preempted)
			prev->nivcsw++;
		else
			prev->nvcsw++;
		trace_note(TRACE_SWITCH, prev->blocked_on, prev->blocked_name, (u32)next->pid,
			   READ_ONCE(prev->__state) | (preempted ? TRACE_PREEMPTED : 0));
		switch_to(rq, prev, next);
	}
	local_irq_enable();
	return true;
}

void schedule(void)
{
	bool done;

	do {
		preempt_disable();
		done = schedule_once(false);
		preempt_enable_no_resched();
	} while (done && need_resched());
}

void schedule_preempt_disabled(void)
{
	schedule_once(false);
}

void preempt_schedule(void)
{
	if (!preemptible())
		return;
	do {
		preempt_disable();
		schedule_once(true);
		preempt_enable_no_resched();
	} while (need_resched());
}

/* At the end of an interrupt, in code that may be preempted. Interrupts are off, and stay so for
 * the caller. The frame below us holds what was interrupted; it is this thread's, and waits. */
static void preempt_schedule_irq(void)
{
	do {
		preempt_disable();
		local_irq_enable();
		schedule_once(true);
		local_irq_disable();
		preempt_enable_no_resched();
	} while (need_resched());
}

void yield(void)
{
	struct run_queue *rq;
	unsigned long flags;

	local_irq_save(flags);
	rq = this_rq();
	raw_spin_lock(&rq->lock);
	current->yielded = true;
	raw_spin_unlock(&rq->lock);
	local_irq_restore(flags);
	set_current_state(TASK_RUNNING);
	schedule();
}

int cond_resched(void)
{
	if (unlikely(!preemptible()))
		might_sleep_here();
	if (!need_resched() || !preemptible())
		return 0;
	preempt_schedule();
	return 1;
}

void sched_task_start(void *arg)
{
	struct task_struct *task = arg;

	finish_switch();
	local_irq_enable();
	preempt_enable();
	task->entry(task->arg);
	task_exit();
}

void set_special_state(unsigned int state)
{
	struct task_struct *task = current;
	unsigned long flags;

	note_state_change();
	raw_spin_lock_irqsave(&task->wake_lock, flags);
	smp_store_mb(task->__state, state); // [S] again
	raw_spin_unlock_irqrestore(&task->wake_lock, flags);
}

void task_exit(void)
{
	struct task_struct *task = current;

	task_check_exit(task);
	context_check_thread(task->entry);
	preempt_disable();
	set_special_state(TASK_DEAD);
	schedule_once(false);
	panic("thread %d runs after its end", task->pid);
}

struct task_struct *task_curr_on(u32 cpu)
{
	return READ_ONCE(cpu_rq(cpu)->curr);
}

unsigned long sched_nr_stolen(u32 cpu)
{
	return READ_ONCE(cpu_rq(cpu)->nr_stolen);
}

/* Make the code that runs here this CPU's idle thread, and let the CPU take part. */
static void sched_cpu_online(u32 cpu)
{
	struct run_queue *rq = cpu_rq(cpu);

	quiescent_end(); // Until now the count was 0, and the CPU as good as idle.
	rq->idle = task_create_idle(cpu);
	if (!rq->idle)
		panic("no memory for the idle thread of cpu%u", cpu);
	WRITE_ONCE(rq->curr, rq->idle);
	WRITE_ONCE(this_cpu()->running, rq->idle);
	task_take_locks(rq->idle);
	race_switch_to(&rq->idle->race);
	atomic_inc(&nr_online);
	cpumask_set_cpu(cpu, &cpus_online);
	// Whoever sees the CPU online sees its run queue ready: they wake threads onto it.
	smp_store_release(&this_cpu()->online, true);
}

void sched_init(void)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		runqueue_init(cpu_rq(cpu), cpu);
		timer_init(&cpu_rq(cpu)->tick, sched_tick);
	}
	smp_ipi_register(IPI_RESCHEDULE, reschedule_ipi);
	trap_exit_register(preempt_schedule_irq);
	panic_register_describe(task_describe);
	hook_register_might_sleep(task_check_awake);
	sched_cpu_online(0);
}

void sched_start_cpu(void)
{
	sched_cpu_online(smp_processor_id());
	sched_idle_loop();
}

/*
 * An idle CPU has no tick and wakes by interrupt only. No wake-up is lost:
 *
 *      idle CPU                              CPU that has work for it
 *      enters idle_cpus [I], full barrier    queues a thread
 *      looks at all queues                   full barrier [K] in sched_kick_idle()
 *      interrupts off                        takes a CPU out of idle_cpus
 *      need_resched? else sti; hlt           need_resched = 1, IPI
 *
 * Either it sees the thread in its look, or it is seen in idle_cpus and is sent the IPI; and an IPI
 * that arrives after the look at need_resched waits until `sti; hlt` takes it. A queue that is locked
 * at the look may hold a thread for us: then the CPU looks again, and does not halt.
 */
void sched_idle_loop(void)
{
	struct run_queue *rq = this_rq();

	for (;;) {
		local_irq_disable();
		cpumask_set_cpu(rq->cpu, &idle_cpus); // [I] pairs with [K] in sched_kick_idle()
		if (need_resched() || sched_steal(rq) != STEAL_NONE) {
			local_irq_enable();
			cpu_relax(); // `sti` lets interrupts in after the next instruction only.
		} else {
			quiescent_begin();
			arch_safe_halt();
			quiescent_end();
		}
		if (need_resched()) {
			cpumask_clear_cpu(rq->cpu, &idle_cpus);
			schedule_once(false);
		}
	}
}
