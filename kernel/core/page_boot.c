/* page_boot.c: memory while the machine boots, and how it becomes the buddy system's.
 * SPDX-License-Identifier: MIT
 *
 * Page tables are needed before the allocator can be: its entries have to lie in memory that is
 * mapped. So at first pages are taken off the ranges of RAM one by one, never to come back; then
 * what is left of the ranges goes to page.c. The largest range gives two things away before that:
 *
 *      start                                                                      end
 *       +----------------------+------------------------------+--------------------+
 *       | entries of all pages | free                         | stacks             |
 *       +----------------------+------------------------------+--------------------+
 *
 * What the loader passed needs no room here: it is copied before anybody allocates.
 */
#include "kernel/core/page_boot.h"

#include <arch/paging.h>

#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "lib/string.h"

/* Less than this and nothing interesting runs: 16 CPUs with their stacks, and some threads. */
#define MEMORY_MIN (12UL << 20)

/* Stacks get a quarter of memory, whole large pages of it, at most this: 13,107 stacks. */
#define STACK_REGION_MAX   (256UL << 20)
#define STACK_REGION_ALIGN (2UL << 20)

static struct memory_range ranges[MEMORY_RANGES_MAX];
static u32 n_ranges;

/* From the linker script: where the kernel's image ends. It begins at LOW_MEMORY_END. */
extern char kernel_end[];

void page_early_init(const struct boot_info *info)
{
	struct memory_range holes[1 + BOOT_MODULES_MAX] = { { LOW_MEMORY_END, (u64)kernel_end } };
	u32 n = 1;

	for (u32 i = 0; i < info->n_modules; i++)
		holes[n++] = (struct memory_range){ info->modules[i].start, info->modules[i].end };
	if (info->n_memory_ignored)
		pr_warn("memory: the map has %u entries more than the %u that were read",
			info->n_memory_ignored, info->n_memory);
	n_ranges = memory_map_build(info, holes, n, ranges);
}

void *page_alloc_early(void)
{
	void *page;

	for (u32 i = 0; i < n_ranges; i++) {
		if (ranges[i].start >= ranges[i].end || ranges[i].start >> 32)
			continue;
		page = (void *)ranges[i].start;
		ranges[i].start += PAGE_SIZE;
		return memset(page, 0, PAGE_SIZE);
	}
	return NULL;
}

/* Drop the ranges that are used up, and those that this CPU has no page tables for. Returns the
 * number of pages left. */
static size_t drop_unusable(void)
{
	size_t pages = 0;
	u32 kept = 0;

	for (u32 i = 0; i < n_ranges; i++) {
		if (ranges[i].start >= ranges[i].end || !paging_is_mapped(ranges[i].end - 1))
			continue;
		pages += (ranges[i].end - ranges[i].start) >> PAGE_SHIFT;
		ranges[kept++] = ranges[i];
	}
	n_ranges = kept;
	return pages;
}

static struct memory_range largest_range(void)
{
	struct memory_range largest = { 0, 0 };

	for (u32 i = 0; i < n_ranges; i++) {
		if (ranges[i].end - ranges[i].start > largest.end - largest.start)
			largest = ranges[i];
	}
	return largest;
}

static void add_regions(char *entries)
{
	for (u32 i = 0; i < n_ranges; i++) {
		page_add_region(ranges[i].start, ranges[i].end, entries);
		entries += page_entries_size((ranges[i].end - ranges[i].start) >> PAGE_SHIFT);
	}
}

void page_init(void)
{
	size_t pages = drop_unusable();
	size_t size = pages << PAGE_SHIFT;
	struct memory_range largest = largest_range();
	size_t entries = ALIGN_UP(page_entries_size(pages), PAGE_SIZE);
	size_t stacks = ALIGN_DOWN(min(size / 4, STACK_REGION_MAX), STACK_REGION_ALIGN);
	u64 stacks_at =
		ALIGN_DOWN(largest.end - min_t(u64, stacks, largest.end), STACK_REGION_ALIGN);

	if (size < MEMORY_MIN || stacks_at <= largest.start + entries)
		panic("too little memory: %zu KiB are free, at most %llu KiB in one piece; "
		      "the least is %lu KiB, most of them in one piece",
		      size >> 10, (largest.end - largest.start) >> 10, MEMORY_MIN >> 10);
	add_regions((char *)largest.start);
	for (u32 i = 0; i < n_ranges; i++) {
		if (ranges[i].start != largest.start)
			page_add_range(ranges[i].start, ranges[i].end);
	}
	page_add_range(stacks_at + stacks, largest.end);
	page_add_range(largest.start + entries, stacks_at);
	n_ranges = 0; // page_alloc_early() has nothing left
	stack_init(stacks_at, stacks);
	pr_info("memory: %zu MiB free, and %zu MiB for %zu stacks", page_free_count() >> 8,
		stacks >> 20, stack_free_count());
}
