/* handover.c: another kernel takes this one's place, and all CPUs.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/handover.h"

#include <arch/handover.h>

#include "kernel/base/cpu.h"
#include "kernel/base/cpumask_ops.h"
#include "kernel/core/printk.h"
#include "kernel/stop_machine.h"

static atomic_t halted; /* CPUs that no longer run this kernel's code, or are about not to */

/* On each CPU, interrupts off, nobody in the middle of anything. */
static int leave(void *unused)
{
	if (smp_processor_id()) {
		atomic_inc(&halted);
		handover_halt();
	}
	while (atomic_read(&halted) + 1 < (int)num_online_cpus())
		cpu_relax();
	handover_start_other();
}

const char *kernel_hand_over(const char *module, const char *words)
{
	const char *why = handover_prepare(module, words);

	if (why)
		return why;
	printk_flush();
	stop_machine(leave, NULL, cpu_online_mask);
	return "no memory for a thread on each CPU";
}
