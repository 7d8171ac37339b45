/* page.h: memory by the page, and stacks.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/paging.h>

#include "lib/types.h"

struct boot_info;

#define PAGE_MAX_ORDER 10 /* the largest block: 4 MiB */

/* PAGE_ALIGN - up to the next page. offset_in_page - how far behind its beginning @address is. */
#define PAGE_ALIGN(address)     (((address) + PAGE_SIZE - 1) & PAGE_MASK)
#define PAGE_ALIGNED(address)   (!((unsigned long)(address) & ~PAGE_MASK))
#define offset_in_page(address) ((unsigned long)(address) & ~PAGE_MASK)

/* get_order - the least order whose block has room for @size bytes, which are more than 0. */
static inline int get_order(size_t size)
{
	return size <= PAGE_SIZE ? 0 : 64 - PAGE_SHIFT - __builtin_clzl(size - 1);
}

/*
 * page_early_init - take note of the memory map; page_alloc_early() works from now on.
 * page_alloc_early - one zeroed page below 4 GiB that is never given back, or NULL; from
 * page_init() on always NULL.
 * page_init - hand all the rest of RAM to the allocator: the final map must be in place.
 * Never sleep. Boot CPU, interrupts off, in this order. Panic with the figures when the machine has
 * too little memory.
 */
void page_early_init(const struct boot_info *info);
void *page_alloc_early(void);
void page_init(void);

/*
 * page_alloc - 2^@order pages in a row, aligned to their size, not cleared; or NULL.
 * page_free - give them back; @order must be the same. A double or foreign free is reported, and not done (checked).
 * Never sleep. Any context but NMI. Buddy system (Knuth, TAOCP vol. 1, 2.5).
 */
void *page_alloc(unsigned int order);
void page_free(void *page, unsigned int order);

/* page_free_count, page_total_count - pages free, and in all. Any context. */
size_t page_free_count(void);
size_t page_total_count(void);

/*
 * page_set_owner - note on every page of the allocated block at @page whom it serves; page_alloc()
 * leaves NULL there.
 * page_owner - the note on the page that @address lies in; NULL, too, where no page is allocated.
 * page_order - the order of the allocated block that begins at @page; -1 where none does.
 * Never sleep. Any context. Caller owns the block, or does not mind that the answer may be old.
 */
void page_set_owner(void *page, void *owner);
void *page_owner(const void *address);
int page_order(const void *page);

/*
 * page_next_used - the first allocated block that begins behind @address, or NULL: from NULL on, all that there are.
 * Never sleeps. Any context. What is allocated or freed meanwhile may be missed, or seen all the same.
 */
void *page_next_used(const void *address);

/* A stack: STACK_SIZE bytes below the address returned as its top; an unmapped page under them. */
#define STACK_PAGES 4
#define STACK_SIZE  (STACK_PAGES * PAGE_SIZE)

/*
 * stack_alloc - the lowest usable address of a free stack, or NULL when there is none.
 * stack_free - give it back.
 * Never sleep. Any context but NMI. The first call is after page_init().
 */
void *stack_alloc(void);
void stack_free(void *stack);

/* What an address has to do with stacks: for backtraces and for the double-fault handler. */
enum stack_place { STACK_NONE, STACK_GUARD, STACK_INSIDE };

/*
 * stack_place - whether @address is inside a stack or in its guard page; *@base is then the stack's
 * lowest usable address. Knows thread, idle, interrupt and boot stacks. Never sleeps. Any context.
 */
enum stack_place stack_place(unsigned long address, unsigned long *base);

size_t stack_free_count(void);

/* stack_init - make [base, base+size), 2 MiB-aligned, the memory of all stacks; by page_init(). */
void stack_init(unsigned long base, size_t size);
