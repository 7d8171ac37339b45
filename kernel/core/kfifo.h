/* kfifo.h: the forms of lib/kfifo.h that allocate, and those that lock.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/slab.h"
#include "kernel/locking/spin/spinlock.h"
#include "lib/errno.h"
#include "lib/kfifo.h"

/*
 * kfifo_alloc - room for @size elements, rounded up to a power of two, from kmalloc().
 * Never sleeps. Any context but NMI; rule 5 of slab.h. Returns 0; -EINVAL for less than two, -ENOMEM.
 * kfifo_free - give it back; then it holds nothing.
 */
#define kfifo_alloc(fifo, size, flags)                                                             \
	__kfifo_alloc(&(fifo)->kfifo, size, sizeof((fifo)->buf[0]), flags)
#define kfifo_free(fifo) __kfifo_free(&(fifo)->kfifo)

/* Inline, so that a leak report names the caller. */
static __always_inline int __kfifo_alloc(struct __kfifo *fifo, unsigned int size,
					 unsigned int esize, gfp_t flags)
{
	unsigned int room = size < 2 ? 0 : (unsigned int)roundup_pow_of_two(size);
	void *buffer = room ? kmalloc_array(room, esize, flags) : NULL;

	if (room && !buffer) {
		*fifo = (struct __kfifo){ .esize = esize };
		return -ENOMEM;
	}
	return __kfifo_init(fifo, buffer, room * esize, esize);
}

static inline void __kfifo_free(struct __kfifo *fifo)
{
	kfree(fifo->data);
	*fifo = (struct __kfifo){ .esize = fifo->esize };
}

/*
 * The same with @lock, a spinlock_t *, held with interrupts off, or (_noirqsave) just held. For several that put,
 * or several that take: one lock for all of them is the simplest.
 */
#define kfifo_in_spinlocked(fifo, from, n, lock) __kfifo_locked(lock, kfifo_in(fifo, from, n))
#define kfifo_out_spinlocked(fifo, to, n, lock)  __kfifo_locked(lock, kfifo_out(fifo, to, n))
#define kfifo_is_empty_spinlocked(fifo, lock)    __kfifo_locked(lock, kfifo_is_empty(fifo))
#define kfifo_in_locked(fifo, from, n, lock)     kfifo_in_spinlocked(fifo, from, n, lock)
#define kfifo_out_locked(fifo, to, n, lock)      kfifo_out_spinlocked(fifo, to, n, lock)
#define kfifo_in_spinlocked_noirqsave(fifo, from, n, lock)                                         \
	__kfifo_locked_noirqsave(lock, kfifo_in(fifo, from, n))
#define kfifo_out_spinlocked_noirqsave(fifo, to, n, lock)                                          \
	__kfifo_locked_noirqsave(lock, kfifo_out(fifo, to, n))
#define kfifo_is_empty_spinlocked_noirqsave(fifo, lock)                                            \
	__kfifo_locked_noirqsave(lock, kfifo_is_empty(fifo))

#define __kfifo_locked(lock, operation)                                                            \
	({                                                                                         \
		unsigned long __flags;                                                             \
		unsigned int __result;                                                             \
		spin_lock_irqsave(lock, __flags);                                                  \
		__result = (operation);                                                            \
		spin_unlock_irqrestore(lock, __flags);                                             \
		__result;                                                                          \
	})
#define __kfifo_locked_noirqsave(lock, operation)                                                  \
	({                                                                                         \
		unsigned int __result;                                                             \
		spin_lock(lock);                                                                   \
		__result = (operation);                                                            \
		spin_unlock(lock);                                                                 \
		__result;                                                                          \
	})
