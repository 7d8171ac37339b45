/* paging.h: the identity map: RAM and devices at their own addresses, W^X, page 0 and guards absent.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/layout.h>

#include "lib/types.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096UL
#define PAGE_MASK  (~(PAGE_SIZE - 1))

struct boot_info;

/*
 * The boot CPU's stacks, which exist before the allocator does: size bytes from base upward, with an
 * unmapped page below base. The first is the one it boots on, the others its NMI, double-fault and
 * machine-check stacks. stack_place() asks here for what it did not hand out itself.
 */
struct static_stack {
	unsigned long base; /* the lowest usable address */
	size_t size;
};
extern const struct static_stack static_stacks[NR_BOOT_STACKS];

/*
 * paging_init - replace start.asm's map by the final one: RAM of @info from 1 MiB up, data never
 * executable, text never writable, page 0 absent. Below 1 MiB only the trampoline's two pages are
 * there: its code is put in place here. Page tables come from @alloc (one zeroed page each, or NULL);
 * it is kept for the later calls below.
 * Never sleeps. Boot CPU, interrupts off. Panics when memory runs out.
 */
void paging_init(const struct boot_info *info, void *(*alloc)(void));

/*
 * paging_map_table - make the firmware's table at [phys, phys+size) readable where it is not yet.
 * Never sleeps. Boot CPU only. Returns the address (the same number), or NULL: page 0, an address
 * that this CPU does not have, or no memory for page tables.
 */
const void *paging_map_table(u64 phys, size_t size);

/*
 * paging_map_device - make the registers at [phys, phys+size) accessible, uncached.
 * Never sleeps. Boot CPU only. Returns the address (the same number).
 */
void *paging_map_device(u64 phys, size_t size);

/*
 * paging_map_stacks - map [base, base+size) by 4 KiB pages and leave out the first page of every
 * @slot_pages. Boot CPU only, before the other CPUs run; @base is 2 MiB-aligned.
 */
void paging_map_stacks(u64 base, size_t size, unsigned int slot_pages);

/* paging_is_mapped - whether the byte at @address can be read. Never sleeps. Any context. */
bool paging_is_mapped(unsigned long address);
