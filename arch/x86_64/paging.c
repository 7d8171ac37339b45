/* paging.c: what is mapped, and what may be done with it.
 * SPDX-License-Identifier: MIT
 *
 *   0 - 1 MiB         the trampoline's page of code, and the page of data behind it; else nothing
 *   the kernel        as linker.ld says; guard pages of the boot CPU's stacks: nothing
 *   RAM               read, write
 *   devices, tables   page by page, as drivers and ACPI ask for them
 *   everything else   nothing
 *
 * So a NULL pointer, a bare per-CPU variable, a stray write to a device and a jump into data all
 * fault where they happen.
 */
#include <arch/paging.h>

#include <arch/boot_info.h>
#include <arch/cpu.h>

#include "arch/x86_64/page_table.h"
#include "arch/x86_64/trampoline.h"
#include "kernel/core/memory_map.h"
#include "kernel/core/panic.h"
#include "lib/string.h"

/* How many bits a physical address has: CPUID leaf, and what the oldest 64-bit CPUs have. */
#define LEAF_EXTENDED     0x80000000U
#define LEAF_ADDRESS_SIZE 0x80000008U
#define ADDRESS_BITS_MIN  36

/* Virtual addresses are the same numbers, and those with bit 47 set are not consecutive to them. */
#define ADDRESS_BITS_MAX 47

/* From linker.ld. */
extern char text_start[], text_end[], rodata_start[], rodata_end[];
extern char data_start[], data_end[], symtab_image_start[], kernel_end[];

/* From boot/trampoline.asm. */
extern const char trampoline_start[], trampoline_end[];

/* The first address that this CPU cannot have. */
static u64 address_limit(void)
{
	u32 bits = ADDRESS_BITS_MIN;

	if (cpuid(LEAF_EXTENDED, 0).eax >= LEAF_ADDRESS_SIZE)
		bits = cpuid(LEAF_ADDRESS_SIZE, 0).eax & 0xff;
	return 1ULL << min(bits, (u32)ADDRESS_BITS_MAX);
}

static void map_or_panic(u64 from, u64 end, u64 flags)
{
	from = ALIGN_DOWN(from, PAGE_SIZE);
	end = ALIGN_UP(end, PAGE_SIZE);
	if (!page_table_map(from, end, flags))
		panic("paging: no memory for the page tables of %#llx-%#llx", from, end);
}

static void map_ram(const struct boot_info *info)
{
	static struct memory_range ranges[MEMORY_RANGES_MAX];
	u32 n = memory_map_build(info, NULL, 0, ranges);
	u64 limit = address_limit();

	for (u32 i = 0; i < n; i++)
		map_or_panic(ranges[i].start, min(ranges[i].end, limit), PAGE_DATA);
}

static void map_kernel(void)
{
	map_or_panic((u64)text_start, (u64)text_end, PAGE_CODE);
	map_or_panic((u64)rodata_start, (u64)rodata_end, PAGE_CONST);
	map_or_panic((u64)data_start, (u64)data_end, PAGE_DATA);
	map_or_panic((u64)symtab_image_start, (u64)kernel_end, PAGE_CONST);
	for (u32 i = 0; i < NR_BOOT_STACKS; i++)
		map_or_panic(static_stacks[i].base - PAGE_SIZE, static_stacks[i].base, PAGE_ABSENT);
}

/* Whether [@from, @end) is RAM of which no entry of the firmware's map says something else. */
static bool is_free(const struct boot_info *info, u64 from, u64 end)
{
	bool available = false;

	for (u32 i = 0; i < info->n_memory; i++) {
		const struct boot_memory *entry = &info->memory[i];
		u64 entry_end = entry->base + entry->size;

		if (entry->type == BOOT_MEMORY_AVAILABLE)
			available |= entry->base <= from && end <= entry_end;
		else if (entry->base < end && from < entry_end)
			return false;
	}
	return available;
}

/* Put the trampoline in place while low memory can still be written to. */
static void place_trampoline(const struct boot_info *info)
{
	if (!is_free(info, TRAMPOLINE_ADDRESS, AP_PARAMS_ADDRESS + PAGE_SIZE))
		return;
	memcpy((void *)TRAMPOLINE_ADDRESS, trampoline_start,
	       (size_t)(trampoline_end - trampoline_start));
	memset((void *)AP_PARAMS_ADDRESS, 0, PAGE_SIZE);
	map_or_panic(TRAMPOLINE_ADDRESS, TRAMPOLINE_ADDRESS + PAGE_SIZE, PAGE_CODE);
	map_or_panic(AP_PARAMS_ADDRESS, AP_PARAMS_ADDRESS + PAGE_SIZE, PAGE_DATA);
}

void paging_init(const struct boot_info *info, void *(*alloc)(void))
{
	if (!page_table_init(alloc))
		panic("paging: no memory for page tables");
	map_ram(info);
	map_kernel();
	place_trampoline(info);
	page_table_load();
}

/* Whether [phys, phys+size) is something that this CPU can address, above page 0. */
static bool is_addressable(u64 phys, size_t size)
{
	u64 limit = address_limit();

	return phys >= PAGE_SIZE && phys < limit && size > 0 && size <= limit - phys;
}

const void *paging_map_table(u64 phys, size_t size)
{
	if (!is_addressable(phys, size))
		return NULL;
	for (u64 page = ALIGN_DOWN(phys, PAGE_SIZE); page < phys + size; page += PAGE_SIZE)
		if (!page_table_is_mapped(page) &&
		    !page_table_map(page, page + PAGE_SIZE, PAGE_CONST))
			return NULL;
	return (const void *)phys;
}

void *paging_map_device(u64 phys, size_t size)
{
	BUG_ON(!is_addressable(phys, size));
	map_or_panic(phys, phys + size, PAGE_DEVICE);
	page_table_load();
	return (void *)phys;
}

void paging_map_stacks(u64 base, size_t size, unsigned int slot_pages)
{
	u64 slot = slot_pages * PAGE_SIZE;

	for (u64 guard = base; guard < base + size; guard += slot) {
		map_or_panic(guard, guard + PAGE_SIZE, PAGE_ABSENT);
		map_or_panic(guard + PAGE_SIZE, min(guard + slot, base + size), PAGE_DATA);
	}
	page_table_load();
}

bool paging_is_mapped(unsigned long address)
{
	return page_table_is_mapped(address);
}
