/* slab.h: memory by the object: kmalloc and caches of equal objects.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/page.h"
#include "lib/types.h"

typedef unsigned int gfp_t;
#define GFP_KERNEL 0u /* Linux's flags; nothing here ever sleeps for memory, so they differ in */
#define GFP_ATOMIC 1u /* nothing but __GFP_ZERO */
#define GFP_NOWAIT 1u
#define __GFP_ZERO 2u

#define KMALLOC_MAX (PAGE_SIZE << PAGE_MAX_ORDER)

struct kmem_cache;

/*
 * kmem_cache_create - a cache of objects of @size bytes, aligned to @align (0: natural).
 * Its pages are never given back to the page allocator and never serve another type
 * ("type-stable"): whoever reads a freed object reads an object of the same type.
 * Never sleeps. Any context but NMI. Returns NULL when there is no memory. @name is kept, not
 * copied.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align);

/*
 * kmem_cache_alloc - an object, not cleared (a first-time object is zero); NULL: no memory.
 * kmem_cache_free - give it back; @obj NULL is nothing to do.
 * Never sleep. Any context but NMI.
 */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags);
void kmem_cache_free(struct kmem_cache *cache, void *obj);
size_t kmem_cache_in_use(const struct kmem_cache *cache);

/*
 * kmalloc, kzalloc, kcalloc - @size bytes aligned to at least 16 (a power of two: to its size), or
 * NULL.
 * kfree - give them back; NULL is nothing to do.
 * Never sleep. Any context but NMI. Checked: freed memory is poisoned, a double free panics.
 */
void *kmalloc(size_t size, gfp_t flags);
void *kzalloc(size_t size, gfp_t flags);
void *kcalloc(size_t n, size_t size, gfp_t flags);
void kfree(const void *obj);

/* kmalloc_in_use - objects allocated and not yet freed, caches themselves apart, for leak tests. */
size_t kmalloc_in_use(void);

void slab_init(void);
