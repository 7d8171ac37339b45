/* idr.c: small numbers given out.
 * SPDX-License-Identifier: MIT
 *
 * A number is an index of an xarray, less the base; a number that was given out for NULL, or for nothing at all
 * (ida), is an index that is reserved.
 */
#include "kernel/idr.h"

#include "kernel/core/panic.h"
#include "lib/errno.h"

/* xa_alloc() says -EBUSY where these have said -ENOSPC for longer. */
static int no_space(int error)
{
	return error == -EBUSY ? -ENOSPC : error;
}

int idr_alloc_u32(struct idr *idr, void *ptr, u32 *id, unsigned long max, gfp_t flags)
{
	u32 base = idr->idr_base, low = *id < base ? 0 : *id - base, index;
	int error;

	if (max < base)
		return -ENOSPC;
	error = __xa_alloc(&idr->idr_rt, &index, ptr,
			   XA_LIMIT(low, (u32)min(max - base, (unsigned long)UINT_MAX)), flags);
	if (!error)
		*id = index + base;
	return no_space(error);
}

/* The last number that may be given; @end is Linux's, the first that may not, or 0. */
static unsigned long last_of(int end)
{
	return end > 0 ? (unsigned long)end - 1 : INT_MAX;
}

int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t flags)
{
	u32 id = (u32)start;
	int error;

	if (WARN_ON(start < 0))
		return -EINVAL;
	error = idr_alloc_u32(idr, ptr, &id, last_of(end), flags);
	return error ?: (int)id;
}

int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t flags)
{
	u32 id = max((u32)start, idr->idr_next);
	int error;

	if (WARN_ON(start < 0))
		return -EINVAL;
	error = idr_alloc_u32(idr, ptr, &id, last_of(end), flags);
	if (error == -ENOSPC) {
		id = (u32)start;
		error = idr_alloc_u32(idr, ptr, &id, last_of(end), flags);
	}
	if (error)
		return error;
	idr->idr_next = id + 1;
	return (int)id;
}

void *idr_find(const struct idr *idr, unsigned long id)
{
	return xa_load((struct xarray *)&idr->idr_rt, id - idr->idr_base);
}

void *idr_remove(struct idr *idr, unsigned long id)
{
	return __xa_erase(&idr->idr_rt, id - idr->idr_base);
}

void *idr_replace(struct idr *idr, void *ptr, unsigned long id)
{
	unsigned long index = id - idr->idr_base;

	if (!__xa_is_used(&idr->idr_rt, index))
		return ERR_PTR(-ENOENT);
	return __xa_store(&idr->idr_rt, index, ptr ?: XA_ZERO_ENTRY, GFP_ATOMIC);
}

void *idr_get_next(struct idr *idr, int *id)
{
	u32 base = idr->idr_base;
	unsigned long index = (u32)*id < base ? 0 : (u32)*id - base;
	void *entry = xa_find(&idr->idr_rt, &index, INT_MAX, XA_PRESENT);

	if (entry)
		*id = (int)(index + base);
	return entry;
}

int idr_for_each(const struct idr *idr, int (*fn)(int id, void *ptr, void *data), void *data)
{
	unsigned long index;
	void *entry;
	int result;

	xa_for_each((struct xarray *)&idr->idr_rt, index, entry) {
		result = fn((int)(index + idr->idr_base), entry, data);
		if (result)
			return result;
	}
	return 0;
}

int ida_alloc_range(struct ida *ida, unsigned int low, unsigned int high, gfp_t flags)
{
	unsigned long irq;
	int error;
	u32 id;

	might_alloc(flags);
	xa_lock_irqsave(&ida->xa, irq);
	error = __xa_alloc(&ida->xa, &id, NULL, XA_LIMIT(low, min(high, (unsigned int)INT_MAX)),
			   flags);
	xa_unlock_irqrestore(&ida->xa, irq);
	return error ? no_space(error) : (int)id;
}

void ida_free(struct ida *ida, unsigned int id)
{
	unsigned long irq;
	bool given;

	xa_lock_irqsave(&ida->xa, irq);
	given = __xa_is_used(&ida->xa, id);
	__xa_erase(&ida->xa, id);
	xa_unlock_irqrestore(&ida->xa, irq);
	WARN(!given, "ida_free: %u is not given out", id);
}
