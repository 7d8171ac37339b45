/* cpu_stack_test.c: asking a CPU where it is.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/cpu_stack.h"

#include <arch/irqflags.h>

#include "kernel/test/sched_test.h"
#include "lib/format.h"
#include "lib/string.h"

static bool begun, end; /* [a] */

static int spin_without_interrupts(void *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	WRITE_ONCE(begun, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(end)));
	local_irq_restore(flags);
	return 0;
}

/* The function that called it. It itself is not seen by an NMI that comes while it is making a call. */
static bool is_below_actor(const struct cpu_stack *stack)
{
	char name[64] = "";

	for (unsigned int i = 0; i < stack->n && !strstr(name, "actor_run"); i++)
		snprintf(name, sizeof(name), "%pB", (void *)stack->calls[i]);
	return strstr(name, "actor_run");
}

/* Interrupts are off there; it answers, every time, and goes on. */
static void ask_where(void *unused)
{
	static struct cpu_stack stack;
	struct actor actor;

	begun = end = false;
	if (actor_start(&actor, spin_without_interrupts, NULL, test_cpu(1))) {
		EXPECT(WAIT_UNTIL(READ_ONCE(begun)));
		for (u32 i = 0; i < 10; i++) {
			EXPECT(WAIT_UNTIL(cpu_stack_take(test_cpu(1), &stack)));
			EXPECT(is_below_actor(&stack) && irqs_disabled_flags(stack.frame.rflags));
		}
		WRITE_ONCE(end, true);
		actor_join(&actor);
	}
	EXPECT(cpu_stack_take(raw_smp_processor_id(), &stack) && stack.n > 1);
}

TEST(cpu_stack_of_a_cpu_without_interrupts)
{
	if (num_online_cpus() < 2)
		SKIP("needs two CPUs");
	run_at(test_cpu(0), DEFAULT_PRIO, ask_where, NULL);
}
