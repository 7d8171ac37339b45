/* machine.c: what is there: boot information, ACPI, interrupt controllers, clock, CPUs.
 * SPDX-License-Identifier: MIT
 */
#include <arch/machine.h>

#include <arch/apic.h>
#include <arch/clock.h>
#include <arch/paging.h>
#include <arch/smp.h>

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/multiboot.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"

/* The map of start.asm ends here; a loader puts its information below. */
#define BOOT_MAP_END (4ULL << 30)

static struct boot_info boot_info;
static struct acpi_info acpi_info;

const struct boot_info *machine_boot_info(u32 magic, const void *info)
{
	if (magic != LOADER_MAGIC)
		panic("started by something that is no multiboot2 loader (magic %#x)", magic);
	if (multiboot_parse(info, BOOT_MAP_END - (u64)info, &boot_info))
		panic("the boot loader's information is malformed: %s", boot_info.error);
	return &boot_info;
}

const struct boot_info *machine_loaded(void)
{
	return &boot_info;
}

static void find_cpus(const struct boot_info *boot)
{
	const struct acpi_source source = { .map = paging_map_table };

	// Without tables there are no CPUs in them, and smp_prepare() says that we run on one.
	if (acpi_parse(&source, boot->rsdp, boot->rsdp_valid ? boot->rsdp_size : 0, &acpi_info))
		return;
	if (acpi_info.n_broken)
		pr_warn("acpi: %u malformed entries skipped: %s\n", acpi_info.n_broken,
			acpi_info.error);
	if (acpi_info.n_ignored)
		pr_warn("acpi: %u CPUs more than the %u there is room for are left out\n",
			acpi_info.n_ignored, ACPI_MAX_CPUS);
}

void machine_init(const struct boot_info *boot)
{
	find_cpus(boot);
	pic_mask_all();
	lapic_init(&acpi_info);
	ioapic_init(&acpi_info);
	clock_init(&acpi_info);
	smp_prepare(&acpi_info);
	pr_info("machine: %s, clock %s\n", lapic_mode(), clock_name());
}
