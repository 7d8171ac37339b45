/* mempool_test.c: what is kept is given when there is no other, comes back first, and is waited for.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/mempool.h"

#include "kernel/test/lock_test.h"

static bool is_scarce; /* there is no memory but the pool's */
static int given, taken_back;

static void *scarce_alloc(gfp_t flags, void *size)
{
	if (is_scarce)
		return NULL;
	given++;
	return mempool_kmalloc(flags, size);
}

static void scarce_free(void *element, void *size)
{
	taken_back++;
	mempool_kfree(element, size);
}

static void *waited_for;

static int wait_for_one(void *pool)
{
	waited_for = mempool_alloc(pool, GFP_KERNEL);
	return 0;
}

static bool has_waiter(void *pool)
{
	return waitqueue_active(&((mempool_t *)pool)->wait);
}

TEST(mempool)
{
	mempool_t *pool;
	struct actor waiter;
	void *a, *b, *c;

	given = taken_back = 0;
	pool = mempool_create(2, scarce_alloc, scarce_free, (void *)100);
	REQUIRE(pool);
	EXPECT(given == 2 && pool->curr_nr == 2);
	a = mempool_alloc(pool, GFP_KERNEL);
	EXPECT(given == 3 && pool->curr_nr == 2); // What is kept is the last resort.
	is_scarce = true;
	b = mempool_alloc(pool, GFP_ATOMIC);
	c = mempool_alloc(pool, GFP_KERNEL);
	EXPECT(a && b && c && !pool->curr_nr);
	EXPECT(!mempool_alloc(pool, GFP_ATOMIC));
	REQUIRE(actor_start(&waiter, wait_for_one, pool, ANY_CPU));
	EXPECT(test_wait_for(has_waiter, pool) && actor_sleeps(&waiter));
	mempool_free(a, pool);
	// It was woken: else it would sleep until it looks for itself.
	EXPECT(!actor_is_asleep(&waiter, TASK_NORMAL) || READ_ONCE(waiter.ended));
	actor_join(&waiter);
	EXPECT(waited_for == a && !taken_back);
	mempool_free(a, pool);
	mempool_free(b, pool);
	EXPECT(pool->curr_nr == 2 && !taken_back);
	mempool_free(c, pool);
	EXPECT_EQ(taken_back, 1);
	mempool_free(NULL, pool);
	mempool_destroy(pool);
	EXPECT_EQ(taken_back, 3);
	is_scarce = false;
}

/* There is memory for who may sleep for it. */
static void *patient_alloc(gfp_t flags, void *size)
{
	if (is_scarce && !gfpflags_allow_blocking(flags))
		return NULL;
	return mempool_kmalloc(flags, size);
}

TEST(mempool_sleeps_for_memory)
{
	mempool_t *pool = mempool_create(1, patient_alloc, mempool_kfree, (void *)100);
	void *kept, *other;

	REQUIRE(pool);
	is_scarce = true;
	kept = mempool_alloc(pool, GFP_KERNEL);
	EXPECT(kept && !pool->curr_nr); // What is kept comes before a sleep,
	EXPECT(!mempool_alloc(pool, GFP_ATOMIC));
	other = mempool_alloc(pool, GFP_KERNEL); // and that before a wait for what is given back.
	EXPECT(other);
	is_scarce = false;
	mempool_free(kept, pool);
	mempool_free(other, pool);
	mempool_destroy(pool);
}

TEST(mempool_kinds)
{
	struct kmem_cache *cache = kmem_cache_create("test_pool", 24, 8, 0, NULL);
	mempool_t *slab = mempool_create_slab_pool(3, cache), *other;
	void *element;

	REQUIRE(cache && slab);
	EXPECT_EQ(kmem_cache_in_use(cache), 3);
	element = mempool_alloc(slab, GFP_KERNEL);
	EXPECT_EQ(kmem_cache_in_use(cache), 4);
	mempool_free(element, slab);
	mempool_destroy(slab);
	EXPECT_EQ(kmem_cache_in_use(cache), 0);
	kmem_cache_destroy(cache);
	other = mempool_create_kmalloc_pool(2, 1000);
	REQUIRE(other);
	element = mempool_alloc(other, GFP_ATOMIC);
	EXPECT(element);
	mempool_free(element, other);
	mempool_destroy(other);
}
