/* smp_prepare.c: which CPUs there are, and what each needs before it can start.
 * SPDX-License-Identifier: MIT
 */
#include <arch/smp.h>

#include <arch/apic.h>
#include <arch/layout.h>
#include <arch/paging.h>
#include <arch/trap.h>

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/smp_slots.h"
#include "kernel/core/page.h"
#include "kernel/core/printk.h"
#include "lib/string.h"

struct ap_slots ap_slots;

static u32 limit = NR_CPUS; /* [I] */

void smp_limit(u32 cpus)
{
	limit = cpus;
}

static unsigned int area_order(void)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < cpu_area_size())
		order++;
	return order;
}

/* Give the CPU its number, area and stacks; or return false, with nothing taken: out of memory. */
static bool prepare_cpu(u32 hw_id)
{
	u32 id = nr_cpus;
	void *area = page_alloc(area_order());
	char *stack = stack_alloc();

	if (area) {
		memset(area, 0, PAGE_SIZE << area_order());
		cpu_area_init(area, id, hw_id);
	}
	if (!area || !stack || trap_prepare_cpu(id) != 0) {
		percpu_base[id] = NULL;
		if (stack)
			stack_free(stack);
		if (area)
			page_free(area, area_order());
		return false;
	}
	ap_slots.slot[ap_slots.n++] = (struct ap_slot){
		.apic_id = hw_id,
		.state = AP_STATE_IDLE,
		.stack_top = stack + STACK_SIZE,
		.cpu = area,
	};
	nr_cpus++;
	return true;
}

static void prepare_or_report(u32 hw_id)
{
	const char *why = NULL;

	if (hw_id > lapic_max_id())
		why = "this APIC mode cannot address it";
	else if (nr_cpus == NR_CPUS)
		why = "more CPUs than NR_CPUS";
	else if (CONFIG_UP)
		why = "this kernel is built for one (UP=1)";
	else if (!prepare_cpu(hw_id))
		why = "out of memory";
	if (why)
		pr_warn("smp: the CPU with APIC id %u is left out: %s\n", hw_id, why);
}

/* The boot CPU may stand anywhere in the table, or, with poor firmware, nowhere. */
static bool named_by(const struct acpi_info *acpi, u32 hw_id)
{
	for (u32 i = 0; i < acpi->n_cpus; i++)
		if (acpi->cpus[i].apic_id == hw_id)
			return true;
	return false;
}

/* Why no other CPU can be started, or NULL. */
static const char *alone_because(const struct acpi_info *acpi)
{
	if (!acpi->n_cpus)
		return acpi->error;
	if (!paging_is_mapped(TRAMPOLINE_ADDRESS) || !paging_is_mapped(AP_PARAMS_ADDRESS))
		return "the firmware keeps the pages at " __stringify(TRAMPOLINE_ADDRESS);
	return NULL;
}

void smp_prepare(const struct acpi_info *acpi)
{
	u32 boot_id = lapic_id();
	const char *why = alone_because(acpi);

	this_cpu()->hw_id = boot_id;
	ap_slots.n_named = acpi->n_cpus + acpi->n_ignored + !named_by(acpi, boot_id);
	if (why) {
		pr_warn("smp: %s%s%s: running on one CPU\n", acpi->n_cpus ? "" : "no ACPI tables (",
			why, acpi->n_cpus ? "" : ")");
		return;
	}
	if (!named_by(acpi, boot_id))
		pr_warn("smp: ACPI does not name the boot CPU, whose APIC id is %u\n", boot_id);
	for (u32 i = 0; i < acpi->n_cpus && nr_cpus < limit; i++)
		if (acpi->cpus[i].apic_id != boot_id)
			prepare_or_report(acpi->cpus[i].apic_id);
}
