/* slab.c: memory by the object.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A cache cuts blocks of pages into objects of one size and keeps the free ones in a list, last
 *   in, first out: what was freed last may still be in the CPU's cache. It never gives a page back,
 *   so it needs to know nothing of a single page but whose it is, and page.c keeps that note
 *   (page_owner()). kmalloc() is eight caches of sizes 16 to 2048, and whole pages beyond.
 *
 *   The link of a free object, with a check word beside it, is
 *
 *      in kmalloc's caches    at its beginning:         in others    behind it:
 *      +------+-------+-----------------+               +------------------------+------+-------+
 *      | next | check | poison (checked)|               | as the last user left  | next | check |
 *      +------+-------+-----------------+               +------------------------+------+-------+
 *
 *   A typed cache leaves a free object alone, and first gives it out as zeros. So its objects can
 *   be looked at by who may come too late (a spinning mutex reads whether the owner still runs, and
 *   the owner has exited): it sees an object of that type, free or reused, and nothing else.
 *
 *   check = next ^ address ^ a constant, in the checked profile. On allocation it shows a write to
 *   a free object; on freeing, that the object is free already: the memory of one in use has it
 *   only by a chance of 1 in 2^64. A fault is reported after the lock is released.
 *   It does not: have a list for each CPU, colour its objects, or shrink.
 */
#include "kernel/core/slab.h"

#include <arch/atomic.h>

#include "kernel/core/panic.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "lib/string.h"

#define KMALLOC_MIN    16
#define KMALLOC_CACHES 8 /* 16 << 0 to 16 << 7 */

/* The blocks of a cache hold at least this many objects, while they are of no more than 8 pages. */
#define SLAB_OBJECTS   4
#define SLAB_MAX_ORDER 3

#define CHECK_CONSTANT 0x510b0b1ec75f4eedUL

/* Checked: the bytes of a free object of kmalloc(), and of one that nobody has written to yet. */
#define POISON_FREE  0x6b
#define POISON_FRESH 0xa5

struct free_object {
	struct free_object *next;
	unsigned long check;
};

/* [q] under lock  [I] set by kmem_cache_create() */
struct kmem_cache {
	raw_spinlock_t lock;
	struct free_object *free; /* [q] */
	size_t in_use;            /* [q] objects */
	const char *name;         /* [I] */
	size_t size;              /* [I] of an object, as asked for */
	size_t stride;            /* [I] from one object to the next */
	size_t link;              /* [I] where in an object its struct free_object is, while free */
	unsigned int order;       /* [I] of a block */
	bool typed;               /* [I] see above; false in kmalloc's caches */
};

static struct kmem_cache kmalloc_caches[KMALLOC_CACHES];

/* The number of blocks that kmalloc() has from the page allocator; its address is their owner. */
static atomic64_t whole_pages;

/* The caches that kmem_cache_create() made: they live for ever, which is no leak. */
static atomic64_t n_caches;

static struct free_object *free_part(const struct kmem_cache *cache, void *obj)
{
	return (struct free_object *)((char *)obj + cache->link);
}

static unsigned long check_of(const struct free_object *object)
{
	return (unsigned long)object->next ^ (unsigned long)object ^ CHECK_CONSTANT;
}

/* Caller holds cache->lock. */
static void push(struct kmem_cache *cache, void *obj)
{
	struct free_object *object = free_part(cache, obj);

	object->next = cache->free;
	object->check = check_of(object);
	cache->free = object;
}

static void poison(const struct kmem_cache *cache, void *obj)
{
	if (CONFIG_CHECKED && !cache->typed)
		memset(obj, POISON_FREE, cache->size);
}

/* Whether the poison behind the link of an object just taken from the list is as it was left. */
static bool poison_intact(const struct kmem_cache *cache, const void *obj)
{
	const u8 *bytes = obj;

	if (cache->typed)
		return true;
	for (size_t i = sizeof(struct free_object); i < cache->size; i++) {
		if (bytes[i] != POISON_FREE)
			return false;
	}
	return true;
}

/* Add a block of new objects. Caller holds cache->lock. Returns false when there is no memory. */
static bool grow(struct kmem_cache *cache)
{
	size_t n = (PAGE_SIZE << cache->order) / cache->stride;
	char *block = page_alloc(cache->order);

	if (!block)
		return false;
	page_set_owner(block, cache);
	memset(block, 0, PAGE_SIZE << cache->order);
	while (n-- > 0) {
		poison(cache, block + n * cache->stride);
		push(cache, block + n * cache->stride);
	}
	return true;
}

static void cache_init(struct kmem_cache *cache, const char *name, size_t size, size_t align,
		       bool typed)
{
	*cache = (struct kmem_cache){ .name = name, .size = size, .typed = typed };
	raw_spin_lock_init(&cache->lock);
	if (typed)
		cache->link = ALIGN_UP(size, sizeof(void *));
	cache->stride = ALIGN_UP(max(size, cache->link + sizeof(struct free_object)), align);
	while (cache->order < SLAB_MAX_ORDER &&
	       PAGE_SIZE << cache->order < SLAB_OBJECTS * cache->stride && typed)
		cache->order++;
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align)
{
	struct kmem_cache *cache = kmalloc(sizeof(*cache), GFP_KERNEL);

	ASSERT((align & (align - 1)) == 0 && align <= PAGE_SIZE);
	if (!cache)
		return NULL;
	atomic64_inc(&n_caches);
	cache_init(cache, name, size, align ? align : KMALLOC_MIN, true);
	BUG_ON(cache->stride > PAGE_SIZE << cache->order);
	return cache;
}

/* Take the first object; *@broken: somebody wrote to it while free. Caller holds cache->lock. */
static struct free_object *pop(struct kmem_cache *cache, bool *broken)
{
	struct free_object *object;

	if (!cache->free && !grow(cache))
		return NULL;
	object = cache->free;
	*broken = CONFIG_CHECKED && object->check != check_of(object);
	cache->free = *broken ? NULL : object->next; // nobody knows how a broken list goes on
	cache->in_use++;
	return object;
}

/* Checked: look whether somebody used @obj while it was free, and make it one in use. */
static void verify(const struct kmem_cache *cache, void *obj, bool broken)
{
	if (broken || !poison_intact(cache, obj))
		panic("%s: object %px was written to while it was free: a use after free, or the "
		      "object before it was written to beyond its %zu bytes",
		      cache->name, obj, cache->size);
	free_part(cache, obj)->check = 0;
	if (!cache->typed)
		memset(obj, POISON_FRESH, cache->size);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags)
{
	struct free_object *object;
	unsigned long irqs;
	bool broken = false;
	void *obj;

	raw_spin_lock_irqsave(&cache->lock, irqs);
	object = pop(cache, &broken);
	raw_spin_unlock_irqrestore(&cache->lock, irqs);
	if (!object)
		return NULL;
	obj = (char *)object - cache->link;
	if (CONFIG_CHECKED)
		verify(cache, obj, broken);
	return flags & __GFP_ZERO ? memset(obj, 0, cache->size) : obj;
}

/* What is wrong with freeing @obj, or NULL. Caller holds cache->lock. */
static const char *free_fault(const struct kmem_cache *cache, void *obj)
{
	size_t block = PAGE_SIZE << cache->order;
	size_t offset = (unsigned long)obj & (block - 1);
	const struct free_object *object = free_part(cache, obj);

	if (page_owner(obj) != cache)
		return "it is not of this cache";
	if (offset % cache->stride || offset + cache->stride > block)
		return "no object begins there";
	if (object->check == check_of(object))
		return "it is free already";
	return NULL;
}

void kmem_cache_free(struct kmem_cache *cache, void *obj)
{
	const char *fault = NULL;
	unsigned long irqs;

	if (!obj)
		return;
	raw_spin_lock_irqsave(&cache->lock, irqs);
	if (CONFIG_CHECKED)
		fault = free_fault(cache, obj);
	if (!fault) {
		poison(cache, obj);
		push(cache, obj);
		cache->in_use--;
	}
	raw_spin_unlock_irqrestore(&cache->lock, irqs);
	// Only now, so that a test of this can go on afterwards.
	if (fault)
		panic("%s: free of %px: %s", cache->name, obj, fault);
}

size_t kmem_cache_in_use(const struct kmem_cache *cache)
{
	return READ_ONCE(cache->in_use);
}

static void *whole_pages_alloc(size_t size, gfp_t flags)
{
	unsigned int order = 0;
	void *block;

	if (size > KMALLOC_MAX)
		return NULL;
	while (PAGE_SIZE << order < size)
		order++;
	block = page_alloc(order);
	if (!block)
		return NULL;
	page_set_owner(block, &whole_pages);
	atomic64_inc(&whole_pages);
	return flags & __GFP_ZERO ? memset(block, 0, size) : block;
}

void *kmalloc(size_t size, gfp_t flags)
{
	unsigned int i = 0;

	while (i < KMALLOC_CACHES && size > kmalloc_caches[i].size)
		i++;
	if (i == KMALLOC_CACHES)
		return whole_pages_alloc(size, flags);
	return kmem_cache_alloc(&kmalloc_caches[i], flags);
}

void *kzalloc(size_t size, gfp_t flags)
{
	return kmalloc(size, flags | __GFP_ZERO);
}

void *kcalloc(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kzalloc(bytes, flags);
}

void kfree(const void *obj)
{
	void *owner = obj ? page_owner(obj) : NULL;
	int order = page_order(obj);

	if (!obj)
		return;
	if (owner && owner != &whole_pages) {
		kmem_cache_free(owner, (void *)obj);
		return;
	}
	if (!owner || order < 0)
		panic("kfree(%px): kmalloc() did not give this out, or it is free already", obj);
	atomic64_dec(&whole_pages);
	page_free((void *)obj, (unsigned int)order);
}

size_t kmalloc_in_use(void)
{
	size_t n = (size_t)(atomic64_read(&whole_pages) - atomic64_read(&n_caches));

	for (unsigned int i = 0; i < KMALLOC_CACHES; i++)
		n += READ_ONCE(kmalloc_caches[i].in_use);
	return n;
}

void slab_init(void)
{
	static const char *const names[KMALLOC_CACHES] = {
		"kmalloc-16",  "kmalloc-32",  "kmalloc-64",   "kmalloc-128",
		"kmalloc-256", "kmalloc-512", "kmalloc-1024", "kmalloc-2048",
	};

	for (unsigned int i = 0; i < KMALLOC_CACHES; i++) {
		size_t size = (size_t)KMALLOC_MIN << i;

		cache_init(&kmalloc_caches[i], names[i], size, size, false);
	}
}
