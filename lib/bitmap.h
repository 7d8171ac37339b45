/* Bitmaps in arrays of unsigned long: declaring, filling, counting and searching them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/*
 * Bit n is bit n % 64 of word n / 64. <arch/bitops.h> sets, clears and tests single bits.
 *
 * The searches read each word once, so they may run while other CPUs set and clear bits
 * atomically: the answer was then true of each word at some moment, not of the whole map at one.
 * The functions that write are for maps that nobody else writes meanwhile.
 */
#define BITS_TO_LONGS(bits)        DIV_ROUND_UP(bits, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

/* The bits from `start` up in its word, and the bits below `bits` in the map's last word. */
#define BITMAP_FIRST_WORD_MASK(start) (~0UL << ((start) & (BITS_PER_LONG - 1)))
#define BITMAP_LAST_WORD_MASK(bits)   (~0UL >> (-(bits) & (BITS_PER_LONG - 1)))

/* The search both find_next_*() share; `inverted` is all ones to look for a clear bit. */
static inline unsigned long __bitmap_find(const unsigned long *map, unsigned long bits,
					  unsigned long start, unsigned long inverted)
{
	unsigned long mask, word, i;

	if (start >= bits)
		return bits;
	mask = BITMAP_FIRST_WORD_MASK(start);
	for (i = start / BITS_PER_LONG; i < BITS_TO_LONGS(bits); i++) {
		word = (READ_ONCE(map[i]) ^ inverted) & mask;
		if (word)
			return min(i * BITS_PER_LONG + (unsigned long)__builtin_ctzl(word), bits);
		mask = ~0UL;
	}
	return bits;
}

/* The first bit at or after `start` that is set; `bits` when there is none. Never sleeps. */
static inline unsigned long find_next_bit(const unsigned long *map, unsigned long bits,
					  unsigned long start)
{
	return __bitmap_find(map, bits, start, 0);
}

static inline unsigned long find_first_bit(const unsigned long *map, unsigned long bits)
{
	return find_next_bit(map, bits, 0);
}

/* The first bit at or after `start` that is clear; `bits` when there is none. Never sleeps. */
static inline unsigned long find_next_zero_bit(const unsigned long *map, unsigned long bits,
					       unsigned long start)
{
	return __bitmap_find(map, bits, start, ~0UL);
}

static inline unsigned long find_first_zero_bit(const unsigned long *map, unsigned long bits)
{
	return find_next_zero_bit(map, bits, 0);
}

#define for_each_set_bit(bit, map, bits)                                                           \
	for ((bit) = find_first_bit(map, bits); (unsigned long)(bit) < (unsigned long)(bits);      \
	     (bit) = find_next_bit(map, bits, (bit) + 1))

static inline void bitmap_zero(unsigned long *map, unsigned long bits)
{
	for (unsigned long i = 0; i < BITS_TO_LONGS(bits); i++)
		map[i] = 0;
}

/* The part of word `i` that lies in the range of `count` bits from `start`. */
static inline unsigned long __bitmap_mask(unsigned long i, unsigned long start, unsigned long count)
{
	unsigned long mask = ~0UL, end = start + count;

	if (i == start / BITS_PER_LONG)
		mask &= BITMAP_FIRST_WORD_MASK(start);
	if (i == (end - 1) / BITS_PER_LONG)
		mask &= BITMAP_LAST_WORD_MASK(end);
	return mask;
}

/* Set `count` bits from `start`. */
static inline void bitmap_set(unsigned long *map, unsigned long start, unsigned long count)
{
	for (unsigned long i = start / BITS_PER_LONG; count && i < BITS_TO_LONGS(start + count);
	     i++)
		map[i] |= __bitmap_mask(i, start, count);
}

/* Clear `count` bits from `start`. */
static inline void bitmap_clear(unsigned long *map, unsigned long start, unsigned long count)
{
	for (unsigned long i = start / BITS_PER_LONG; count && i < BITS_TO_LONGS(start + count);
	     i++)
		map[i] &= ~__bitmap_mask(i, start, count);
}

/* How many bits are set. */
static inline unsigned long bitmap_weight(const unsigned long *map, unsigned long bits)
{
	unsigned long weight = 0;

	for (unsigned long i = 0; i < BITS_TO_LONGS(bits); i++)
		weight += (unsigned long)__builtin_popcountl(READ_ONCE(map[i]) &
							     __bitmap_mask(i, 0, bits));
	return weight;
}

static inline bool bitmap_empty(const unsigned long *map, unsigned long bits)
{
	return find_first_bit(map, bits) == bits;
}

static inline bool bitmap_full(const unsigned long *map, unsigned long bits)
{
	return find_first_zero_bit(map, bits) == bits;
}
