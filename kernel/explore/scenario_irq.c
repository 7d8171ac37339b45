/* scenario_irq.c: locks that an interrupt's handler takes too, rightly and wrongly.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/explore.h"
#include "kernel/locking/spin/seqlock.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/sched/sched.h"

static DEFINE_SPINLOCK(lock);
static int counter;
static bool handler_came; /* or not; nothing that was added may be lost */

static void setup(void)
{
	spin_lock_init(&lock);
	counter = 0;
	handler_came = false;
}

static void count(void)
{
	explore_enter();
	counter++;
	explore_leave();
}

static void handler(u32 thread)
{
	WRITE_ONCE(handler_came, true);
	spin_lock(&lock);
	count();
	spin_unlock(&lock);
}

static bool all_counted(void)
{
	return counter == 2 + handler_came && !spin_is_locked(&lock);
}

static raw_spinlock_t raw;

static void raw_setup(void)
{
	raw_spin_lock_init(&raw);
	counter = 0;
	handler_came = false;
}

static bool raw_counted(void)
{
	return counter == 1 + handler_came;
}

/* ---- The lock that a handler takes is taken with interrupts off ---- */

static void lock_irqsave(u32 thread)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	count();
	spin_unlock_irqrestore(&lock, flags);
}

static void lock_plain(u32 thread)
{
	spin_lock(&lock);
	count();
	spin_unlock(&lock);
}

/* Interrupts are back on while the lock is still held. */
static void restore_early(u32 thread)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	count();
	local_irq_restore(flags);
	spin_unlock(&lock);
}

SCENARIO(irqsave, 2, .about = "spin_lock_irqsave() against a handler", .setup = setup,
	 .run = lock_irqsave, .interrupt = handler, .interrupted = 1, .check = all_counted,
	 .watch = { WATCH(lock), WATCH(counter) });
static void lock_raw_irq(u32 thread)
{
	raw_spin_lock_irq(&raw);
	count();
	raw_spin_unlock_irq(&raw);
}

static void raw_handler(u32 thread)
{
	WRITE_ONCE(handler_came, true);
	raw_spin_lock(&raw);
	count();
	raw_spin_unlock(&raw);
}

SCENARIO(raw_spin_irq, 1, .about = "raw_spin_lock_irq() against a handler", .setup = raw_setup,
	 .run = lock_raw_irq, .interrupt = raw_handler, .check = raw_counted,
	 .watch = { WATCH(raw), WATCH(counter) });
SCENARIO(irq_plain, 1, .about = "spin_lock() against a handler on the same CPU", .broken = true,
	 .setup = setup, .run = lock_plain, .interrupt = handler,
	 .watch = { WATCH(lock), WATCH(counter) });
SCENARIO(irq_restored_early, 1, .about = "interrupts on before the lock is free", .broken = true,
	 .setup = setup, .run = restore_early, .interrupt = handler,
	 .watch = { WATCH(lock), WATCH(counter) });

/* ---- The flags that one saves are for itself ---- */

static unsigned long shared_flags;

static void shared_setup(void)
{
	setup();
	shared_flags = 0;
}

/* As if it were a variable of the thread's: another CPU saves its own there while this one waits for the lock. */
static void share_flags(u32 thread)
{
	if (thread)
		local_irq_disable();
	WRITE_ONCE(shared_flags, arch_local_irq_save());
	spin_lock(&lock);
	count();
	spin_unlock(&lock);
	local_irq_restore(READ_ONCE(shared_flags));
	if (thread)
		local_irq_enable();
}

SCENARIO(irq_flags_shared, 2, .about = "saved flags in a variable of both CPUs", .broken = true,
	 .setup = shared_setup, .run = share_flags, .watch = { WATCH(shared_flags), WATCH(lock) });

/* ---- A variable of the CPU, changed in two instructions ---- */

static int plain;

static void plain_setup(void)
{
	plain = 0;
}

static void change_in_two(u32 thread)
{
	int old = READ_ONCE(plain);

	barrier(); // or a compiler may make one instruction of the two
	WRITE_ONCE(plain, old + 1);
}

static void change_with_irqs_off(u32 thread)
{
	local_irq_disable();
	change_in_two(thread);
	local_irq_enable();
}

static void change_and_note(u32 thread)
{
	WRITE_ONCE(handler_came, true);
	change_in_two(thread);
}

static void came_setup(void)
{
	plain_setup();
	handler_came = false;
}

static bool both_count(void)
{
	return plain == 1 + handler_came;
}

SCENARIO(irq_lost_update, 1, .about = "i = i + 1 against a handler", .broken = true,
	 .setup = came_setup, .run = change_in_two, .interrupt = change_and_note,
	 .check = both_count, .watch = { WATCH(plain), WATCH(handler_came) });
SCENARIO(irq_off, 1, .about = "the same with interrupts off", .setup = came_setup,
	 .run = change_with_irqs_off, .interrupt = change_and_note, .check = both_count,
	 .watch = { WATCH(plain), WATCH(handler_came) });

/* ---- The same with a variable of which each CPU has its own: no other CPU's business, but the handler's ---- */

static DEFINE_PER_CPU(int, own);

static void own_in_two(u32 thread)
{
	int before = this_cpu_read(own);

	this_cpu_write(own, before + 1);
}

static void own_in_one(u32 thread)
{
	this_cpu_inc(own);
}

static void own_and_note(u32 thread)
{
	WRITE_ONCE(handler_came, true);
	this_cpu_inc(own);
}

static bool own_is_right(void)
{
	return per_cpu(own, explore_task(0)->cpu) == 1 + handler_came;
}

SCENARIO(irq_percpu_in_two, 1, .about = "a per-CPU variable read, then written", .broken = true,
	 .setup = came_setup, .run = own_in_two, .interrupt = own_and_note, .check = own_is_right,
	 .watch = { WATCH(handler_came) });
SCENARIO(irq_percpu, 1, .about = "this_cpu_inc() against a handler", .setup = came_setup,
	 .run = own_in_one, .interrupt = own_and_note, .check = own_is_right,
	 .watch = { WATCH(handler_came) });

/* ---- A reader in a handler waits for the writer that it has interrupted ---- */

static DEFINE_SEQLOCK(seqlock);
static int first, second;

static void seqlock_setup(void)
{
	seqlock_init(&seqlock);
	first = second = 0;
}

static void read_in_handler(u32 thread)
{
	unsigned int start;
	int a, b;

	do {
		start = read_seqbegin(&seqlock);
		a = READ_ONCE(first);
		b = READ_ONCE(second);
	} while (read_seqretry(&seqlock, start));
	explore_assert(a == b);
}

static void write_plain(u32 thread)
{
	write_seqlock(&seqlock);
	WRITE_ONCE(first, 1);
	WRITE_ONCE(second, 1);
	write_sequnlock(&seqlock);
}

static void write_irqsave(u32 thread)
{
	unsigned long flags;

	write_seqlock_irqsave(&seqlock, flags);
	WRITE_ONCE(first, 1);
	WRITE_ONCE(second, 1);
	write_sequnlock_irqrestore(&seqlock, flags);
}

SCENARIO(seqlock_irq, 1, .about = "a writer with interrupts off, a reader in a handler",
	 .setup = seqlock_setup, .run = write_irqsave, .interrupt = read_in_handler,
	 .watch = { WATCH(first), WATCH(second) });
SCENARIO(seqlock_irq_plain, 1, .about = "a writer that the reader interrupts", .broken = true,
	 .setup = seqlock_setup, .run = write_plain, .interrupt = read_in_handler,
	 .watch = { WATCH(first), WATCH(second) });

/* ---- A thread sleeps until the handler on its own CPU has come ---- */

static void come_and_wake(u32 thread)
{
	WRITE_ONCE(handler_came, true);
	wake_up_process(explore_task(thread));
}

static void sleep_for_handler(u32 thread)
{
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(handler_came))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

/* The handler comes after the look, and finds nobody who sleeps. */
static void look_and_sleep(u32 thread)
{
	if (READ_ONCE(handler_came))
		return;
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
}

static bool handler_has_come(void)
{
	return handler_came;
}

SCENARIO(irq_wakes, 1, .about = "a handler wakes the thread of its CPU", .setup = came_setup,
	 .run = sleep_for_handler, .interrupt = come_and_wake, .check = handler_has_come,
	 .watch = { WATCH(handler_came) });
SCENARIO(irq_wakes_nobody, 1, .about = "and one that has not said yet that it sleeps",
	 .broken = true, .setup = came_setup, .run = look_and_sleep, .interrupt = come_and_wake,
	 .check = handler_has_come, .watch = { WATCH(handler_came) });

/* ---- An interrupt's frame where later there is a variable that another CPU writes ---- */

static bool *awaited;
static bool told;

static void awaited_setup(void)
{
	awaited = NULL;
	told = false;
	came_setup();
}

static noinline void wait_on_stack(u32 thread)
{
	bool mine = false;

	WRITE_ONCE(awaited, &mine);
	while (!READ_ONCE(mine))
		cpu_relax();
	WRITE_ONCE(awaited, NULL);
}

static void wait_and_tell(u32 thread)
{
	wait_on_stack(thread);
	WRITE_ONCE(told, true);
}

static void end_wait(u32 thread)
{
	bool *other;

	do
		other = READ_ONCE(awaited);
	while (!other);
	WRITE_ONCE(*other, true);
}

static bool is_told(void)
{
	return told && plain == handler_came;
}

SCENARIO(irq_over_frame, 2, .about = "a handler before, while and after a variable is on the stack",
	 .setup = awaited_setup, .each = { wait_and_tell, end_wait }, .interrupt = change_and_note,
	 .interrupted = 1, .check = is_told, .watch = { WATCH(told), WATCH(handler_came) });
