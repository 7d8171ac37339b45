/* Bitmaps in arrays of unsigned long: declaring, filling, counting and searching them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/bits.h"
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

/* The search that all find_next_*() share, for a bit set in `map` and in `also`, which NULL means all
 * ones; `inverted` is all ones to look for a bit that is clear in `map`. */
static __always_inline unsigned long __bitmap_find(const unsigned long *map,
						   const unsigned long *also, unsigned long bits,
						   unsigned long start, unsigned long inverted)
{
	unsigned long mask, word, i;

	if (start >= bits)
		return bits;
	mask = BITMAP_FIRST_WORD_MASK(start);
	for (i = start / BITS_PER_LONG; i < BITS_TO_LONGS(bits); i++) {
		word = (READ_ONCE(map[i]) ^ inverted) & mask;
		if (also)
			word &= READ_ONCE(also[i]);
		if (word)
			return min(i * BITS_PER_LONG + __ffs(word), bits);
		mask = ~0UL;
	}
	return bits;
}

/* The first bit at or after `start` that is set; `bits` when there is none. Never sleeps. */
static inline unsigned long find_next_bit(const unsigned long *map, unsigned long bits,
					  unsigned long start)
{
	return __bitmap_find(map, NULL, bits, start, 0);
}

static inline unsigned long find_first_bit(const unsigned long *map, unsigned long bits)
{
	return find_next_bit(map, bits, 0);
}

/* The first bit at or after `start` that is clear; `bits` when there is none. Never sleeps. */
static inline unsigned long find_next_zero_bit(const unsigned long *map, unsigned long bits,
					       unsigned long start)
{
	return __bitmap_find(map, NULL, bits, start, ~0UL);
}

static inline unsigned long find_first_zero_bit(const unsigned long *map, unsigned long bits)
{
	return find_next_zero_bit(map, bits, 0);
}

/* The first bit at or after `start` that is set in both maps, or in `map` and clear in `without`. */
static inline unsigned long find_next_and_bit(const unsigned long *map, const unsigned long *also,
					      unsigned long bits, unsigned long start)
{
	return __bitmap_find(map, also, bits, start, 0);
}

static inline unsigned long find_first_and_bit(const unsigned long *map, const unsigned long *also,
					       unsigned long bits)
{
	return find_next_and_bit(map, also, bits, 0);
}

static inline unsigned long find_next_andnot_bit(const unsigned long *map,
						 const unsigned long *without, unsigned long bits,
						 unsigned long start)
{
	return __bitmap_find(without, map, bits, start, ~0UL);
}

/* The last bit that is set; `bits` when there is none. Never sleeps. */
static inline unsigned long find_last_bit(const unsigned long *map, unsigned long bits)
{
	unsigned long mask = BITMAP_LAST_WORD_MASK(bits), word;

	for (unsigned long i = BITS_TO_LONGS(bits); i-- > 0; mask = ~0UL) {
		word = READ_ONCE(map[i]) & mask;
		if (word)
			return i * BITS_PER_LONG + __fls(word);
	}
	return bits;
}

/* `bit` goes through the set bits, or the clear ones; the _from forms begin where it stands. */
#define for_each_set_bit(bit, map, bits)      __for_each_bit(find_next_bit, bit, map, bits, 0)
#define for_each_clear_bit(bit, map, bits)    __for_each_bit(find_next_zero_bit, bit, map, bits, 0)
#define for_each_set_bit_from(bit, map, bits) __for_each_bit(find_next_bit, bit, map, bits, bit)
#define for_each_clear_bit_from(bit, map, bits)                                                    \
	__for_each_bit(find_next_zero_bit, bit, map, bits, bit)
#define __for_each_bit(find, bit, map, bits, from)                                                 \
	for ((bit) = find(map, bits, from); (unsigned long)(bit) < (unsigned long)(bits);          \
	     (bit) = find(map, bits, (bit) + 1))

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
		weight += hweight_long(READ_ONCE(map[i]) & __bitmap_mask(i, 0, bits));
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

/*
 * Whole maps. Like bitmap_zero() these write whole words, also beyond the last bit of the map; those
 * that compare look at no bit beyond it. A target may be one of the sources.
 */
static inline void bitmap_fill(unsigned long *map, unsigned long bits)
{
	for (unsigned long i = 0; i < BITS_TO_LONGS(bits); i++)
		map[i] = ~0UL;
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from, unsigned long bits)
{
	for (unsigned long i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = from[i];
}

static inline void bitmap_complement(unsigned long *to, const unsigned long *from,
				     unsigned long bits)
{
	for (unsigned long i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = ~from[i];
}

static inline void bitmap_or(unsigned long *to, const unsigned long *a, const unsigned long *b,
			     unsigned long bits)
{
	for (unsigned long i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = a[i] | b[i];
}

static inline void bitmap_xor(unsigned long *to, const unsigned long *a, const unsigned long *b,
			      unsigned long bits)
{
	for (unsigned long i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = a[i] ^ b[i];
}

/* These two return whether any bit of the result is set. */
static inline bool bitmap_and(unsigned long *to, const unsigned long *a, const unsigned long *b,
			      unsigned long bits)
{
	for (unsigned long i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = a[i] & b[i];
	return !bitmap_empty(to, bits);
}

static inline bool bitmap_andnot(unsigned long *to, const unsigned long *a, const unsigned long *b,
				 unsigned long bits)
{
	for (unsigned long i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = a[i] & ~b[i];
	return !bitmap_empty(to, bits);
}

static inline bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned long bits)
{
	for (unsigned long i = 0; i < BITS_TO_LONGS(bits); i++) {
		if ((READ_ONCE(a[i]) ^ READ_ONCE(b[i])) & __bitmap_mask(i, 0, bits))
			return false;
	}
	return true;
}

/* Whether the maps have a bit in common, and whether `a` has no bit that `b` has not. */
static inline bool bitmap_intersects(const unsigned long *a, const unsigned long *b,
				     unsigned long bits)
{
	return find_first_and_bit(a, b, bits) < bits;
}

static inline bool bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned long bits)
{
	return find_next_andnot_bit(a, b, bits, 0) == bits;
}

/*
 * The first place at or after `start`, a multiple of `align_mask` + 1, where `count` bits in a row are
 * clear; more than `bits` - `count` when there is none. `align_mask` is a power of two less 1, or 0.
 */
static inline unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long bits,
						       unsigned long start, unsigned long count,
						       unsigned long align_mask)
{
	unsigned long place = start, set;

	for (;;) {
		place = find_next_zero_bit(map, bits, place);
		place = (place + align_mask) & ~align_mask;
		if (place + count > bits)
			return bits + 1;
		set = find_next_bit(map, place + count, place);
		if (set >= place + count)
			return place;
		place = set + 1;
	}
}
