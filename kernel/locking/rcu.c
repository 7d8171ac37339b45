/* rcu.c: grace periods: waiting until every CPU has been without a reader.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Read-copy update lets readers look at a structure while it is changed. The updater makes a new version,
 *   swings one pointer to it, and waits for a grace period before it frees the old one: until every
 *   reader that may have got the old pointer has ended. Those who begin later find the new one.
 *
 *      reader on CPU 1                       updater on CPU 0
 *      rcu_read_lock()
 *      p = rcu_dereference(gp)  (old)
 *                                            rcu_assign_pointer(gp, new)
 *      uses *p                               synchronize_rcu()  begins
 *      rcu_read_unlock()                       .
 *      schedule(): quiescent                   ends
 *                                            kfree(old)
 *
 *   A reader costs a change of the preempt count, and writes nothing that another CPU reads. The price is the
 *   updater's: it cannot know who reads, so it waits until every CPU has done something that no
 *   reader does: pass through the scheduler, or be idle. Each CPU counts that in a word of its own
 *   (quiescent.h); a grace period looks at all of them, and again until none is odd and unchanged.
 *   Why that is enough: a reader that began before the first look ran on a CPU whose count was odd then,
 *   and whose count does not change before the reader's end, because it holds preemption off, or is
 *   an interrupt's handler, whose end comes first as well. A reader that begins after that look
 *   finds the new pointer if its CPU's count has changed since: [G] and [H] in quiescent.h; if it has
 *   not, it is waited for too, which is too much but not wrong.
 *
 *   A CPU that works and does not come by on its own is asked to: marked for rescheduling, and sent an
 *   IPI. It passes through the scheduler when its thread is next preemptible, usually at the IPI's end,
 *   and goes on with the same thread. A halted CPU is left alone: its even count is enough.
 *
 *   One thread runs all grace periods, each for everybody who asked before it began (rcu_rounds.h), so
 *   thousands of updaters cost no more than one. It has a high priority: who waits for a grace period
 *   must not wait for a low thread that was preempted while it had one in its hands.
 *   It looks each millisecond. Nothing wakes it, since a reader's end tells nobody; that is the point.
 *
 *   Callbacks (rcu_callback.c) are called by a second thread, of normal priority. Not in a softirq: ten
 *   thousand of them would hold up whatever the interrupt came into; a thread takes its turns.
 *
 *   It does not: let readers be preempted (Linux's PREEMPT_RCU does, at the cost of a count per thread
 *   and lists of preempted readers), combine the CPUs in a tree (with 256 of them the thread reads 256
 *   words), or hold up who queues callbacks faster than they are called.
 *   Sources: P. McKenney and J. Slingwine, "Read-copy update", PDCS 1998; M. Desnoyers et al.,
 *   "User-level implementations of read-copy update", IEEE TPDS 2012 (QSBR); the count whose parity says
 *   idle is Linux's idea (dynticks, since 2.6.26), here one word with the scheduler's passes.
 */
#include "kernel/locking/rcu.h"

#include <arch/clock.h>

#include "kernel/base/cpumask.h"
#include "kernel/base/quiescent.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/timer.h"
#include "kernel/locking/rcu_grace.h"
#include "kernel/locking/rcu_rounds.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/sched/runqueue.h"

/* Above all threads but those of priority 0, which are nobody's yet. */
#define GRACE_PRIO 1

/* From one look to the next: as long as a busy CPU may take, or as short as an IPI takes. */
#define LOOK_NS        (1 * NSEC_PER_MSEC)
#define LOOK_HURRY_NS  (50 * NSEC_PER_USEC)
#define STALL_LIMIT_NS (20 * NSEC_PER_SEC)

static struct rounds grace;
static struct task_struct *grace_thread;       /* [I] NULL until rcu_init() */
static DECLARE_WAIT_QUEUE_HEAD(grace_asked);   /* the thread waits here */
static DECLARE_WAIT_QUEUE_HEAD(grace_is_over); /* and all the others here */
static atomic_t in_a_hurry;                    /* how many wait in synchronize_rcu_expedited() */
unsigned long rcu_nr_looks;
static u64 stall_limit = STALL_LIMIT_NS; /* [a] */
static raw_spinlock_t stall_lock = RAW_SPIN_LOCK_UNLOCKED;
static struct rcu_stall last_stall; /* under stall_lock */

/* [g] What the thread knows of the grace period that is under way. */
static struct rcu_looks looks;
static u64 next_stall; /* when it is to be reported next */

void rcu_look_first(struct rcu_looks *at)
{
	// All CPUs that there are: one that has not come up counts as idle, and cannot be missed.
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		at->first[cpu] = quiescent_read(cpu);
		if (!quiescent_is_idle(at->first[cpu]))
			cpumask_set_cpu(cpu, &at->holdouts);
	}
}

bool rcu_look_again(struct rcu_looks *at)
{
	bool all = true;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		if (!cpumask_test_cpu(cpu, &at->holdouts))
			continue;
		if (quiescent_read(cpu) != at->first[cpu])
			cpumask_clear_cpu(cpu, &at->holdouts);
		else
			all = false;
	}
	return all;
}

static void ask_holdouts(void)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		if (cpumask_test_cpu(cpu, &looks.holdouts))
			resched_cpu(cpu);
	}
}

/* Say what @cpu does, and note it. */
static void report_holdout(u32 cpu)
{
	const struct cpu *data = cpu_by_id(cpu);
	const struct task_struct *task = task_curr_on(cpu);
	unsigned long where = READ_ONCE(data->rcu_nesting) ? READ_ONCE(data->rcu_where) : 0;
	unsigned long flags;
	char text[96];

	task_describe(task, text, sizeof(text));
	pr_emerg("cpu%u has been in a reader all the time, preempt count %#x: %s", cpu,
		 READ_ONCE(data->preempt_count) & ~PREEMPT_NOT_WANTED, text);
	if (where)
		pr_emerg("cpu%u's reader begins at %pS", cpu, (void *)where);
	raw_spin_lock_irqsave(&stall_lock, flags);
	last_stall.reports++;
	last_stall.cpu = cpu;
	last_stall.pid = task->pid;
	last_stall.where = where;
	raw_spin_unlock_irqrestore(&stall_lock, flags);
}

/* Say who holds the grace period up, if that is so for too long. */
static void look_for_stall(u64 began)
{
	u64 now = clock_ns();

	if (now - began < next_stall)
		return;
	next_stall = now - began + READ_ONCE(stall_limit);
	report_begin();
	pr_emerg("rcu: a grace period waits since %llu ms", (now - began) / NSEC_PER_MSEC);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		if (cpumask_test_cpu(cpu, &looks.holdouts))
			report_holdout(cpu);
	}
	pr_emerg(
		"What to do: a reader ends soon; look for a loop, or a missing rcu_read_unlock(),");
	pr_emerg("there. A CPU with preemption or interrupts off for so long has the same effect.");
	report_end();
}

static void sleep_for(u64 ns)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_until(clock_ns() + ns);
}

/* This CPU is in no reader: we run here, and may be preempted. */
static void pass_here(void)
{
	preempt_disable();
	quiescent_pass();
	preempt_enable();
}

static void run_grace_period(void)
{
	u64 began = clock_ns();
	bool again = false;

	next_stall = READ_ONCE(stall_limit);
	rcu_look_first(&looks);
	pass_here();
	for (; !rcu_look_again(&looks); again = true) {
		bool hurry = atomic_read(&in_a_hurry) > 0;

		if (again || hurry)
			ask_holdouts();
		look_for_stall(began);
		WRITE_ONCE(rcu_nr_looks, rcu_nr_looks + 1);
		sleep_for(hurry ? LOOK_HURRY_NS : LOOK_NS);
	}
}

void rcu_grace_turn(void)
{
	wait_event_idle(grace_asked, rounds_wanted(&grace));
	rounds_begin(&grace);
	run_grace_period();
	rounds_end(&grace);
	wake_up_all(&grace_is_over);
}

static void grace_run(void *unused)
{
	for (;;)
		rcu_grace_turn();
}

unsigned long get_state_synchronize_rcu(void)
{
	return rounds_snap(&grace);
}

unsigned long start_poll_synchronize_rcu(void)
{
	unsigned long cookie = rounds_snap(&grace);

	rounds_want(&grace, cookie);
	wake_up(&grace_asked);
	return cookie;
}

bool poll_state_synchronize_rcu(unsigned long cookie)
{
	bool done = rounds_done(&grace, cookie);

	smp_mb(); // As after synchronize_rcu(): the caller goes on as if it had waited.
	return done;
}

/* Inline: who may not sleep called what calls this. */
static __always_inline void wait_for_round(unsigned long cookie)
{
	might_sleep_at("synchronize_rcu", NULL, _RET_IP_);
	// Which was said. The round would wait for this CPU, and this CPU for the round.
	if (CONFIG_CHECKED && unlikely(!preemptible()))
		return;
	if (!rounds_done(&grace, cookie)) {
		rounds_want(&grace, cookie);
		wake_up(&grace_asked);
		wait_event(grace_is_over, rounds_done(&grace, cookie));
	}
	smp_mb(); // What the caller does next comes after the last reader, whatever it is.
}

void cond_synchronize_rcu(unsigned long cookie)
{
	wait_for_round(cookie);
}

void synchronize_rcu(void)
{
	wait_for_round(get_state_synchronize_rcu());
}

void synchronize_rcu_expedited(void)
{
	atomic_inc(&in_a_hurry);
	synchronize_rcu();
	atomic_dec(&in_a_hurry);
}

unsigned long rcu_grace_periods(void)
{
	return READ_ONCE(grace.seq) / 2;
}

unsigned long rcu_looks(void)
{
	return READ_ONCE(rcu_nr_looks);
}

struct rcu_stall rcu_last_stall(void)
{
	struct rcu_stall stall;
	unsigned long flags;

	raw_spin_lock_irqsave(&stall_lock, flags);
	stall = last_stall;
	raw_spin_unlock_irqrestore(&stall_lock, flags);
	return stall;
}

void rcu_set_stall_limit(u64 ns)
{
	WRITE_ONCE(stall_limit, ns);
}

void rcu_init(void)
{
	grace_thread = task_create("rcu_grace", grace_run, NULL);
	if (!grace_thread)
		panic("no memory for RCU's thread");
	sched_set_prio(grace_thread, GRACE_PRIO);
	wake_up_process(grace_thread);
	rcu_callbacks_init();
}

#if CONFIG_CHECKED

/* The count first: who interrupts us between the two must not take its reader for the outermost. */
void rcu_note_enter(unsigned long where)
{
	struct cpu *cpu = this_cpu();
	u32 nesting = READ_ONCE(cpu->rcu_nesting);

	WRITE_ONCE(cpu->rcu_nesting, nesting + 1);
	if (nesting == 0)
		WRITE_ONCE(cpu->rcu_where, where);
}

bool rcu_note_leave(unsigned long where)
{
	struct cpu *cpu = this_cpu();
	u32 nesting = READ_ONCE(cpu->rcu_nesting);

	if (unlikely(nesting == 0)) {
		misuse(NULL,
		       "rcu_read_unlock() at %pS, and cpu%u is in no reader: thread %d \"%s\"",
		       (void *)where, cpu->id, current->pid, current->comm);
		return false;
	}
	WRITE_ONCE(cpu->rcu_nesting, nesting - 1);
	return true;
}

void rcu_check(bool fine, const char *what, unsigned long where)
{
	if (unlikely(!fine))
		misuse(NULL, "suspicious RCU usage: %s at %pS by thread %d \"%s\" on cpu%u", what,
		       (void *)where, current->pid, current->comm, raw_smp_processor_id());
}

#endif
