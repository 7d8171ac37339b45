/* mempool.h: memory that is there when it is needed: some elements are kept for when no others can be had.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Who may sleep gets an element always, for those that are kept come back: mempool_free() puts them there before it gives
 *   any away, and wakes who waits. So of those who have one nobody may wait for another from the same pool.
 */
#pragma once

#include "kernel/core/slab.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/locking/spin/spinlock.h"

typedef void *(mempool_alloc_t)(gfp_t flags, void *pool_data);
typedef void(mempool_free_t)(void *element, void *pool_data);

/* [I] set when it is made  [l] under lock */
typedef struct mempool {
	spinlock_t lock;
	int min_nr;      /* [I] so many are kept, */
	int curr_nr;     /* [l] so many of them are there */
	void **elements; /* [l] */
	void *pool_data; /* [I] for: */
	mempool_alloc_t *alloc;
	mempool_free_t *free;
	wait_queue_head_t wait;
} mempool_t;

/*
 * mempool_create - a pool that keeps @min_nr elements, got by @alloc and given back by @free; NULL: no memory. ..._slab_pool - of
 *   @cache's; ..._kmalloc_pool - of @size bytes. mempool_destroy - when all elements are back; NULL is nothing to do.
 * mempool_init, mempool_exit - the same for a pool that is there already. mempool_init() returns 0 or -ENOMEM.
 * Sleep. Thread context.
 */
mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc, mempool_free_t *free,
			  void *pool_data);
void mempool_destroy(mempool_t *pool);
int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc, mempool_free_t *free,
		 void *pool_data);
void mempool_exit(mempool_t *pool);

/*
 * mempool_alloc - an element. May sleep if @flags do; then it is never NULL. Else any context but NMI.
 * mempool_free - give @element back; NULL is nothing to do. Never sleeps. Any context but NMI.
 */
void *mempool_alloc(mempool_t *pool, gfp_t flags);
void mempool_free(void *element, mempool_t *pool);

/* The functions of the two kinds that are named above. */
void *mempool_alloc_slab(gfp_t flags, void *cache);
void mempool_free_slab(void *element, void *cache);
void *mempool_kmalloc(gfp_t flags, void *size);
void mempool_kfree(void *element, void *size);

#define mempool_create_slab_pool(min_nr, cache)                                                    \
	mempool_create((min_nr), mempool_alloc_slab, mempool_free_slab, (cache))
#define mempool_create_kmalloc_pool(min_nr, size)                                                  \
	mempool_create((min_nr), mempool_kmalloc, mempool_kfree, (void *)(size_t)(size))
