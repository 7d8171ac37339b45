/* page_table.h: changing the page tables, for paging.c.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/layout.h>
#include <arch/paging.h>

#include "lib/macros.h"
#include "lib/types.h"

#define PTE_NX      BIT(63)
#define PTE_ADDRESS 0x000ffffffffff000UL

/* What may be done with a page. */
#define PAGE_ABSENT 0UL
#define PAGE_CODE   (PTE_PRESENT)
#define PAGE_CONST  (PTE_PRESENT | PTE_NX)
#define PAGE_DATA   (PTE_PRESENT | PTE_NX | PTE_WRITE)
#define PAGE_DEVICE (PAGE_DATA | PTE_NO_CACHE | PTE_WRITE_THROUGH)

/*
 * page_table_init - begin a map in which nothing is mapped, with pages that @alloc gives (zeroed), or
 * page_alloc() when that gives no more. Returns false when there is no memory.
 * page_table_load - make it this CPU's, or drop what the CPU remembers of it.
 * page_table_map - map the pages of [@from, @end), both page-aligned, to themselves as @flags says;
 * it takes 2 MiB pages where they fit into what is not mapped yet, and splits them where they do not
 * fit. Returns false when there is no memory for a table.
 * page_table_is_mapped - whether the byte at @address can be read in the map that the CPU uses.
 * Never sleep. The last: any context; the others: boot CPU.
 */
bool __must_check page_table_init(void *(*alloc)(void));
void page_table_load(void);
bool __must_check page_table_map(u64 from, u64 end, u64 flags);
bool page_table_is_mapped(u64 address);
