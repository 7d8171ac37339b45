/* cpu_stack.c: asking a CPU by NMI where it is.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   The asker puts the address of his notes into the CPU's slot and sends the NMI; the CPU takes it out, fills
 *   the notes in, and says so. Whoever gives up takes the address back: then nobody writes there any
 *   more. If it is gone already the CPU is writing, and will be done in a moment.
 *   An NMI that finds its slot empty is late, for one who has given up: it is known to be, and ignored.
 */
#include "kernel/core/cpu_stack.h"

#include <arch/atomic.h>
#include <arch/clock.h>
#include <arch/smp.h>

#include "kernel/base/cpu.h"
#include "kernel/base/irqflags.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/timer.h"

/* Generous: a virtual CPU can be preempted for long. */
#define PATIENCE_NS (2 * NSEC_PER_SEC)

static struct cpu_stack *asked[NR_CPUS]; /* [a] by CPU: the notes to fill in, or NULL */
static u32 late[NR_CPUS];                /* [a] by CPU: NMIs on their way for nobody */

static void fill_in(struct cpu_stack *stack, const struct trap_frame *frame)
{
	stack->frame = *frame;
	stack->n = backtrace((unsigned long)frame->rbp, stack->calls, CPU_STACK_CALLS);
	smp_store_release(&stack->done, true); // [S] pairs with [S] in wait_for()
}

static bool answer(struct trap_frame *frame)
{
	u32 cpu = raw_smp_processor_id();
	struct cpu_stack *stack = xchg(&asked[cpu], NULL);

	if (stack) {
		fill_in(stack, frame);
		return true;
	}
	return xchg(&late[cpu], 0) != 0;
}

static bool wait_for(u32 cpu, struct cpu_stack *stack)
{
	u64 end = clock_ns() + PATIENCE_NS;

	// [S] pairs with [S] in fill_in()
	while (!smp_load_acquire(&stack->done)) {
		struct cpu_stack *mine = stack;

		if (clock_ns() > end && try_cmpxchg(&asked[cpu], &mine, NULL)) {
			WRITE_ONCE(late[cpu], 1);
			return false;
		}
		cpu_relax();
	}
	return true;
}

static noinline void fill_in_own(struct cpu_stack *stack)
{
	stack->own = true;
	stack->n =
		backtrace((unsigned long)__builtin_frame_address(0), stack->calls, CPU_STACK_CALLS);
}

bool cpu_stack_take(u32 cpu, struct cpu_stack *stack)
{
	struct cpu_stack *nobody = NULL;

	stack->n = 0;
	stack->own = false;
	WRITE_ONCE(stack->done, false);
	if (cpu == raw_smp_processor_id()) {
		fill_in_own(stack);
		return true;
	}
	if (!try_cmpxchg(&asked[cpu], &nobody, stack))
		return false;
	smp_send_nmi(cpu);
	return wait_for(cpu, stack);
}

void cpu_stack_print(const struct cpu_stack *stack)
{
	if (!stack->own)
		pr_emerg("    %pS, interrupts %s", (void *)stack->frame.rip,
			 irqs_disabled_flags(stack->frame.rflags) ? "off" : "on");
	for (unsigned int i = 0; i < stack->n; i++)
		pr_emerg("    %pB", (void *)stack->calls[i]);
}

void cpu_stack_init(void)
{
	nmi_register(answer);
}
