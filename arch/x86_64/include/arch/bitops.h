/* bitops.h: single bits of arrays of unsigned long, atomically and not.
 * SPDX-License-Identifier: MIT
 *
 * Names and orders are Linux's: the test_and_ forms are fully ordered, set/clear/change_bit are
 * atomic and not ordered, the __ forms are for data that nobody else touches meanwhile.
 */
#pragma once

#include <arch/barrier.h>

#include "lib/types.h"

static __always_inline void set_bit(long nr, unsigned long *addr)
{
	asm volatile("lock btsq %1, %0" : "+m"(*addr) : "Jr"(nr) : "memory", "cc");
}

static __always_inline void clear_bit(long nr, unsigned long *addr)
{
	asm volatile("lock btrq %1, %0" : "+m"(*addr) : "Jr"(nr) : "memory", "cc");
}

static __always_inline void change_bit(long nr, unsigned long *addr)
{
	asm volatile("lock btcq %1, %0" : "+m"(*addr) : "Jr"(nr) : "memory", "cc");
}

static __always_inline bool test_and_set_bit(long nr, unsigned long *addr)
{
	bool was;

	asm volatile("lock btsq %2, %0" : "+m"(*addr), "=@ccc"(was) : "Jr"(nr) : "memory");
	return was;
}

static __always_inline bool test_and_clear_bit(long nr, unsigned long *addr)
{
	bool was;

	asm volatile("lock btrq %2, %0" : "+m"(*addr), "=@ccc"(was) : "Jr"(nr) : "memory");
	return was;
}

static __always_inline bool test_and_change_bit(long nr, unsigned long *addr)
{
	bool was;

	asm volatile("lock btcq %2, %0" : "+m"(*addr), "=@ccc"(was) : "Jr"(nr) : "memory");
	return was;
}

/* Nothing before the unlock may be seen after the bit is clear; with test_and_set_bit() a lock. */
static __always_inline void clear_bit_unlock(long nr, unsigned long *addr)
{
	barrier();
	clear_bit(nr, addr);
}

static __always_inline bool test_and_set_bit_lock(long nr, unsigned long *addr)
{
	return test_and_set_bit(nr, addr);
}

static __always_inline bool test_bit(long nr, const unsigned long *addr)
{
	return (READ_ONCE(addr[nr / BITS_PER_LONG]) >> (nr % BITS_PER_LONG)) & 1;
}

static __always_inline void __set_bit(long nr, unsigned long *addr)
{
	addr[nr / BITS_PER_LONG] |= 1UL << (nr % BITS_PER_LONG);
}

static __always_inline void __clear_bit(long nr, unsigned long *addr)
{
	addr[nr / BITS_PER_LONG] &= ~(1UL << (nr % BITS_PER_LONG));
}

/* The number of the lowest bit that is set; @word is not 0. */
static __always_inline unsigned int __ffs(unsigned long word)
{
	return (unsigned int)__builtin_ctzl(word);
}

/* The number of the highest bit that is set, counted from 1; 0 for 0. */
static __always_inline int fls64(u64 word)
{
	return word ? 64 - __builtin_clzl(word) : 0;
}
