/* radix_tree.h: Linux's older names for arrays of pointers with large gaps: an xarray with a lock of its user's.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. Who inserts or deletes holds a lock of his own, as on Linux. (The xarray's is taken inside, with interrupts off.)
 *   2. Looking up needs that lock, or rcu_read_lock().
 *   3. There are no tags, and no slots but in the walk.
 */
#pragma once

#include "kernel/base/preempt.h"
#include "kernel/xarray.h"

#define radix_tree_root             xarray
#define RADIX_TREE_INIT(name, mask) XARRAY_INIT(name, 0)
#define RADIX_TREE(name, mask)      struct radix_tree_root name = RADIX_TREE_INIT(name, mask)
#define INIT_RADIX_TREE(root, mask) xa_init(root)

/*
 * radix_tree_preload - preemption is off until radix_tree_preload_end(). No memory is kept for an insertion, which may fail all the
 *   same. Returns 0. radix_tree_maybe_preload - the same.
 * radix_tree_insert - put @item at @index. Returns 0, -EEXIST or -ENOMEM. radix_tree_delete - take out what is at @index;
 *   radix_tree_delete_item - if it is @item, unless that is NULL. Return it, or NULL. Never sleep. Any context but NMI.
 */
static inline int radix_tree_preload(gfp_t flags)
{
	might_alloc(flags);
	preempt_disable();
	return 0;
}

#define radix_tree_maybe_preload(flags) radix_tree_preload(flags)

static inline void radix_tree_preload_end(void)
{
	preempt_enable();
}

static inline int radix_tree_insert(struct radix_tree_root *root, unsigned long index, void *item)
{
	unsigned long flags;
	int error;

	xa_lock_irqsave(root, flags);
	error = __xa_insert(root, index, item, GFP_ATOMIC);
	xa_unlock_irqrestore(root, flags);
	return error == -EBUSY ? -EEXIST : error;
}

static inline void *radix_tree_delete_item(struct radix_tree_root *root, unsigned long index,
					   void *item)
{
	unsigned long flags;
	void *found;

	xa_lock_irqsave(root, flags);
	found = xa_load(root, index);
	if (item && found != item)
		found = NULL;
	if (found)
		__xa_erase(root, index);
	xa_unlock_irqrestore(root, flags);
	return found;
}

#define radix_tree_delete(root, index) radix_tree_delete_item((root), (index), NULL)

/*
 * radix_tree_lookup - what is at @index, or NULL. radix_tree_empty - whether nothing is anywhere. radix_tree_gang_lookup - store what
 *   is at @first and after it, @max items at most, to @found. Returns how many. Never sleep. Any context.
 */
#define radix_tree_lookup(root, index) xa_load((root), (index))
#define radix_tree_empty(root)         xa_empty(root)

static inline unsigned int radix_tree_gang_lookup(struct radix_tree_root *root, void **found,
						  unsigned long first, unsigned int max)
{
	void *item = xa_find(root, &first, ULONG_MAX, XA_PRESENT);
	unsigned int n;

	for (n = 0; item && n < max; n++) {
		found[n] = item;
		item = xa_find_after(root, &first, ULONG_MAX, XA_PRESENT);
	}
	return n;
}

/*
 * radix_tree_for_each_slot - walk from @start on: *@slot is the item, also by radix_tree_deref_slot(), and @iter's index where it is.
 * radix_tree_iter_delete - take out what the walk is at. Rules 1 and 2.
 */
struct radix_tree_iter {
	unsigned long index;
	void *item;
};

#define radix_tree_for_each_slot(slot, root, iter, start)                                          \
	for ((iter)->index = (start),                                                              \
	    (iter)->item = xa_find((root), &(iter)->index, ULONG_MAX, XA_PRESENT),                 \
	    (slot) = &(iter)->item;                                                                \
	     *(slot); (iter)->item = xa_find_after((root), &(iter)->index, ULONG_MAX, XA_PRESENT))
#define radix_tree_deref_slot(slot)              (*(slot))
#define radix_tree_iter_delete(root, iter, slot) ((void)radix_tree_delete((root), (iter)->index))
