/* cpu.c: the per-CPU areas, and struct cpu at the head of each.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/cpu.h"

#include <arch/cpu.h>

#include "kernel/base/preempt.h"
#include "kernel/base/cpumask.h"
#include "lib/string.h"

__section(".percpu.first") struct cpu cpu_local = {
	.preempt_count = PREEMPT_COUNT_BOOT,
};

char *percpu_base[NR_CPUS];
u32 nr_cpus;
atomic_t nr_online;
struct cpumask cpus_possible, cpus_online;

/* From the linker script: the image of .percpu, where it was loaded, and CPU 0's copy in .bss. */
extern char percpu_image_start[];
extern char percpu_image_end[];
extern char boot_cpu_area[];

static_assert(offsetof(struct cpu, self) == 0, "this_percpu_base() reads %gs:0");
static_assert(offsetof(struct cpu, preempt_count) == 8, "entry.asm counts at %gs:8");
static_assert(offsetof(struct cpu, running) == 16, "GDB's commands read %gs:16");

size_t cpu_area_size(void)
{
	return (size_t)(percpu_image_end - percpu_image_start);
}

void cpu_area_init(void *base, u32 id, u32 hw_id)
{
	struct cpu *cpu = base;

	memcpy(base, percpu_image_start, cpu_area_size());
	cpu->self = cpu;
	cpu->id = id;
	cpu->hw_id = hw_id;
	percpu_base[id] = base;
	cpumask_set_cpu(id, &cpus_possible);
}

void cpu_init_boot(void)
{
	cpu_area_init(boot_cpu_area, 0, 0);
	nr_cpus = 1;
	arch_set_percpu_base(boot_cpu_area);
}
