/* xarray.h: arrays of pointers with large gaps, under Linux's names; and what is made of them: idr, ida.
 * SPDX-License-Identifier: MIT
 *
 * An entry is a pointer to anything aligned to 4, or a number by xa_mk_value(). What was never stored is NULL, and
 * storing NULL is erasing.
 *
 * RULES
 *   1. xa_load(), xa_find() and the walks need no lock: they are RCU readers inside. What they return stays there only
 *      as long as the user sees to that: by xa_lock(), by RCU, by a reference.
 *   2. xa_store() and its kin take xa_lock inside; those with two underscores are called with it held.
 *   3. If an interrupt handler or a softirq writes, all others use the _irq or _bh forms.
 *   4. xa_destroy() drops all entries; what they point at is the user's to free before.
 */
#pragma once

#include "kernel/core/slab.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/spin/spinlock.h"
#include "lib/err.h"
#include "lib/limits.h"

struct xa_node;

struct xarray {
	spinlock_t xa_lock;
	unsigned int xa_flags;
	struct xa_node *xa_head; /* under xa_lock, read by anybody */
};

#define XA_FLAGS_LOCK_IRQ 1u /* Linux's notes, which mean nothing here: the validator watches */
#define XA_FLAGS_LOCK_BH  2u
#define XA_FLAGS_ALLOC    4u
#define XA_FLAGS_ALLOC1   8u /* xa_alloc() gives no 0 */

#define XARRAY_INIT(name, flags)                                                                   \
	{                                                                                          \
		.xa_lock = SPIN_LOCK_UNLOCKED((name).xa_lock), .xa_flags = (flags),                \
		.xa_head = NULL                                                                    \
	}
#define DEFINE_XARRAY_FLAGS(name, flags) struct xarray name = XARRAY_INIT(name, flags)
#define DEFINE_XARRAY(name)              DEFINE_XARRAY_FLAGS(name, 0)
#define DEFINE_XARRAY_ALLOC(name)        DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC)
#define DEFINE_XARRAY_ALLOC1(name)       DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC1)

#define xa_init(xa) xa_init_flags(xa, 0)
#define xa_init_flags(xa, flags)                                                                   \
	do {                                                                                       \
		spin_lock_init(&(xa)->xa_lock);                                                    \
		(xa)->xa_flags = (flags);                                                          \
		(xa)->xa_head = NULL;                                                              \
	} while (0)

#define xa_lock(xa)                     spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa)                   spin_unlock(&(xa)->xa_lock)
#define xa_trylock(xa)                  spin_trylock(&(xa)->xa_lock)
#define xa_lock_bh(xa)                  spin_lock_bh(&(xa)->xa_lock)
#define xa_unlock_bh(xa)                spin_unlock_bh(&(xa)->xa_lock)
#define xa_lock_irq(xa)                 spin_lock_irq(&(xa)->xa_lock)
#define xa_unlock_irq(xa)               spin_unlock_irq(&(xa)->xa_lock)
#define xa_lock_irqsave(xa, flags)      spin_lock_irqsave(&(xa)->xa_lock, flags)
#define xa_unlock_irqrestore(xa, flags) spin_unlock_irqrestore(&(xa)->xa_lock, flags)

/* Numbers as entries: 0 to LONG_MAX. */
static inline void *xa_mk_value(unsigned long value)
{
	return (void *)(value << 1 | 1);
}

static inline unsigned long xa_to_value(const void *entry)
{
	return (unsigned long)entry >> 1;
}

static inline bool xa_is_value(const void *entry)
{
	return (unsigned long)entry & 1;
}

/* What functions that return an entry return for an error: a number between -4095 and -1, as an entry. */
static inline bool xa_is_err(const void *entry)
{
	return IS_ERR(entry);
}

static inline int xa_err(void *entry)
{
	return xa_is_err(entry) ? (int)PTR_ERR(entry) : 0;
}

/* An index that is in use, and reads as NULL. */
#define XA_ZERO_ENTRY ((void *)0x402)

/* The indices that xa_alloc() may give: both ends included. */
struct xa_limit {
	u32 max, min;
};

// clang-format off
#define XA_LIMIT(low, high) (struct xa_limit) { .min = (low), .max = (high) }
// clang-format on
#define xa_limit_32b XA_LIMIT(0, UINT_MAX)
#define xa_limit_31b XA_LIMIT(0, INT_MAX)
#define xa_limit_16b XA_LIMIT(0, 65535)

/*
 * xa_load - the entry at @index, or NULL. xa_empty - whether there is none at all. Never sleep. Any context.
 * xa_find - the first entry from *@index to @max, whose index goes to *@index, or NULL. xa_find_after - after it.
 * @filter must be XA_PRESENT: there are no marks here.
 */
void *xa_load(struct xarray *xa, unsigned long index);
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, unsigned int filter);
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max,
		    unsigned int filter);
#define XA_PRESENT 8u

static inline bool xa_empty(const struct xarray *xa)
{
	return !READ_ONCE(xa->xa_head);
}

/* Walks in order of the indices; @index is an unsigned long. The body may store and erase, outside of the lock. */
#define xa_for_each_range(xa, index, entry, first, last)                                           \
	for (index = (first), entry = xa_find((xa), &index, (last), XA_PRESENT); entry;            \
	     entry = xa_find_after((xa), &index, (last), XA_PRESENT))
#define xa_for_each_start(xa, index, entry, first)                                                 \
	xa_for_each_range(xa, index, entry, first, ULONG_MAX)
#define xa_for_each(xa, index, entry) xa_for_each_start(xa, index, entry, 0)

/* __xa_is_used - whether something is at @index, or it is reserved. Caller holds xa_lock. Never sleeps. */
bool __xa_is_used(struct xarray *xa, unsigned long index);

/*
 * __xa_store - put @entry at @index; returns what was there, or an error (xa_err()): -ENOMEM.
 * __xa_cmpxchg - only if what is there is @old; returns what was.
 * __xa_insert - only if nothing is there, and nothing reserved: returns 0, -EBUSY or -ENOMEM.
 * __xa_erase - take out what is at @index, and return it.
 * __xa_alloc - put @entry at the lowest free index in @limit, which goes to *@id. Returns 0, -EBUSY, -ENOMEM.
 * __xa_alloc_cyclic - the lowest free one from *@next on, and then from the limit's beginning; returns 1 for those.
 * Caller holds xa_lock. Never sleep, whatever @flags say. Any context but NMI.
 */
void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t flags);
void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t flags);
int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t flags);
void *__xa_erase(struct xarray *xa, unsigned long index);
int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t flags);
int __xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next,
		      gfp_t flags);

/*
 * The same with xa_lock taken inside, plain, with softirqs off, or with interrupts off. For those with @flags, rule 5
 * of slab.h. xa_reserve - make @index used; it reads as NULL. Returns 0 or -ENOMEM. xa_release - if nothing was stored.
 * xa_destroy - drop all entries.
 */
#define __xa_locked(xa, gfp, type, lock, unlock, operation)                                        \
	({                                                                                         \
		struct xarray *__xa = (xa);                                                        \
		type __result;                                                                     \
		might_alloc(gfp);                                                                  \
		lock(__xa);                                                                        \
		__result = operation;                                                              \
		unlock(__xa);                                                                      \
		__result;                                                                          \
	})
#define __xa_plain(xa, gfp, type, operation)                                                       \
	__xa_locked(xa, gfp, type, xa_lock, xa_unlock, operation)
#define __xa_bh(xa, gfp, type, operation)                                                          \
	__xa_locked(xa, gfp, type, xa_lock_bh, xa_unlock_bh, operation)
#define __xa_irq(xa, gfp, type, operation)                                                         \
	__xa_locked(xa, gfp, type, xa_lock_irq, xa_unlock_irq, operation)

#define xa_store(xa, i, entry, gfp)      __xa_plain(xa, gfp, void *, __xa_store(__xa, i, entry, gfp))
#define xa_store_bh(xa, i, entry, gfp)   __xa_bh(xa, gfp, void *, __xa_store(__xa, i, entry, gfp))
#define xa_store_irq(xa, i, entry, gfp)  __xa_irq(xa, gfp, void *, __xa_store(__xa, i, entry, gfp))
#define xa_erase(xa, i)                  __xa_plain(xa, 0, void *, __xa_erase(__xa, i))
#define xa_erase_bh(xa, i)               __xa_bh(xa, 0, void *, __xa_erase(__xa, i))
#define xa_erase_irq(xa, i)              __xa_irq(xa, 0, void *, __xa_erase(__xa, i))
#define xa_insert(xa, i, entry, gfp)     __xa_plain(xa, gfp, int, __xa_insert(__xa, i, entry, gfp))
#define xa_insert_bh(xa, i, entry, gfp)  __xa_bh(xa, gfp, int, __xa_insert(__xa, i, entry, gfp))
#define xa_insert_irq(xa, i, entry, gfp) __xa_irq(xa, gfp, int, __xa_insert(__xa, i, entry, gfp))
#define xa_cmpxchg(xa, i, old, entry, gfp)                                                         \
	__xa_plain(xa, gfp, void *, __xa_cmpxchg(__xa, i, old, entry, gfp))
#define xa_alloc(xa, id, entry, limit, gfp)                                                        \
	__xa_plain(xa, gfp, int, __xa_alloc(__xa, id, entry, limit, gfp))
#define xa_alloc_bh(xa, id, entry, limit, gfp)                                                     \
	__xa_bh(xa, gfp, int, __xa_alloc(__xa, id, entry, limit, gfp))
#define xa_alloc_irq(xa, id, entry, limit, gfp)                                                    \
	__xa_irq(xa, gfp, int, __xa_alloc(__xa, id, entry, limit, gfp))
#define xa_alloc_cyclic(xa, id, entry, limit, next, gfp)                                           \
	__xa_plain(xa, gfp, int, __xa_alloc_cyclic(__xa, id, entry, limit, next, gfp))
#define xa_reserve(xa, i, gfp) xa_err(xa_cmpxchg(xa, i, NULL, XA_ZERO_ENTRY, gfp))
#define xa_release(xa, i)      ((void)xa_cmpxchg(xa, i, XA_ZERO_ENTRY, NULL, 0))

void xa_destroy(struct xarray *xa);
