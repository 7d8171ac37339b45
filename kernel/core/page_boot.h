/* page_boot.h: how page_boot.c hands RAM to the buddy system of page.c.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/memory_map.h"
#include "lib/types.h"

#define PAGE_REGIONS_MAX MEMORY_RANGES_MAX

/* page_entries_size - the bytes that the entries of @pages pages take. Any context. */
size_t page_entries_size(size_t pages);

/*
 * page_add_region - make known the RAM in [start, end), in rising order of address, apart from one
 * another; the entries of its pages are to be at @entries. None of its pages is free yet.
 * page_add_range - free [from, end), which lies in one region that is known.
 * Never sleep. Boot CPU, interrupts off.
 */
void page_add_region(unsigned long start, unsigned long end, void *entries);
void page_add_range(unsigned long from, unsigned long end);
