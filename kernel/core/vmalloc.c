/* vmalloc.c: memory by the page, for modules: the checks of kmalloc()'s large blocks, other owners.
 * SPDX-License-Identifier: MIT
 *
 * A window of page tables, as Linux has one, would give what its name promises, memory that is
 * consecutive in virtual addresses only. It would also need TLB shootdowns, a second kind of address,
 * and a place below which nothing is the number that it is on the bus: all that the identity map saves.
 * Modules use vmalloc() for buffers of some pages; those a buddy system gives.
 */
#include "kernel/core/vmalloc.h"

#include "kernel/base/hooks.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab_cache.h"
#include "lib/string.h"

noinline void *vmalloc(size_t size)
{
	return size ? large_alloc(size, GFP_KERNEL, LARGE_VMALLOC, _RET_IP_) : NULL;
}

noinline void *vzalloc(size_t size)
{
	return size ? large_alloc(size, GFP_KERNEL | __GFP_ZERO, LARGE_VMALLOC, _RET_IP_) : NULL;
}

noinline void vfree(const void *obj)
{
	if (obj)
		large_free(obj, LARGE_VMALLOC, "vfree", _RET_IP_);
	if (!in_interrupt()) // Last: what is wrong with the memory is said first.
		might_sleep_here();
}

bool is_vmalloc_addr(const void *obj)
{
	return page_owner(obj) == &large_owners[LARGE_VMALLOC];
}

/* kmalloc() has no less than vmalloc() here, so there is nothing to fall back on. */
noinline void *kvmalloc(size_t size, gfp_t flags)
{
	return kmalloc_at(size, flags, _RET_IP_);
}

noinline void *kvzalloc(size_t size, gfp_t flags)
{
	return kmalloc_at(size, flags | __GFP_ZERO, _RET_IP_);
}

noinline void *kvmalloc_array(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc_at(bytes, flags, _RET_IP_);
}

noinline void *kvcalloc(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc_at(bytes, flags | __GFP_ZERO, _RET_IP_);
}

noinline void kvfree(const void *obj)
{
	if (is_vmalloc_addr(obj))
		large_free(obj, LARGE_VMALLOC, "kvfree", _RET_IP_);
	else
		kfree_at(obj, "kvfree", _RET_IP_);
}

/* The pages are the caller's to the last byte: no note. */
static unsigned long get_pages(gfp_t flags, unsigned int order, unsigned long where)
{
	void *block;

	if (CONFIG_CHECKED)
		check_may_alloc(flags, where);
	block = order <= PAGE_MAX_ORDER ? page_alloc(order) : NULL;
	if (!block)
		return 0;
	page_set_owner(block, (void *)where);
	large_count(1);
	if (flags & __GFP_ZERO)
		memset(block, 0, PAGE_SIZE << order);
	return (unsigned long)block;
}

noinline unsigned long __get_free_pages(gfp_t flags, unsigned int order)
{
	return get_pages(flags, order, _RET_IP_);
}

noinline unsigned long get_zeroed_page(gfp_t flags)
{
	return get_pages(flags | __GFP_ZERO, 0, _RET_IP_);
}

noinline void free_pages(unsigned long address, unsigned int order)
{
	void *block = (void *)address;

	if (!address)
		return;
	if (!is_code(page_owner(block)) || page_order(block) != (int)order) {
		misuse(NULL,
		       "free_pages(%#lx, order %u) at %pB: __get_free_pages() did not give this out so, or it "
		       "is free already",
		       address, order, (void *)_RET_IP_);
		return;
	}
	if (CONFIG_CHECKED)
		check_may_free(block, PAGE_SIZE << order, _RET_IP_);
	large_count(-1);
	page_free(block, order);
}
