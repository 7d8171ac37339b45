/* bit_spinlock.h: a spinlock in one bit of a word, for where a whole one has no room.
 * SPDX-License-Identifier: MIT
 *
 * It has no owner, no name and no order: no check sees it, and whoever is luckiest gets it. The other bits of the word
 * may change meanwhile, if that is done atomically.
 */
#pragma once

#include <arch/bitops.h>

#include "kernel/base/preempt.h"

/* bit_spin_trylock - take bit @bit of @word. Never sleeps. Any context. If true, with preemption off. */
static inline bool bit_spin_trylock(int bit, unsigned long *word)
{
	preempt_disable();
	if (!test_and_set_bit_lock(bit, word))
		return true;
	preempt_enable();
	return false;
}

/* bit_spin_lock - the same, spinning until it is free. */
static inline void bit_spin_lock(int bit, unsigned long *word)
{
	while (!bit_spin_trylock(bit, word)) {
		while (test_bit(bit, word))
			cpu_relax();
	}
}

/* bit_spin_unlock - give it back. __bit_spin_unlock - when no other bit can change meanwhile. */
static inline void bit_spin_unlock(int bit, unsigned long *word)
{
	clear_bit_unlock(bit, word);
	preempt_enable();
}

static inline void __bit_spin_unlock(int bit, unsigned long *word)
{
	__clear_bit_unlock(bit, word);
	preempt_enable();
}

static inline bool bit_spin_is_locked(int bit, unsigned long *word)
{
	return test_bit(bit, word);
}
