/* memory_map.c: puts the firmware's memory map in order.
 * SPDX-License-Identifier: MIT
 *
 * Firmware lists its ranges in any order; they overlap, and they end in the middle of pages. So:
 * first everything that is available, sorted and merged; then everything that is not is cut out of
 * it, whatever the order was; last, what is left is rounded inward to whole pages.
 */
#include "kernel/core/memory_map.h"

#include <arch/paging.h>

#include "lib/macros.h"

/* The lower half of the addresses that four levels of page tables can map. */
#define ADDRESS_END (1ULL << 47)

struct range_list {
	struct memory_range *ranges;
	u32 n;
};

/* Make room for one more at @at. */
static void insert(struct range_list *list, u32 at, struct memory_range range)
{
	for (u32 i = list->n++; i > at; i--)
		list->ranges[i] = list->ranges[i - 1];
	list->ranges[at] = range;
}

static void remove(struct range_list *list, u32 at)
{
	list->n--;
	for (u32 i = at; i < list->n; i++)
		list->ranges[i] = list->ranges[i + 1];
}

/* Add @range, merged with those that it overlaps or touches. */
static void add(struct range_list *list, struct memory_range range)
{
	u32 at = 0;

	while (at < list->n && list->ranges[at].end < range.start)
		at++;
	while (at < list->n && list->ranges[at].start <= range.end) {
		range.start = min(range.start, list->ranges[at].start);
		range.end = max(range.end, list->ranges[at].end);
		remove(list, at);
	}
	insert(list, at, range);
}

/* Take the part that @hole covers out of the range at @at, and return where to go on. */
static u32 cut_one(struct range_list *list, u32 at, struct memory_range hole)
{
	struct memory_range whole = list->ranges[at];
	struct memory_range below = { whole.start, min(whole.end, hole.start) };
	struct memory_range above = { max(whole.start, hole.end), whole.end };

	remove(list, at);
	if (below.start < below.end)
		insert(list, at++, below);
	if (above.start < above.end)
		insert(list, at++, above);
	return at;
}

static void cut(struct range_list *list, struct memory_range hole)
{
	u32 at = 0;

	if (hole.start >= hole.end)
		return;
	while (at < list->n) {
		if (list->ranges[at].start < hole.end && hole.start < list->ranges[at].end)
			at = cut_one(list, at, hole);
		else
			at++;
	}
}

static void round_to_pages(struct range_list *list)
{
	u32 at = 0;

	while (at < list->n) {
		struct memory_range *range = &list->ranges[at];

		range->start = ALIGN_UP(range->start, PAGE_SIZE);
		range->end = ALIGN_DOWN(range->end, PAGE_SIZE);
		if (range->start < range->end)
			at++;
		else
			remove(list, at);
	}
}

static struct memory_range range_of(const struct boot_memory *memory)
{
	return (struct memory_range){ memory->base, memory->base + memory->size };
}

u32 memory_map_build(const struct boot_info *info, const struct memory_range *holes, u32 n_holes,
		     struct memory_range ranges[MEMORY_RANGES_MAX])
{
	struct range_list list = { .ranges = ranges };

	for (u32 i = 0; i < info->n_memory; i++) {
		if (info->memory[i].type == BOOT_MEMORY_AVAILABLE)
			add(&list, range_of(&info->memory[i]));
	}
	for (u32 i = 0; i < info->n_memory; i++) {
		if (info->memory[i].type != BOOT_MEMORY_AVAILABLE)
			cut(&list, range_of(&info->memory[i]));
	}
	for (u32 i = 0; i < n_holes; i++)
		cut(&list, holes[i]);
	cut(&list, (struct memory_range){ 0, LOW_MEMORY_END });
	cut(&list, (struct memory_range){ ADDRESS_END, ~0ULL });
	round_to_pages(&list);
	return list.n;
}
