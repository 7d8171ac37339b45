/* hooks.c: what the checked profile does at each hook.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/hooks.h"

#include <arch/irqflags.h>

#include "kernel/base/perturb.h"

void (*perturb_function)(void);

const char *preempt_context(void)
{
	if (in_nmi())
		return "in an NMI";
	if (in_hardirq())
		return "in an interrupt handler";
	if (in_serving_softirq())
		return "in a softirq";
	if (in_softirq())
		return "in a thread that has softirqs off";
	return "in a thread";
}

#if CONFIG_CHECKED

void hook_spin_acquired(const void *lock, const char *name, unsigned long where)
{
	struct cpu *cpu = this_cpu();
	u32 slot = READ_ONCE(cpu->nr_held);

	if (slot >= CPU_MAX_HELD)
		panic("this CPU holds %u spinlocks and takes one more at %pS", slot, (void *)where);
	WRITE_ONCE(cpu->nr_held, slot + 1);
	WRITE_ONCE(cpu->held[slot].name, name);
	WRITE_ONCE(cpu->held[slot].where, where);
	WRITE_ONCE(cpu->held[slot].lock, lock);
	perturb();
}

/* Close the gap that entry @gap leaves. Below nr_held an interrupt changes nothing, so it may come
 * between any two steps. */
static void close_gap(struct cpu *cpu, u32 gap)
{
	u32 last = READ_ONCE(cpu->nr_held) - 1;

	for (; gap < last; gap++) {
		WRITE_ONCE(cpu->held[gap].name, cpu->held[gap + 1].name);
		WRITE_ONCE(cpu->held[gap].where, cpu->held[gap + 1].where);
		WRITE_ONCE(cpu->held[gap].lock, cpu->held[gap + 1].lock);
	}
	WRITE_ONCE(cpu->held[last].lock, NULL);
	WRITE_ONCE(cpu->nr_held, last);
}

bool hook_spin_released(const void *lock)
{
	struct cpu *cpu = this_cpu();
	u32 slot;

	perturb();
	slot = READ_ONCE(cpu->nr_held);
	// From the top: an interrupt's own entry is there.
	while (slot > 0 && cpu->held[slot - 1].lock != lock)
		slot--;
	if (unlikely(slot == 0)) {
		misuse(NULL, "unlock of spinlock %p, which this CPU does not hold", lock);
		return false;
	}
	close_gap(cpu, slot - 1);
	return true;
}

void hook_spin_released_all(void)
{
	struct cpu *cpu = this_cpu();

	while (cpu->nr_held > 0)
		close_gap(cpu, cpu->nr_held - 1);
}

static void (*turned_on)(bool softirqs, unsigned long where); /* [I] */

void hook_register_turned_on(void (*function)(bool softirqs, unsigned long where))
{
	WRITE_ONCE(turned_on, function);
}

noinline void hook_turned_on(bool softirqs, unsigned long where)
{
	void (*function)(bool, unsigned long) = READ_ONCE(turned_on);

	if (unlikely(!softirqs && in_hardirq()))
		misuse(NULL,
		       "interrupts are turned on at %pS in an interrupt handler, which may be interrupted by itself then: "
		       "the _irqsave() forms leave them as they were",
		       (void *)where);
	else if (function)
		function(softirqs, where);
}

void hook_restored_twice(unsigned long where)
{
	misuse(NULL,
	       "local_irq_restore() at %pS with interrupts on: the section that they were off in has ended "
	       "already, by the flags of another, or of one inside it",
	       (void *)where);
}

void hook_schedule(void)
{
	// A handler that comes here leaves it as it was.
	if (likely(!READ_ONCE(this_cpu()->rcu_nesting)))
		return;
	misuse(NULL,
	       "scheduling inside the RCU reader that begins at %pS: its rcu_read_unlock() is "
	       "missing, and something else gave its preempt count back",
	       (void *)this_cpu()->rcu_where);
	this_cpu_write(cpu_local.rcu_nesting, 0);
}

static void (*might_sleep_check)(const char *what, unsigned long where); /* [I] */

void hook_register_might_sleep(void (*check)(const char *what, unsigned long where))
{
	WRITE_ONCE(might_sleep_check, check);
}

/* @what may not sleep here. */
static __cold void sleeps_in_atomic(const char *what, const char *name, unsigned long where)
{
	const char *quote = name ? "\"" : "";

	if (READ_ONCE(this_cpu()->rcu_nesting))
		misuse(NULL,
		       "%s(%s%s%s) may sleep, and is called at %pS inside the RCU reader that begins at %pS",
		       what, quote, name ?: "", quote, (void *)where,
		       (void *)this_cpu()->rcu_where);
	else
		misuse(NULL,
		       "%s(%s%s%s) may sleep, and is called at %pS with preempt count %#x and interrupts %s (%s)",
		       what, quote, name ?: "", quote, (void *)where, preempt_count(),
		       irqs_disabled() ? "off" : "on", preempt_context());
}

void might_sleep_at(const char *what, const char *name, unsigned long where)
{
	void (*check)(const char *, unsigned long) = READ_ONCE(might_sleep_check);

	if (unlikely(!preemptible()))
		sleeps_in_atomic(what, name, where);
	if (likely(check))
		check(what, where);
}

static bool (*is_bound)(void); /* [I] */

void stays_here_register(bool (*function)(void))
{
	WRITE_ONCE(is_bound, function);
}

static bool may_leave(void)
{
	bool (*bound)(void) = READ_ONCE(is_bound);

	return preemptible() && bound && !bound();
}

void note_number(bool *told)
{
	if (may_leave() && !xchg(told, true))
		printk("note: smp_processor_id() at %pS: the thread can be preempted, and go on on another CPU. For more "
		       "than a message: get_cpu() and put_cpu()\n",
		       (void *)_RET_IP_);
}

void check_stays(bool *told)
{
	if (may_leave() && !xchg(told, true))
		misuse(NULL,
		       "this_cpu_ptr() is called at %pS by a thread that can be preempted, and go on on another CPU: that of this "
		       "one is then used there, or another thread comes in between: get_cpu_ptr() and put_cpu_ptr() around its use",
		       (void *)_RET_IP_);
}

bool must_be_thread(const char *what, const char *name, unsigned long where)
{
	if (likely(in_task()))
		return true;
	misuse(NULL,
	       "%s(\"%s\") is called at %pS %s, and is for threads: the owner would be the thread below",
	       what, name, (void *)where, preempt_context());
	return false;
}

void hook_gone_released(const char *kind, const void *lock, unsigned long where)
{
	misuse(NULL, "%s %p is released at %pS, and is in memory that was freed meanwhile", kind,
	       lock, (void *)where);
}

#endif
