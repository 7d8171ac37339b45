/* scenario_handler.c: what a handler does for threads: it gives a unit, completes, wakes; and flags that are put back.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/locking/spin/spinlock.h"

static int counter;
static bool came;

static void count(void)
{
	explore_enter();
	counter++;
	explore_leave();
}

/* ---- irqrestore puts back what irqsave found: in a handler they stay off ---- */

static raw_spinlock_t raw;

static void raw_setup(void)
{
	raw_spin_lock_init(&raw);
	counter = 0;
	came = false;
}

static void raw_irqsave(u32 thread)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&raw, flags);
	count();
	raw_spin_unlock_irqrestore(&raw, flags);
}

static void raw_irqsave_in_handler(u32 thread)
{
	raw_irqsave(thread);
	came = true;
}

static bool all_counted(void)
{
	return counter == 1 + came;
}

SCENARIO(raw_spin_irqsave, 1, .about = "raw_spin_lock_irqsave() in a thread and in a handler",
	 .setup = raw_setup, .run = raw_irqsave, .interrupt = raw_irqsave_in_handler,
	 .check = all_counted, .watch = { WATCH(raw), WATCH(counter) });

/* ---- The semaphore: a handler tries, and gives back; and gives what a thread waits for ---- */

static struct semaphore semaphore;

static void one_setup(void)
{
	sema_init(&semaphore, 1);
	counter = 0;
}

static void none_setup(void)
{
	sema_init(&semaphore, 0);
	counter = 0;
}

static void down_and_up(u32 thread)
{
	down(&semaphore);
	count();
	up(&semaphore);
}

static void try_and_up(u32 thread)
{
	if (down_trylock(&semaphore))
		return;
	count();
	up(&semaphore);
}

static bool unit_is_there(void)
{
	return semaphore.count == 1 && list_empty(&semaphore.wait_list);
}

static void take_unit(u32 thread)
{
	down(&semaphore);
}

static void give_unit(u32 thread)
{
	up(&semaphore);
}

static bool unit_is_taken(void)
{
	return semaphore.count == 0 && list_empty(&semaphore.wait_list);
}

SCENARIO(semaphore_try, 2, .about = "down_trylock() against down() and up()", .setup = one_setup,
	 .each = { down_and_up, try_and_up }, .check = unit_is_there,
	 .watch = { WATCH(semaphore.count), WATCH(counter) });
SCENARIO(semaphore_irq, 2, .about = "a handler that tries, between two threads", .setup = one_setup,
	 .run = down_and_up, .interrupt = try_and_up, .interrupted = 1, .check = unit_is_there,
	 .watch = { WATCH(semaphore.count), WATCH(counter) });
SCENARIO(semaphore_irq_up, 1, .about = "down(), and the handler that gives the unit",
	 .setup = none_setup, .run = take_unit, .interrupt = give_unit, .check = unit_is_taken,
	 .watch = { WATCH(semaphore.count) });

/* ---- The completion, and the wait queue ---- */

static struct completion completion;
static DECLARE_WAIT_QUEUE_HEAD(queue);

static void completion_setup(void)
{
	init_completion(&completion);
	came = false;
}

static void wait_for_it(u32 thread)
{
	wait_for_completion(&completion);
}

static void complete_it(u32 thread)
{
	complete(&completion);
}

static void complete_and_come(u32 thread)
{
	complete(&completion);
	came = true;
}

static bool each_is_counted(void)
{
	return completion.done == 1U + came;
}

static bool it_is_used_up(void)
{
	return !completion.done && list_empty(&completion.wait.head);
}

static void queue_setup(void)
{
	init_waitqueue_head(&queue);
	came = false;
}

static void wait_until_it_came(u32 thread)
{
	wait_event(queue, READ_ONCE(came));
}

static void come_and_wake(u32 thread)
{
	WRITE_ONCE(came, true);
	wake_up(&queue);
}

static bool nobody_waits(void)
{
	return came && list_empty(&queue.head);
}

SCENARIO(completion_irq, 1, .about = "wait_for_completion(), and a handler that completes",
	 .setup = completion_setup, .run = wait_for_it, .interrupt = complete_it,
	 .check = it_is_used_up, .watch = { WATCH(completion.done) });
SCENARIO(completion_irq_both, 1, .about = "complete() in a thread and in a handler",
	 .setup = completion_setup, .run = complete_it, .interrupt = complete_and_come,
	 .check = each_is_counted, .watch = { WATCH(completion.done) });
SCENARIO(wait_irq, 1, .about = "wait_event(), and a handler that wakes", .setup = queue_setup,
	 .run = wait_until_it_came, .interrupt = come_and_wake, .check = nobody_waits,
	 .watch = { WATCH(came) });
