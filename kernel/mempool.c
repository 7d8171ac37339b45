/* mempool.c: memory that is kept for when there is no other.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/mempool.h"

#include "kernel/core/jiffies.h"
#include "lib/errno.h"

/* Whoever waits looks whether @alloc has memory again: others may have given back theirs. */
#define LOOK_AGAIN (5 * HZ)

void mempool_exit(mempool_t *pool)
{
	while (pool->curr_nr)
		pool->free(pool->elements[--pool->curr_nr], pool->pool_data);
	kfree(pool->elements);
	pool->elements = NULL;
}

int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc, mempool_free_t *free,
		 void *pool_data)
{
	*pool = (mempool_t){
		.min_nr = min_nr, .pool_data = pool_data, .alloc = alloc, .free = free
	};
	spin_lock_init(&pool->lock);
	init_waitqueue_head(&pool->wait);
	pool->elements = kmalloc_array((size_t)min_nr, sizeof(void *), GFP_KERNEL);
	while (pool->elements && pool->curr_nr < min_nr) {
		void *element = alloc(GFP_KERNEL, pool_data);

		if (!element) {
			mempool_exit(pool);
			return -ENOMEM;
		}
		pool->elements[pool->curr_nr++] = element;
	}
	return pool->elements ? 0 : -ENOMEM;
}

mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc, mempool_free_t *free, void *pool_data)
{
	mempool_t *pool = kmalloc(sizeof(*pool), GFP_KERNEL);

	if (pool && mempool_init(pool, min_nr, alloc, free, pool_data)) {
		kfree(pool);
		return NULL;
	}
	return pool;
}

void mempool_destroy(mempool_t *pool)
{
	if (!pool)
		return;
	mempool_exit(pool);
	kfree(pool);
}

static void *take_kept(mempool_t *pool)
{
	void *element = NULL;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	if (pool->curr_nr) {
		WRITE_ONCE(pool->curr_nr, pool->curr_nr - 1);
		element = pool->elements[pool->curr_nr];
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	return element;
}

void *mempool_alloc(mempool_t *pool, gfp_t flags)
{
	might_alloc(flags);
	for (;;) {
		// It does not sleep for memory while there is some here, as in Linux.
		void *element = pool->alloc(flags & ~__GFP_DIRECT_RECLAIM, pool->pool_data) ?:
					take_kept(pool);

		if (element || !gfpflags_allow_blocking(flags))
			return element;
		element = pool->alloc(flags, pool->pool_data);
		if (element)
			return element;
		wait_event_timeout(pool->wait, READ_ONCE(pool->curr_nr), LOOK_AGAIN);
	}
}

void mempool_free(void *element, mempool_t *pool)
{
	unsigned long flags;
	bool kept;

	if (!element)
		return;
	spin_lock_irqsave(&pool->lock, flags);
	kept = pool->curr_nr < pool->min_nr;
	if (kept) {
		pool->elements[pool->curr_nr] = element;
		WRITE_ONCE(pool->curr_nr, pool->curr_nr + 1);
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	if (kept)
		wake_up(&pool->wait);
	else
		pool->free(element, pool->pool_data);
}

void *mempool_alloc_slab(gfp_t flags, void *cache)
{
	return kmem_cache_alloc(cache, flags);
}

void mempool_free_slab(void *element, void *cache)
{
	kmem_cache_free(cache, element);
}

void *mempool_kmalloc(gfp_t flags, void *size)
{
	return kmalloc((size_t)size, flags);
}

void mempool_kfree(void *element, void *size)
{
	kfree(element);
}
