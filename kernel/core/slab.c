/* slab.c: caches of equal objects.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A cache cuts blocks of pages into objects of one size and keeps the free ones in a list, last
 *   in, first out: what was freed last may still be in the CPU's cache. page.c keeps the note whose a
 *   page is (page_owner()), so kfree() finds the cache. A block, with what is there in the checked
 *   profile only in brackets:
 *
 *       +-------+--------+--------+-----------+------+--------+--------+--------+---------- - -
 *       | block | [zone] | object | [zone]    | link | [note] | [zone] | object | [zone]
 *       +-------+--------+--------+-----------+------+--------+--------+--------+---------- - -
 *       0                ^ first  ^ size                      |<-16  ->^ first + stride
 *
 *   The link of a free object, with a check word, is behind it, so that the object itself is all
 *   poison (checked) or stays as the last user left it (typesafe ones and those with a constructor).
 *   Where neither is asked for it is in the object, which then need be no larger.
 *   kmalloc()'s caches live for ever, and have no struct block: a page holds two objects of 2048.
 *
 *   A typesafe cache gives no page back while it lives, and clears objects only before the first
 *   use. So its objects can be looked at by who may come too late (a spinning mutex reads whether
 *   the owner still runs, and the owner has exited): it sees an object of that type, free or reused.
 *
 *   One raw spinlock a cache, held for a few steps; new blocks are made without it, because
 *   constructors are others' code. Who finds the list empty again after making a block makes another.
 *   A fault is reported after the lock is released.
 *   It does not: have a list for each CPU, colour its objects, or shrink by itself.
 *   Source: J. Bonwick, "The slab allocator", USENIX Summer 1994.
 */
#include "kernel/core/slab_cache.h"

#include "kernel/base/hooks.h"
#include "kernel/core/panic.h"
#include "lib/string.h"

/* The blocks of a cache hold at least this many objects, while they are of no more than 8 pages. */
#define SLAB_OBJECTS   4
#define SLAB_MAX_ORDER 3

#define CACHE_LINE 64

static struct slab_block *block_of(const struct kmem_cache *cache, void *obj)
{
	return (struct slab_block *)ALIGN_DOWN((unsigned long)obj, slab_block_size(cache));
}

/* ---- Under cache->lock ----------------------------------------------------------------------- */

static void push_locked(struct kmem_cache *cache, void *obj)
{
	struct free_object *link = slab_link(cache, obj);

	link->next = cache->free;
	link->check = slab_check_of(link);
	cache->free = obj;
}

/* Take the first object, or NULL; *@broken: its link was written to. */
static void *pop_locked(struct kmem_cache *cache, bool *broken)
{
	void *obj = cache->free;
	struct free_object *link;

	if (!obj)
		return NULL;
	link = slab_link(cache, obj);
	*broken = CONFIG_CHECKED && link->check != slab_check_of(link);
	cache->free = *broken ? NULL : link->next; // nobody knows how a broken list goes on
	cache->in_use++;
	if (!cache->is_kmalloc)
		block_of(cache, obj)->in_use++;
	return obj;
}

static void give_back_locked(struct kmem_cache *cache, void *obj)
{
	push_locked(cache, obj);
	cache->in_use--;
	if (!cache->is_kmalloc)
		block_of(cache, obj)->in_use--;
}

/* ---- Allocating and freeing ------------------------------------------------------------------ */

/* Add a block of new objects. Returns false when there is no memory. */
static bool grow(struct kmem_cache *cache)
{
	char *block = page_alloc(cache->order);
	size_t n = slab_block_objects(cache);
	unsigned long flags;

	if (!block)
		return false;
	memset(block, 0, slab_block_size(cache));
	for (size_t i = 0; i < n; i++) {
		char *obj = block + cache->first + i * cache->stride;

		if (CONFIG_CHECKED)
			slab_note_new(cache, obj);
		if (cache->ctor)
			cache->ctor(obj);
	}
	page_set_owner(block, cache);
	raw_spin_lock_irqsave(&cache->lock, flags);
	if (!cache->is_kmalloc)
		list_add_tail(&((struct slab_block *)block)->entry, &cache->blocks);
	while (n-- > 0)
		push_locked(cache, block + cache->first + n * cache->stride);
	raw_spin_unlock_irqrestore(&cache->lock, flags);
	return true;
}

void *slab_alloc(struct kmem_cache *cache, size_t size, gfp_t flags, unsigned long where)
{
	unsigned long irqs;
	bool broken = false;
	void *obj;

	if (CONFIG_CHECKED)
		check_may_alloc(flags, where);
	do {
		raw_spin_lock_irqsave(&cache->lock, irqs);
		obj = pop_locked(cache, &broken);
		raw_spin_unlock_irqrestore(&cache->lock, irqs);
	} while (!obj && grow(cache));
	if (!obj)
		return NULL;
	if (CONFIG_CHECKED)
		slab_note_alloc(cache, obj, size, where, broken);
	return flags & __GFP_ZERO ? memset(obj, 0, size) : obj;
}

void slab_free(struct kmem_cache *cache, void *obj, unsigned long where)
{
	const char *fault = NULL;
	const u8 *at = NULL;
	unsigned long irqs;

	if (CONFIG_CHECKED)
		check_may_free(obj, cache->size, where);
	raw_spin_lock_irqsave(&cache->lock, irqs);
	if (CONFIG_CHECKED)
		fault = slab_free_fault(cache, obj, &at);
	if (!fault) {
		if (CONFIG_CHECKED)
			slab_note_free(cache, obj, where);
		give_back_locked(cache, obj);
	}
	raw_spin_unlock_irqrestore(&cache->lock, irqs);
	// Only now, so that a test of this can go on afterwards.
	if (fault)
		slab_free_report(cache, obj, fault, at, where);
}

noinline void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags)
{
	return slab_alloc(cache, cache->size, flags, _RET_IP_);
}

noinline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags)
{
	return slab_alloc(cache, cache->size, flags | __GFP_ZERO, _RET_IP_);
}

noinline void kmem_cache_free(struct kmem_cache *cache, void *obj)
{
	if (obj)
		slab_free(cache, obj, _RET_IP_);
}

size_t kmem_cache_in_use(const struct kmem_cache *cache)
{
	return READ_ONCE(cache->in_use);
}

size_t kmem_cache_size(const struct kmem_cache *cache)
{
	return cache->size;
}

/* ---- Making and unmaking caches -------------------------------------------------------------- */

/* Where everything is in a slot, as drawn above. */
static void lay_out(struct kmem_cache *cache, size_t align)
{
	size_t end = ALIGN_UP(cache->size, sizeof(void *)) + SLAB_ZONE;

	if (CONFIG_CHECKED || cache->keeps) {
		cache->link = end;
		end += sizeof(struct free_object);
	}
	if (CONFIG_CHECKED) {
		cache->note = end;
		end += sizeof(struct slab_note) + SLAB_ZONE;
	}
	cache->stride = ALIGN_UP(max(end, sizeof(struct free_object)), align);
	cache->first =
		ALIGN_UP((cache->is_kmalloc ? 0 : sizeof(struct slab_block)) + SLAB_ZONE, align);
}

bool slab_cache_init(struct kmem_cache *cache, size_t align)
{
	raw_spin_lock_init_unwatched(&cache->lock);
	INIT_LIST_HEAD(&cache->blocks);
	lay_out(cache, align);
	while (cache->order <= PAGE_MAX_ORDER) {
		if (slab_block_size(cache) >= cache->first + cache->stride &&
		    (cache->order >= SLAB_MAX_ORDER || slab_block_objects(cache) >= SLAB_OBJECTS))
			return true;
		cache->order++;
	}
	return false;
}

/* The alignment of objects of @size; a small one does not get a line of its own, but no part of two. */
static size_t alignment(size_t size, size_t align, slab_flags_t flags)
{
	size_t line = CACHE_LINE;

	while (size <= line / 2)
		line /= 2;
	if (flags & SLAB_HWCACHE_ALIGN)
		align = max(align, line);
	return max(align, sizeof(void *));
}

noinline struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
					      slab_flags_t flags, void (*ctor)(void *obj))
{
	struct kmem_cache *cache = kmalloc_at(sizeof(*cache), GFP_ATOMIC | __GFP_ZERO, _RET_IP_);

	ASSERT(name && size && (align & (align - 1)) == 0 && align <= PAGE_SIZE);
	if (cache) {
		cache->name = name;
		cache->size = size;
		cache->ctor = ctor;
		cache->typesafe = flags & SLAB_TYPESAFE_BY_RCU;
		cache->keeps = ctor || cache->typesafe;
		if (slab_cache_init(cache, alignment(size, align, flags)))
			return cache;
	}
	kfree(cache);
	if (flags & SLAB_PANIC)
		panic("no memory for the cache \"%s\" of objects of %zu bytes", name, size);
	return NULL;
}

/* Take the objects of blocks that are not in use from the list, and the blocks into @unused. */
static void take_unused_locked(struct kmem_cache *cache, struct list_head *unused)
{
	struct slab_block *block, *next;
	void *obj = cache->free, *after;

	for (cache->free = NULL; obj; obj = after) {
		after = slab_link(cache, obj)->next;
		if (block_of(cache, obj)->in_use)
			push_locked(cache, obj);
	}
	list_for_each_entry_safe(block, next, &cache->blocks, entry) {
		if (!block->in_use)
			list_move(&block->entry, unused);
	}
}

static void free_block(struct kmem_cache *cache, struct slab_block *block)
{
	char *obj = (char *)block + cache->first;

	page_set_owner(block, NULL); // One that is found faulty is nobody's from here on.
	for (size_t i = 0; CONFIG_CHECKED && i < slab_block_objects(cache); i++)
		slab_verify_free(cache, obj + i * cache->stride);
	page_free(block, cache->order);
}

static void give_back_unused(struct kmem_cache *cache)
{
	struct slab_block *block, *next;
	LIST_HEAD(unused);
	unsigned long flags;

	raw_spin_lock_irqsave(&cache->lock, flags);
	take_unused_locked(cache, &unused);
	raw_spin_unlock_irqrestore(&cache->lock, flags);
	list_for_each_entry_safe(block, next, &unused, entry)
		free_block(cache, block);
}

int kmem_cache_shrink(struct kmem_cache *cache)
{
	if (!cache->typesafe)
		give_back_unused(cache);
	return READ_ONCE(cache->blocks.next) != &cache->blocks;
}

noinline void kmem_cache_destroy(struct kmem_cache *cache)
{
	if (!cache)
		return;
	if (kmem_cache_in_use(cache)) {
		if (CONFIG_CHECKED)
			slab_report_in_use(cache, _RET_IP_);
		else
			warn_report(
				"cache \"%s\" is destroyed at %pB with %zu objects in use: it stays",
				cache->name, (void *)_RET_IP_, kmem_cache_in_use(cache));
		return;
	}
	give_back_unused(cache);
	kfree(cache);
}
