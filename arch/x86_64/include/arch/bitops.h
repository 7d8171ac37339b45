/* bitops.h: single bits of arrays of unsigned long, atomically and not.
 * SPDX-License-Identifier: MIT
 *
 * Names and orders are Linux's: the test_and_ forms are fully ordered, set/clear/change_bit are
 * atomic and not ordered, the __ forms are for data that nobody else touches meanwhile.
 */
#pragma once

#include <arch/barrier.h>

#include "lib/bits.h"
#include "lib/instrument.h"
#include "lib/types.h"

/* The instruction below accesses the word that bit @nr is in, which the compiler cannot see. */
static __always_inline void instrument_bit(long nr, const unsigned long *addr)
{
	instrument_atomic_read_write(&addr[nr / BITS_PER_LONG], sizeof(*addr));
}

static __always_inline void set_bit(long nr, unsigned long *addr)
{
	instrument_bit(nr, addr);
	asm volatile("lock btsq %1, %0" : "+m"(*addr) : "Jr"(nr) : "memory", "cc");
}

static __always_inline void clear_bit(long nr, unsigned long *addr)
{
	instrument_bit(nr, addr);
	asm volatile("lock btrq %1, %0" : "+m"(*addr) : "Jr"(nr) : "memory", "cc");
}

static __always_inline void change_bit(long nr, unsigned long *addr)
{
	instrument_bit(nr, addr);
	asm volatile("lock btcq %1, %0" : "+m"(*addr) : "Jr"(nr) : "memory", "cc");
}

static __always_inline bool test_and_set_bit(long nr, unsigned long *addr)
{
	bool was;

	instrument_bit(nr, addr);
	asm volatile("lock btsq %2, %0" : "+m"(*addr), "=@ccc"(was) : "Jr"(nr) : "memory");
	return was;
}

static __always_inline bool test_and_clear_bit(long nr, unsigned long *addr)
{
	bool was;

	instrument_bit(nr, addr);
	asm volatile("lock btrq %2, %0" : "+m"(*addr), "=@ccc"(was) : "Jr"(nr) : "memory");
	return was;
}

static __always_inline bool test_and_change_bit(long nr, unsigned long *addr)
{
	bool was;

	instrument_bit(nr, addr);
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

/* The same by a plain store, when no other bit of the word can change meanwhile. */
static __always_inline void __clear_bit_unlock(long nr, unsigned long *addr)
{
	unsigned long *word = &addr[nr / BITS_PER_LONG];

	smp_store_release(word, *word & ~(1UL << (nr % BITS_PER_LONG)));
}

static __always_inline bool test_bit(long nr, const unsigned long *addr)
{
	return (READ_ONCE(addr[nr / BITS_PER_LONG]) >> (nr % BITS_PER_LONG)) & 1;
}

/* No access after it is made before it: for who waits for a bit and then uses what it stands for. */
static __always_inline bool test_bit_acquire(long nr, const unsigned long *addr)
{
	bool set = test_bit(nr, addr);

	barrier();
	return set;
}

/* Not atomic: nobody else touches the word meanwhile. */
static __always_inline void __set_bit(long nr, unsigned long *addr)
{
	addr[nr / BITS_PER_LONG] |= 1UL << (nr % BITS_PER_LONG);
}

static __always_inline void __clear_bit(long nr, unsigned long *addr)
{
	addr[nr / BITS_PER_LONG] &= ~(1UL << (nr % BITS_PER_LONG));
}

static __always_inline void __change_bit(long nr, unsigned long *addr)
{
	addr[nr / BITS_PER_LONG] ^= 1UL << (nr % BITS_PER_LONG);
}

static __always_inline bool __test_and_set_bit(long nr, unsigned long *addr)
{
	bool was = test_bit(nr, addr);

	__set_bit(nr, addr);
	return was;
}

static __always_inline bool __test_and_clear_bit(long nr, unsigned long *addr)
{
	bool was = test_bit(nr, addr);

	__clear_bit(nr, addr);
	return was;
}

static __always_inline bool __test_and_change_bit(long nr, unsigned long *addr)
{
	bool was = test_bit(nr, addr);

	__change_bit(nr, addr);
	return was;
}

/* Set or clear, as @value says: atomically, and not. */
static __always_inline void assign_bit(long nr, unsigned long *addr, bool value)
{
	if (value)
		set_bit(nr, addr);
	else
		clear_bit(nr, addr);
}

static __always_inline void __assign_bit(long nr, unsigned long *addr, bool value)
{
	if (value)
		__set_bit(nr, addr);
	else
		__clear_bit(nr, addr);
}
