/* bitmap_alloc.h: bitmaps of a size that is known at run time.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/slab.h"
#include "lib/bitmap.h"

/*
 * bitmap_alloc - room for @bits bits; bitmap_zalloc - all clear; NULL: no memory. bitmap_free - give it back.
 * Never sleep. Any context but NMI; rule 5 of slab.h. Always inline, so that a leak names the caller.
 */
static __always_inline unsigned long *bitmap_alloc(unsigned int bits, gfp_t flags)
{
	return kmalloc_array(BITS_TO_LONGS((size_t)bits), sizeof(long), flags);
}

static __always_inline unsigned long *bitmap_zalloc(unsigned int bits, gfp_t flags)
{
	return kcalloc(BITS_TO_LONGS((size_t)bits), sizeof(long), flags);
}

static inline void bitmap_free(const unsigned long *map)
{
	kfree(map);
}
