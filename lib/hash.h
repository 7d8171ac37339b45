/* Hashing of numbers and pointers. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/*
 * Fibonacci hashing: Knuth, TAOCP vol. 3, 6.4. The multiplier is 2^n divided by the golden ratio, negated
 * as Linux's is (so elements come in the same order there and here), and the highest `bits` bits of the
 * product are the hash, since they depend on all bits of the number.
 */
#define GOLDEN_RATIO_32 0x61c88647U
#define GOLDEN_RATIO_64 0x61c8864680b583ebULL

/* `bits` is from 1 to 32. */
static inline u32 hash_32(u32 value, unsigned int bits)
{
	return value * GOLDEN_RATIO_32 >> (32 - bits);
}

static inline u32 hash_64(u64 value, unsigned int bits)
{
	return (u32)(value * GOLDEN_RATIO_64 >> (64 - bits));
}

#define hash_long(value, bits) hash_64(value, bits)

static inline u32 hash_ptr(const void *pointer, unsigned int bits)
{
	return hash_64((unsigned long)pointer, bits);
}
