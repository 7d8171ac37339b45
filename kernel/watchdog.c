/* watchdog.c: looking, from time to time, for what hangs.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A timer on CPU 0, in interrupt context, so that it works when nothing is scheduled any more. It looks for
 *      circles of threads that wait for one another: told at the second look, which makes it a fact (wait_graph.c)
 *      hung tasks: asleep, not interruptible, killable or for work, with no time limit, for too long
 *      soft lockups: a CPU is busy and does not come through its scheduler, so preemption is off there
 *      hard lockups: a CPU is busy and counts no interrupts, so they are off
 *   CPU 0 cannot find its own hard lockup; a slower timer on CPU 1, its buddy, looks after it.
 *
 *   Nobody is woken for it. What a CPU counts anyway says whether it goes on: its passes through the scheduler
 *   with its halts (quiescent.h), and its interrupts. A thread that computes alone on its CPU passes nowhere:
 *   at half the limit the CPU is asked to choose a thread, and interrupted; whoever can, does, and is well.
 *   An idle CPU, whose count is even, is never asked.
 *
 *   Time is what was seen to pass: from one look to the next at most twice the time between two. So a machine
 *   that was stopped, or a watchdog that was held up, does not find that everything has hung. What is said
 *   once is not said again until the thread, or the CPU, has moved.
 *   It does not: see a thread that goes round in circles awake, with preemption on: that is no lockup.
 */
#include "kernel/watchdog.h"

#include <arch/clock.h>
#include <arch/smp.h>

#include "kernel/base/held.h"
#include "kernel/base/quiescent.h"
#include "kernel/core/cpu_stack.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/smpcall.h"
#include "kernel/core/timer.h"
#include "kernel/sched/runqueue.h"
#include "kernel/wait_report.h"
#include "lib/format.h"

#define HUNG_TOLD_MAX                                                                              \
	10              /* hung tasks that are reported; then there is one cause, and it was told */
#define WATCHER       0 /* the CPU that looks */
#define BUDDY         1 /* the CPU that looks after it */
#define LOOK_MS       1000 /* between two looks */
#define BUDDY_LOOK_MS 4000

struct watchdog_limits watchdog_limits = { .guess_ms = 20000,
					   .hung_ms = 120000,
					   .soft_ms = 30000,
					   .hard_ms = 30000 };

/* What a watcher knows of a CPU. [w] under `lock` */
struct cpu_watch {
	u64 passes;         /* [w] its quiescent count when it was looked at last */
	unsigned long irqs; /* [w] and its interrupts */
	u64 soft_ns; /* [w] for how long it has not passed its scheduler, as far as looks tell */
	u64 hard_ns; /* [w] for how long it has taken no interrupt */
	bool asked;  /* [w] to do both */
	bool told;   /* [w] */
};

static raw_spinlock_t lock = RAW_SPIN_LOCK_UNLOCKED;
static struct cpu_watch watches[NR_CPUS]; /* the watcher's */
static struct cpu_watch buddy_watch;      /* the buddy's, of the watcher */
static u64 last_look, last_buddy_look;    /* [w] */
static bool paused;                       /* [w] */
static unsigned int hung_told;            /* [w] */
static struct ktimer look_timer, buddy_timer;
static char text[400]; /* under the lock of the list of threads */

/* ---- Threads ---- */

static void circle_found(const struct wait_circle *circle, void *unused)
{
	bool told = true;

	for (u32 i = 0; i < circle->length; i++)
		told &= circle->members[i]->watch.told_circle;
	if (told || (!circle->certain &&
		     (circle->one ||
		      circle->still_ns < READ_ONCE(watchdog_limits.guess_ms) * NSEC_PER_MSEC)))
		return;
	for (u32 i = 0; i < circle->length; i++)
		circle->members[i]->watch.told_circle = true;
	wait_report_circle(circle);
}

/* Whether @task sleeps in a way that is not meant to last. */
static bool may_hang(const struct task_struct *task)
{
	unsigned int state = READ_ONCE(task->__state);

	return (state & TASK_UNINTERRUPTIBLE) && !(state & (TASK_WAKEKILL | TASK_NOLOAD)) &&
	       READ_ONCE(task->on_rq) == ON_RQ_NO && !READ_ONCE(task->on_cpu) &&
	       !READ_ONCE(task->wakes_at);
}

static void look_for_hung(struct task_struct *task, unsigned long limit_ms)
{
	if (!limit_ms || !may_hang(task) || task->watch.told_hung ||
	    task->watch.still_ns < limit_ms * NSEC_PER_MSEC || hung_told == HUNG_TOLD_MAX)
		return;
	task->watch.told_hung = true;
	wait_report_hung(task, limit_ms / 1000);
	if (++hung_told == HUNG_TOLD_MAX)
		pr_emerg("hung tasks: no more are reported");
}

/* Whether each CPU spins, for ever: then nothing runs that could end the run. */
static bool all_spin_in_vain(void)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		if (!READ_ONCE(cpu_by_id(cpu)->spins_for) ||
		    !wait_is_in_vain(READ_ONCE(cpu_by_id(cpu)->running)))
			return false;
	}
	return true;
}

static void look_at_threads(u64 ns)
{
	struct task_struct *task;
	unsigned long flags;

	if (!task_list_lock(&flags))
		return;
	for_each_task(task) wait_note_progress(task, ns);
	wait_find_stuck(true);
	wait_each_circle(circle_found, NULL);
	if (all_spin_in_vain())
		panic("deadlock: all CPUs spin for locks that are never released; above is who waits for whom");
	for_each_task(task) look_for_hung(task, READ_ONCE(watchdog_limits.hung_ms));
	task_list_unlock(flags);
}

/* ---- CPUs ---- */

static void note_progress(struct cpu_watch *watch, u32 cpu, u64 ns)
{
	u64 passes = quiescent_read(cpu);
	unsigned long irqs = READ_ONCE(cpu_by_id(cpu)->nr_irqs);
	bool well = passes != watch->passes || quiescent_is_idle(passes);

	watch->soft_ns = well ? 0 : watch->soft_ns + ns;
	watch->hard_ns = well || irqs != watch->irqs ? 0 : watch->hard_ns + ns;
	watch->passes = passes;
	watch->irqs = irqs;
	if (well)
		watch->asked = watch->told = false;
}

static void print_lockup(const char *kind, u32 cpu)
{
	struct task_struct *task = READ_ONCE(cpu_by_id(cpu)->running);
	struct thread_wait wait;

	if (!warn_begin(kind, text))
		return;
	wait_print_thread(task);
	if (wait_of(task, &wait)) {
		for (u32 i = 0; i < wait.n_holders; i++) {
			pr_emerg("%s is held by:", wait.name ?: wait.kind);
			wait_print_thread(wait.holders[i].task);
		}
	}
	pr_emerg(
		"What to do: look there for a loop that does not end, or for a lock that is not released.");
	warn_end();
}

/* The same when the list of threads is locked, perhaps by that CPU: nothing is said of its thread. */
static void report_lockup_alone(const char *kind, u32 cpu, const char *what)
{
	struct cpu_stack stack;
	char line[80];

	scnprintf(line, sizeof(line), "cpu%u has %s, and the list of threads is locked", cpu, what);
	if (!warn_begin(kind, line))
		return;
	if (cpu_stack_take(cpu, &stack))
		cpu_stack_print(&stack);
	panic_print_held(cpu_by_id(cpu));
	warn_end();
}

static void report_lockup(const char *kind, u32 cpu, const char *what, unsigned long limit_ms)
{
	struct task_struct *task;
	unsigned long flags;
	int used;

	if (!task_list_lock(&flags)) {
		report_lockup_alone(kind, cpu, what);
		return;
	}
	task = READ_ONCE(cpu_by_id(cpu)->running);
	used = scnprintf(text, sizeof(text),
			 "cpu%u has %s for %lu seconds: it runs thread %d \"%s\", which ", cpu,
			 what, limit_ms / 1000, task->pid, task->comm);
	wait_describe(task, text + used, sizeof(text) - (size_t)used);
	print_lockup(kind, cpu);
	task_list_unlock(flags);
}

static bool is_over(u64 ns, unsigned long limit_ms)
{
	return limit_ms && ns >= limit_ms * NSEC_PER_MSEC;
}

/* Look at CPU @cpu; @hard, for interrupts too. */
static void look_at_cpu(struct cpu_watch *watch, u32 cpu, u64 ns, bool hard)
{
	unsigned long soft_ms = READ_ONCE(watchdog_limits.soft_ms);
	unsigned long hard_ms = hard ? READ_ONCE(watchdog_limits.hard_ms) : 0;

	note_progress(watch, cpu, ns);
	if (watch->told)
		return;
	if (!watch->asked &&
	    (is_over(2 * watch->soft_ns, soft_ms) || is_over(2 * watch->hard_ns, hard_ms))) {
		watch->asked = true;
		watch->soft_ns = min(watch->soft_ns, soft_ms * NSEC_PER_MSEC / 2);
		watch->hard_ns = min(watch->hard_ns, hard_ms * NSEC_PER_MSEC / 2);
		resched_cpu(cpu);
		smp_send_ipi(cpu, IPI_RESCHEDULE);
	} else if (is_over(watch->hard_ns, hard_ms)) {
		watch->told = true;
		report_lockup("hard lockup", cpu, "taken no interrupt", hard_ms);
	} else if (is_over(watch->soft_ns, soft_ms)) {
		watch->told = true;
		report_lockup("soft lockup", cpu, "not scheduled", soft_ms);
	}
}

/* ---- The looks ---- */

/* How much time is believed to have passed since *@last, at looks every @ms milliseconds. */
static u64 seen_to_pass(u64 *last, unsigned long ms)
{
	u64 now = clock_ns();
	u64 passed = now - *last;

	*last = now;
	return min(passed, 2 * ms * NSEC_PER_MSEC);
}

static void look_at_cpus(u64 ns)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		look_at_cpu(&watches[cpu], cpu, ns, cpu != raw_smp_processor_id());
}

static void look_with(void (*look)(u64 ns), u64 ns)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	look(ns);
	raw_spin_unlock_irqrestore(&lock, flags);
}

void watchdog_look_at_threads(u64 ns)
{
	look_with(look_at_threads, ns);
}

void watchdog_look_at_cpus(u64 ns)
{
	look_with(look_at_cpus, ns);
}

void watchdog_pause(bool pause)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	paused = pause;
	raw_spin_unlock_irqrestore(&lock, flags);
}

static void look_again(struct ktimer *timer)
{
	u64 ns;

	raw_spin_lock(&lock);
	ns = seen_to_pass(&last_look, LOOK_MS);
	if (!paused) {
		look_at_threads(ns);
		look_at_cpus(ns);
	}
	raw_spin_unlock(&lock);
	timer_start(timer, clock_ns() + LOOK_MS * NSEC_PER_MSEC);
}

/* Without `lock`, which the watcher may hold for ever. */
void watchdog_look_at_watcher(u64 ns)
{
	look_at_cpu(&buddy_watch, WATCHER, ns, true);
}

static void buddy_looks(struct ktimer *timer)
{
	watchdog_look_at_watcher(seen_to_pass(&last_buddy_look, BUDDY_LOOK_MS));
	timer_start(timer, clock_ns() + BUDDY_LOOK_MS * NSEC_PER_MSEC);
}

static void start_here(void *timer)
{
	timer_start(timer, clock_ns());
}

void watchdog_start(void)
{
	timer_init(&look_timer, look_again);
	timer_init(&buddy_timer, buddy_looks);
	last_look = last_buddy_look = clock_ns();
	smp_call_function_single(WATCHER, start_here, &look_timer, true);
	if (nr_cpus > BUDDY && READ_ONCE(cpu_by_id(BUDDY)->online))
		smp_call_function_single(BUDDY, start_here, &buddy_timer, true);
}
