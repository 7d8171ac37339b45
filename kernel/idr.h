/* idr.h: small numbers given out, with a pointer for each (idr) or alone (ida), under Linux's names.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. idr: whoever changes it holds a lock of his own, or idr_lock(). idr_find() and the walks need only that what
 *      they return is not freed meanwhile: that lock, or RCU.
 *   2. ida locks by itself.
 */
#pragma once

#include "kernel/xarray.h"

struct idr {
	struct xarray idr_rt;
	unsigned int idr_base; /* the least number that is given out */
	unsigned int idr_next; /* where idr_alloc_cyclic() goes on */
};

#define IDR_INIT_BASE(name, base)                                                                  \
	{                                                                                          \
		.idr_rt = XARRAY_INIT((name).idr_rt, XA_FLAGS_ALLOC), .idr_base = (base)           \
	}
#define IDR_INIT(name)   IDR_INIT_BASE(name, 0)
#define DEFINE_IDR(name) struct idr name = IDR_INIT(name)
#define idr_init(idr)    idr_init_base(idr, 0)
#define idr_init_base(idr, base)                                                                   \
	do {                                                                                       \
		xa_init_flags(&(idr)->idr_rt, XA_FLAGS_ALLOC);                                     \
		(idr)->idr_base = (base);                                                          \
		(idr)->idr_next = 0;                                                               \
	} while (0)

#define idr_lock(idr)                     xa_lock(&(idr)->idr_rt)
#define idr_unlock(idr)                   xa_unlock(&(idr)->idr_rt)
#define idr_lock_bh(idr)                  xa_lock_bh(&(idr)->idr_rt)
#define idr_unlock_bh(idr)                xa_unlock_bh(&(idr)->idr_rt)
#define idr_lock_irq(idr)                 xa_lock_irq(&(idr)->idr_rt)
#define idr_unlock_irq(idr)               xa_unlock_irq(&(idr)->idr_rt)
#define idr_lock_irqsave(idr, flags)      xa_lock_irqsave(&(idr)->idr_rt, flags)
#define idr_unlock_irqrestore(idr, flags) xa_unlock_irqrestore(&(idr)->idr_rt, flags)

/*
 * idr_alloc - give out the least free number from @start to @end - 1 (@end 0 or less: no limit), for @ptr.
 * idr_alloc_cyclic - the least one behind the last that it gave, if there is one.
 *   Return it; -ENOSPC when all are in use, -ENOMEM; -EINVAL for a negative @start.
 * idr_alloc_u32 - the least free one from *@id to @max goes to *@id. Returns 0, -ENOSPC, -ENOMEM.
 * idr_replace - another pointer for @id; returns the old one, or ERR_PTR(-ENOENT).
 * idr_remove - take @id back; returns its pointer, or NULL.
 * idr_destroy - take all back.
 * Rule 1. Never sleep, whatever @flags say. Any context but NMI.
 */
int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t flags);
int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t flags);
int idr_alloc_u32(struct idr *idr, void *ptr, u32 *id, unsigned long max, gfp_t flags);
void *idr_replace(struct idr *idr, void *ptr, unsigned long id);
void *idr_remove(struct idr *idr, unsigned long id);
#define idr_destroy(idr) xa_destroy(&(idr)->idr_rt)

/* idr_preload - Linux's: the caller may sleep now, and must not until idr_preload_end(). */
static inline void idr_preload(gfp_t flags)
{
	might_alloc(flags);
	preempt_disable();
}

static inline void idr_preload_end(void)
{
	preempt_enable();
}

/*
 * idr_find - the pointer of @id, or NULL. idr_is_empty - whether no number is given out. Never sleep. Any context.
 * idr_get_next - the first pointer, not NULL, from number *@id on; its number goes to *@id.
 * idr_for_each - call @fn(id, pointer, @data) for each, until one does not return 0; returns that.
 */
void *idr_find(const struct idr *idr, unsigned long id);
void *idr_get_next(struct idr *idr, int *id);
int idr_for_each(const struct idr *idr, int (*fn)(int id, void *ptr, void *data), void *data);

static inline bool idr_is_empty(const struct idr *idr)
{
	return xa_empty(&idr->idr_rt);
}

static inline unsigned int idr_get_cursor(const struct idr *idr)
{
	return READ_ONCE(idr->idr_next);
}

static inline void idr_set_cursor(struct idr *idr, unsigned int value)
{
	WRITE_ONCE(idr->idr_next, value);
}

#define idr_for_each_entry(idr, entry, id)                                                         \
	for (id = 0; ((entry) = idr_get_next((idr), &(id))) != NULL; id += 1U)
#define idr_for_each_entry_continue(idr, entry, id)                                                \
	for (; ((entry) = idr_get_next((idr), &(id))) != NULL; id += 1U)

/* Numbers alone. */
struct ida {
	struct xarray xa;
};

#define IDA_INIT(name)                                                                             \
	{                                                                                          \
		.xa = XARRAY_INIT((name).xa, XA_FLAGS_ALLOC)                                       \
	}
#define DEFINE_IDA(name) struct ida name = IDA_INIT(name)
#define ida_init(ida)    xa_init_flags(&(ida)->xa, XA_FLAGS_ALLOC)

/*
 * ida_alloc_range - give out the least free number from @min to @max. Returns it, -ENOSPC or -ENOMEM.
 * ida_free - take it back; warns if it is not given out. ida_destroy - take all back.
 * Never sleep, but rule 5 of slab.h holds for @flags. Any context but NMI.
 */
int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max, gfp_t flags);
void ida_free(struct ida *ida, unsigned int id);
#define ida_alloc(ida, flags)          ida_alloc_range((ida), 0, INT_MAX, (flags))
#define ida_alloc_min(ida, min, flags) ida_alloc_range((ida), (min), INT_MAX, (flags))
#define ida_alloc_max(ida, max, flags) ida_alloc_range((ida), 0, (max), (flags))
#define ida_destroy(ida)               xa_destroy(&(ida)->xa)
#define ida_is_empty(ida)              xa_empty(&(ida)->xa)

/* The older names: @end is the first number that is too large, 0 for no limit. */
#define ida_simple_get(ida, start, end, flags)                                                     \
	ida_alloc_range((ida), (start), (end) ? (unsigned int)(end)-1 : INT_MAX, (flags))
#define ida_simple_remove(ida, id) ida_free((ida), (id))
