/* memory_map.h: which parts of the address space are RAM that nobody uses yet.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/boot_info.h>

#include "lib/types.h"

/* The bytes from start to end - 1. */
struct memory_range {
	u64 start, end;
};

/* Each of the firmware's entries makes one range at most, or cuts one in two; so does each hole. */
#define MEMORY_RANGES_MAX (BOOT_MEMORY_MAX + 8)

/*
 * memory_map_build - the usable RAM of @info in @ranges: sorted, apart from one another, in whole
 * pages, without the @n_holes ranges of @holes (at most 4).
 * Where the firmware's entries overlap, the one that is not available RAM wins. Nothing below
 * LOW_MEMORY_END and nothing that no page table can map is usable.
 * Never sleeps. Any context. Returns the number of ranges.
 */
u32 memory_map_build(const struct boot_info *info, const struct memory_range *holes, u32 n_holes,
		     struct memory_range ranges[MEMORY_RANGES_MAX]);
