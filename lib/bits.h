/* The bits of one word: the lowest, the highest, and how many. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/*
 * Names are Linux's, and so is what they count from: with two underscores the lowest bit is number
 * 0 and the word must not be 0; without, it is number 1 and the answer for no bit is 0.
 *
 *                          lowest set     highest set    lowest clear
 *	from 0, word != 0     __ffs          __fls          ffz (word != ~0)
 *	from 1, 0 for none    ffs            fls, fls64
 */
static __always_inline __attribute_const__ unsigned long __ffs(unsigned long word)
{
	return (unsigned long)__builtin_ctzl(word);
}

static __always_inline __attribute_const__ unsigned long __fls(unsigned long word)
{
	return BITS_PER_LONG - 1 - (unsigned long)__builtin_clzl(word);
}

static __always_inline __attribute_const__ unsigned long ffz(unsigned long word)
{
	return __ffs(~word);
}

#ifndef INTERLOCK_HOST
static __always_inline __attribute_const__ int ffs(int word)
{
	return __builtin_ffs(word);
}
#endif

static __always_inline __attribute_const__ int fls(unsigned int word)
{
	return word ? 32 - __builtin_clz(word) : 0;
}

static __always_inline __attribute_const__ int fls64(u64 word)
{
	return word ? 64 - __builtin_clzll(word) : 0;
}

static __always_inline __attribute_const__ int fls_long(unsigned long word)
{
	return fls64(word);
}

/*
 * How many bits are set: sums of neighbours, in fields of 2, 4 and 8 bits; the multiplication adds
 * the eight bytes up in the highest one. Not the compiler's builtin: it calls a library that is not
 * here. (H. S. Warren, "Hacker's Delight", 5-1.)
 */
static inline __attribute_const__ unsigned int hweight64(u64 word)
{
	word -= word >> 1 & 0x5555555555555555ULL;
	word = (word & 0x3333333333333333ULL) + (word >> 2 & 0x3333333333333333ULL);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (unsigned int)(word * 0x0101010101010101ULL >> 56);
}

static inline __attribute_const__ unsigned int hweight32(u32 word)
{
	return hweight64(word);
}

static inline __attribute_const__ unsigned int hweight16(u32 word)
{
	return hweight64((u16)word);
}

static inline __attribute_const__ unsigned int hweight8(u32 word)
{
	return hweight64((u8)word);
}

static inline __attribute_const__ unsigned long hweight_long(unsigned long word)
{
	return hweight64(word);
}

/* The least n for which `count` is at most 2 to the n; -1 for 0. */
static inline __attribute_const__ int get_count_order(unsigned int count)
{
	return count ? fls(count - 1) : -1;
}

static inline __attribute_const__ int get_count_order_long(unsigned long count)
{
	return count ? fls64(count - 1) : -1;
}

/* The word with its bits moved round by @n of them; 0 to 63, and 0 to 31. */
static inline __attribute_const__ u64 rol64(u64 word, unsigned int n)
{
	return word << (n & 63) | word >> (-n & 63);
}

static inline __attribute_const__ u64 ror64(u64 word, unsigned int n)
{
	return word >> (n & 63) | word << (-n & 63);
}

static inline __attribute_const__ u32 rol32(u32 word, unsigned int n)
{
	return word << (n & 31) | word >> (-n & 31);
}

static inline __attribute_const__ u32 ror32(u32 word, unsigned int n)
{
	return word >> (n & 31) | word << (-n & 31);
}
