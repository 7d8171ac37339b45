/* bit_spinlock.h: a spinlock in one bit of a word, for where a whole one has no room.
 * SPDX-License-Identifier: MIT
 *
 * It has no name and no order: the validator does not see it. In the checked profile its CPU is noted as its holder, so that
 * CPUs that spin for one another's are found; bits of one word whose numbers differ by a multiple of 8 are the same
 * there. Whoever is luckiest gets it. The other bits of the word may change meanwhile, if that is done atomically.
 */
#pragma once

#include <arch/bitops.h>

#include "kernel/base/hooks.h"
#include "kernel/base/preempt.h"

/* What it is known by: an address in its word. */
static inline const void *bit_spin_place(int bit, const unsigned long *word)
{
	return (const char *)(word + bit / BITS_PER_LONG) + bit % (int)sizeof(*word);
}

/* bit_spin_trylock - take bit @bit of @word. Never sleeps. Any context. If true, with preemption off. */
static inline bool bit_spin_trylock(int bit, unsigned long *word)
{
	preempt_disable();
	if (!test_and_set_bit_lock(bit, word)) {
		hook_spin_acquired(bit_spin_place(bit, word), NULL, _THIS_IP_);
		return true;
	}
	preempt_enable();
	return false;
}

/* bit_spin_lock - the same, spinning until it is free. */
static inline void bit_spin_lock(int bit, unsigned long *word)
{
	preempt_disable();
	if (unlikely(test_and_set_bit_lock(bit, word))) {
		struct hook_spin outer = hook_spin_begin(bit_spin_place(bit, word), "bit spinlock");

		do {
			while (test_bit(bit, word))
				cpu_relax();
		} while (test_and_set_bit_lock(bit, word));
		hook_spin_end(outer);
	}
	hook_spin_acquired(bit_spin_place(bit, word), NULL, _THIS_IP_);
}

/* bit_spin_unlock - give it back. __bit_spin_unlock - when no other bit can change meanwhile. */
static inline void bit_spin_unlock(int bit, unsigned long *word)
{
	if (unlikely(!hook_spin_released(bit_spin_place(bit, word))))
		return;
	clear_bit_unlock(bit, word);
	preempt_enable();
}

static inline void __bit_spin_unlock(int bit, unsigned long *word)
{
	if (unlikely(!hook_spin_released(bit_spin_place(bit, word))))
		return;
	__clear_bit_unlock(bit, word);
	preempt_enable();
}

static inline bool bit_spin_is_locked(int bit, unsigned long *word)
{
	return test_bit(bit, word);
}
