/* kmalloc.c: memory of any size: caches of sizes 16 to 2048, and whole pages beyond.
 * SPDX-License-Identifier: MIT
 *
 * A block of whole pages is found by its pages' owner, as a cache's block is; in the checked profile it
 * carries its note at its end, with watched bytes between what was asked for and the note:
 *
 *      | what was asked for              | watched ...              | note |
 *      ^ a page                                                            ^ the end of the last page
 */
#include "kernel/base/hooks.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab_cache.h"
#include "lib/string.h"

#define KMALLOC_MIN    16
#define KMALLOC_CACHES 8 /* 16 << 0 to 16 << 7 */

static struct kmem_cache kmalloc_caches[KMALLOC_CACHES];

static atomic64_t n_large; /* blocks of pages that are in use */
char large_owners[LARGE_KINDS];

/* ---- Whole pages ----------------------------------------------------------------------------- */

/* Bytes of the block at @obj that can be had, without the note. */
static size_t large_room(const void *obj)
{
	return (PAGE_SIZE << page_order(obj)) - (CONFIG_CHECKED ? sizeof(struct slab_note) : 0);
}

void *large_alloc(size_t size, gfp_t flags, enum large_kind kind, unsigned long where)
{
	size_t note = CONFIG_CHECKED ? sizeof(struct slab_note) : 0;
	unsigned int order = 0;
	void *block;

	if (CONFIG_CHECKED)
		check_may_alloc(flags, where);
	if (size > KMALLOC_MAX)
		return NULL;
	while (PAGE_SIZE << order < size + note)
		order++;
	block = page_alloc(order);
	if (!block)
		return NULL;
	page_set_owner(block, &large_owners[kind]);
	large_count(1);
	if (CONFIG_CHECKED)
		large_note_alloc(block, large_room(block), size, where);
	return flags & __GFP_ZERO ? memset(block, 0, size) : block;
}

void large_free(const void *obj, enum large_kind kind, const char *how, unsigned long where)
{
	int order = page_order(obj);

	if (page_owner(obj) != &large_owners[kind] || order < 0) {
		misuse(NULL, "%s(%px) at %pB: it was not allocated for this, or is free already",
		       how, obj, (void *)where);
		return;
	}
	if (CONFIG_CHECKED) {
		large_verify(obj, large_room(obj), where);
		check_may_free(obj, large_room(obj), where);
	}
	large_count(-1);
	page_free((void *)obj, (unsigned int)order);
}

size_t large_size(const void *obj)
{
	return CONFIG_CHECKED ? large_note(obj, large_room(obj))->size : large_room(obj);
}

bool large_resize(void *obj, size_t size)
{
	if (size > large_room(obj))
		return false;
	if (CONFIG_CHECKED)
		large_note_alloc(obj, large_room(obj), size,
				 large_note(obj, large_room(obj))->allocated_at);
	return true;
}

void large_count(int blocks)
{
	atomic64_add(blocks, &n_large);
}

/* ---- kmalloc and its kin --------------------------------------------------------------------- */

void *kmalloc_at(size_t size, gfp_t flags, unsigned long where)
{
	unsigned int i = 0;

	if (!size)
		return ZERO_SIZE_PTR;
	while (i < KMALLOC_CACHES && size > kmalloc_caches[i].size)
		i++;
	if (i == KMALLOC_CACHES)
		return large_alloc(size, flags, LARGE_KMALLOC, where);
	return slab_alloc(&kmalloc_caches[i], size, flags, where);
}

void kfree_at(const void *obj, const char *how, unsigned long where)
{
	struct kmem_cache *cache = slab_owner(obj);

	if (ZERO_OR_NULL_PTR(obj))
		return;
	if (cache)
		slab_free(cache, (void *)obj, where);
	else
		large_free(obj, LARGE_KMALLOC, how, where);
}

noinline void *kmalloc(size_t size, gfp_t flags)
{
	return kmalloc_at(size, flags, _RET_IP_);
}

noinline void *kzalloc(size_t size, gfp_t flags)
{
	return kmalloc_at(size, flags | __GFP_ZERO, _RET_IP_);
}

noinline void *kmalloc_array(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc_at(bytes, flags, _RET_IP_);
}

noinline void *kcalloc(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc_at(bytes, flags | __GFP_ZERO, _RET_IP_);
}

noinline void kfree(const void *obj)
{
	kfree_at(obj, "kfree", _RET_IP_);
}

noinline void kfree_sensitive(const void *obj)
{
	if (ZERO_OR_NULL_PTR(obj))
		return;
	memset((void *)obj, 0, ksize(obj));
	asm volatile("" ::"r"(obj)
		     : "memory"); // so that the compiler does not drop what nobody reads
	kfree_at(obj, "kfree_sensitive", _RET_IP_);
}

size_t ksize(const void *obj)
{
	struct kmem_cache *cache = slab_owner(obj);

	if (ZERO_OR_NULL_PTR(obj))
		return 0;
	if (!cache)
		return large_size(obj);
	return CONFIG_CHECKED ? slab_note_of(cache, obj)->size : cache->size;
}

/* Whether @obj can be @size bytes large where it is: then it is. */
static bool resize(void *obj, size_t size)
{
	struct kmem_cache *cache = slab_owner(obj);

	if (!cache)
		return large_resize(obj, size);
	if (size > cache->size)
		return false;
	if (CONFIG_CHECKED)
		slab_note_resize(cache, obj, size);
	return true;
}

static void *krealloc_at(const void *obj, size_t size, gfp_t flags, unsigned long where)
{
	void *moved;

	if (ZERO_OR_NULL_PTR(obj))
		return kmalloc_at(size, flags, where);
	if (!size) {
		kfree_at(obj, "krealloc", where);
		return ZERO_SIZE_PTR;
	}
	if (resize((void *)obj, size))
		return (void *)obj;
	moved = kmalloc_at(size, flags, where);
	if (moved) {
		memcpy(moved, obj, min(ksize(obj), size));
		kfree_at(obj, "krealloc", where);
	}
	return moved;
}

noinline void *krealloc(const void *obj, size_t size, gfp_t flags)
{
	return krealloc_at(obj, size, flags, _RET_IP_);
}

noinline void *krealloc_array(void *obj, size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return krealloc_at(obj, bytes, flags, _RET_IP_);
}

size_t kmalloc_in_use(void)
{
	size_t n = (size_t)atomic64_read(&n_large);

	for (unsigned int i = 0; i < KMALLOC_CACHES; i++)
		n += kmem_cache_in_use(&kmalloc_caches[i]);
	return n;
}

void slab_init(void)
{
	static const char *const names[KMALLOC_CACHES] = {
		"kmalloc-16",  "kmalloc-32",  "kmalloc-64",   "kmalloc-128",
		"kmalloc-256", "kmalloc-512", "kmalloc-1024", "kmalloc-2048",
	};

	for (unsigned int i = 0; i < KMALLOC_CACHES; i++) {
		struct kmem_cache *cache = &kmalloc_caches[i];

		cache->name = names[i];
		cache->size = (size_t)KMALLOC_MIN << i;
		cache->is_kmalloc = true;
		BUG_ON(!slab_cache_init(cache, cache->size));
	}
}
