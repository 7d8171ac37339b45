/* module_spin.c: a thread that waits awake for what never comes.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   `while (!READ_ONCE(flag)) cpu_relax();` is awake, as is who computes. But what a thread does next follows from its
 *   registers, its stack and the memory that it reads. Timer interrupts look at it: a loop that only waits is found in a
 *   handful of states, each a checksum of the registers, the flags and the stack above, and in each again and again. Who
 *   computes is not, unless he counts in memory alone (`lock decl`, and looks at nothing but whether it is 0). So where it was
 *   found must also be a loop that writes no memory and calls nothing: wait_loop.h. Such a loop in a state that it has
 *   been in goes on for ever, if nobody else changes what it reads; whether somebody will, the caller has to know
 *   (module_still.c).
 *
 *   It does not: see a loop that calls something, cond_resched() or mutex_trylock(). Such a one is ended with the run's time.
 */
#include "kernel/module_spin.h"

#include <arch/clock.h>
#include <arch/smp.h>
#include <arch/trap.h>
#include <arch/wait_loop.h>

#include "kernel/base/cpu.h"
#include "kernel/base/irqflags.h"
#include "kernel/core/page.h"
#include "kernel/core/smpcall.h"
#include "kernel/core/timer.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/sched.h"
#include "lib/crc32.h"

#define STATES   16  /* more are no handful */
#define ENOUGH   100 /* looks that find no new state */
#define LOOK_NS  (NSEC_PER_MSEC / 2)
#define LOOKS_NS (5 * NSEC_PER_SEC) /* for as long at the most */
#define MOVE_MS  20                 /* the thread may have gone to another CPU */

/* What the looks know. Written by the timer's interrupts, one after the other. */
static struct {
	struct ktimer timer;
	const struct task_struct *task;
	u32 states[STATES];
	unsigned int n;       /* [a] states */
	unsigned int since;   /* [a] looks since the last new one */
	const u8 *low, *high; /* where its code was found since then */
	u32 count;            /* the least preempt count */
} seen;

static u32 state_of(const struct task_struct *task, const struct trap_frame *frame)
{
	const char *top = (const char *)task->stack + STACK_SIZE;
	const char *sp = (const char *)frame->rsp;
	u32 sum = crc32_le(~0U, frame, sizeof(*frame));

	return sp >= (const char *)task->stack && sp < top ? crc32_le(sum, sp, (size_t)(top - sp)) :
							     sum;
}

static void note(u32 state, const u8 *rip)
{
	unsigned int i = 0;

	while (i < seen.n && seen.states[i] != state)
		i++;
	if (i < seen.n) {
		WRITE_ONCE(seen.since, seen.since + 1);
		seen.low = min(seen.low, rip);
		seen.high = max(seen.high, rip);
		return;
	}
	seen.states[i] = state;
	seen.low = seen.high = rip;
	WRITE_ONCE(seen.n, i + 1);
	WRITE_ONCE(seen.since, 0);
}

/* It may be found on the way to another thread or back, with preemption off: that is the scheduler's, and no state of its. */
static bool is_its_own(void)
{
	u32 count = preempt_count();

	if (count < seen.count) {
		seen.count = count;
		WRITE_ONCE(seen.n, 0);
		WRITE_ONCE(seen.since, 0);
	}
	return count == seen.count;
}

static void look(struct ktimer *timer)
{
	const struct trap_frame *frame = clock_interrupted();

	if (current == seen.task && frame && is_its_own())
		note(state_of(seen.task, frame), (const u8 *)frame->rip);
	// Not in step with the loop.
	if (seen.n < STATES)
		timer_start(timer, clock_ns() + LOOK_NS + seen.since % 16 * (LOOK_NS / 16));
}

static void look_here(void *timer)
{
	timer_start(timer, clock_ns() + LOOK_NS);
}

/* A CPU that takes no interrupt does not start a timer, and is not waited for: that is the watchdog's. */
static bool takes_interrupts(u32 cpu)
{
	unsigned long before = READ_ONCE(cpu_by_id(cpu)->nr_irqs);

	if (cpu == raw_smp_processor_id())
		return true;
	resched_cpu(cpu);
	smp_send_ipi(cpu, IPI_RESCHEDULE);
	msleep(MOVE_MS);
	return READ_ONCE(cpu_by_id(cpu)->nr_irqs) != before;
}

bool spins_in_place(const struct task_struct *task)
{
	unsigned long slept = READ_ONCE(task->nvcsw);
	u64 end = clock_ns() + LOOKS_NS;

	if (!takes_interrupts(READ_ONCE(task->cpu)))
		return false;
	seen.task = task;
	seen.n = seen.since = 0;
	seen.count = ~0U;
	timer_init(&seen.timer, look);
	while (READ_ONCE(seen.n) < STATES && READ_ONCE(seen.since) < ENOUGH &&
	       READ_ONCE(task->nvcsw) == slept && clock_ns() < end) {
		smp_call_function_single(READ_ONCE(task->cpu), look_here, &seen.timer, true);
		msleep(MOVE_MS);
	}
	timer_cancel_sync(&seen.timer);
	return seen.since >= ENOUGH && READ_ONCE(task->nvcsw) == slept &&
	       is_wait_loop(seen.low, seen.high);
}
