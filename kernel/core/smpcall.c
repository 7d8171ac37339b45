/* smpcall.c: run a function on other CPUs, in interrupt context.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Each CPU has a queue of calls that others want of it: a list without a lock (lib/llist.h), to which
 *   anybody adds, and which the CPU takes as a whole when the interrupt comes. Whoever finds the list empty sends the interrupt; who does not knows
 *   that one is on its way, and that it will be taken after this call was added:
 *
 *       CPU 1                         CPU 2                         CPU 3, the target
 *       finds the list empty,
 *       adds a                [A]
 *                                     finds a there, adds b   [A]
 *       sends the interrupt                                         takes a and b         [B]
 *
 *   Calls are made in the order in which they were added.
 *
 *   Who waits: the request is on the caller's stack, which is gone as soon as the caller sees
 *   `done`. So storing `done` [C] is the last that the target does with it; the function's work is
 *   before it, and seen after the caller's load [D].
 *   Who does not wait: the request is allocated, and the target frees it, before it makes the call.
 *
 *   Two CPUs that wait for each other both take interrupts meanwhile, so both are served. With
 *   interrupts off they would not be, hence the rule in smpcall.h.
 */
#include "kernel/base/irqflags.h"
#include "kernel/core/smpcall.h"

#include <arch/atomic.h>
#include <arch/smp.h>

#include "kernel/base/cpu.h"
#include "kernel/base/cpumask.h"
#include "kernel/base/preempt.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "lib/errno.h"
#include "lib/llist.h"

/* [I] set before it is queued  [q] the queue's  [a] atomic */
struct smp_call {
	struct llist_node node; /* [q] */
	smp_call_func_t func;   /* [I] */
	void *info;             /* [I] */
	u32 done;               /* [a] 1: it has run, and the caller may take the memory back */
	bool waited;            /* [I] somebody waits for done, and owns the memory */
};

/* [a] the newest call first */
static DEFINE_PER_CPU(struct llist_head, call_queue);

static void queue_call(u32 cpu, struct smp_call *call)
{
	// Once the call is in the list others rely on our interrupt: were we preempted before it is
	// sent, a thread that spins for its own call could keep us from ever sending it.
	preempt_disable();
	// [A] pairs with [B] in run_calls()
	if (llist_add(&call->node, per_cpu_ptr(&call_queue, cpu)))
		smp_send_ipi(cpu, IPI_CALL);
	preempt_enable();
}

static void call_checked(smp_call_func_t func, void *info)
{
	const struct context_mark before = context_begin("cross call", func);

	func(info);
	context_check(&before, "cross call", func);
}

static void run_call(struct smp_call *call)
{
	smp_call_func_t func = call->func;
	void *info = call->info;

	if (call->waited) {
		call_checked(func, info);
		smp_store_release(&call->done, 1); // [C] pairs with [D] in wait_for_call()
		return;
	}
	kfree(call);
	call_checked(func, info);
}

/* The interrupt. A call is let go when it is run. */
static void run_calls(void)
{
	// [B] pairs with [A] in queue_call()
	struct llist_node *newest = llist_del_all(this_cpu_ptr(&call_queue));
	struct smp_call *call, *next;

	llist_for_each_entry_safe(call, next, llist_reverse_order(newest), node) run_call(call);
}

static void wait_for_call(struct smp_call *call)
{
	// [D] pairs with [C] in run_call()
	while (!smp_load_acquire(&call->done))
		cpu_relax();
}

static void call_here(smp_call_func_t func, void *info)
{
	unsigned long flags = arch_local_irq_save();

	call_checked(func, info);
	local_irq_restore(flags);
}

static bool is_online(u32 cpu)
{
	return cpu < nr_cpus && READ_ONCE(cpu_by_id(cpu)->online);
}

static void call_and_wait(u32 cpu, smp_call_func_t func, void *info)
{
	struct smp_call call = { .func = func, .info = info, .waited = true };

	queue_call(cpu, &call);
	wait_for_call(&call);
}

static int call_and_go(u32 cpu, smp_call_func_t func, void *info)
{
	struct smp_call *call = kmalloc(sizeof(*call), GFP_ATOMIC);

	if (!call)
		return -ENOMEM;
	*call = (struct smp_call){ .func = func, .info = info };
	queue_call(cpu, call);
	return 0;
}

int smp_call_function_single(u32 cpu, smp_call_func_t func, void *info, bool wait)
{
	ASSERT(!in_interrupt() && !irqs_disabled());
	if (!is_online(cpu))
		return -ENXIO;
	if (get_cpu() == cpu) {
		call_here(func, info);
		put_cpu();
		return 0;
	}
	put_cpu();
	if (!wait)
		return call_and_go(cpu, func, info);
	call_and_wait(cpu, func, info);
	return 0;
}

/* @call is the caller's to wait for; without it the call is made now, if somebody is to wait. */
static void call_other(u32 cpu, smp_call_func_t func, void *info, struct smp_call *call, bool wait)
{
	if (call) {
		*call = (struct smp_call){ .func = func, .info = info, .waited = true };
		queue_call(cpu, call);
	} else if (wait || call_and_go(cpu, func, info) != 0) {
		call_and_wait(cpu, func, info);
	}
}

/*
 * All others are asked before the first is waited for, which takes a request for each: too much for
 * a stack. When there is no memory for them the CPUs are called one after another instead.
 */
static void call_all(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait,
		     bool here_too)
{
	struct smp_call *calls = wait ? kcalloc(nr_cpus, sizeof(*calls), GFP_ATOMIC) : NULL;
	u32 cpu, self;

	if (CONFIG_CHECKED && unlikely(in_interrupt() || irqs_disabled()))
		misuse(NULL,
		       "all CPUs are to call %ps, and are waited for %s with interrupts %s: two that do so wait for each other",
		       (void *)func, preempt_context(), irqs_disabled() ? "off" : "on");
	self = get_cpu();
	for_each_online_cpu(cpu)
		if (cpu != self && cpumask_test_cpu(cpu, mask))
			call_other(cpu, func, info, calls ? &calls[cpu] : NULL, wait);
	if (here_too && cpumask_test_cpu(self, mask))
		call_here(func, info);
	put_cpu();
	for (cpu = 0; calls && cpu < nr_cpus; cpu++)
		if (calls[cpu].func)
			wait_for_call(&calls[cpu]);
	kfree(calls);
}

void on_each_cpu(smp_call_func_t func, void *info, bool wait)
{
	call_all(cpu_online_mask, func, info, wait, true);
}

void smp_call_function(smp_call_func_t func, void *info, bool wait)
{
	call_all(cpu_online_mask, func, info, wait, false);
}

void on_each_cpu_mask(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	call_all(mask, func, info, wait, true);
}

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	call_all(mask, func, info, wait, false);
}

void on_each_cpu_cond_mask(bool (*cond)(int cpu, void *info), smp_call_func_t func, void *info,
			   bool wait, const struct cpumask *mask)
{
	struct cpumask wanted = { { 0 } };
	u32 cpu;

	for_each_online_cpu(cpu)
		if (cpumask_test_cpu(cpu, mask) && cond((int)cpu, info))
			cpumask_set_cpu(cpu, &wanted);
	call_all(&wanted, func, info, wait, true);
}

int smp_call_function_any(const struct cpumask *mask, smp_call_func_t func, void *info, int wait)
{
	u32 cpu = raw_smp_processor_id();

	if (!cpumask_test_cpu(cpu, mask))
		cpu = cpumask_first_and(mask, cpu_online_mask);
	return smp_call_function_single(cpu, func, info, wait);
}

void smpcall_init(void)
{
	smp_ipi_register(IPI_CALL, run_calls);
}
