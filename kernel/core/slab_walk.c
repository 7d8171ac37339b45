/* slab_walk.c: all the memory that is in use, piece by piece, for reports of what was left behind.
 * SPDX-License-Identifier: MIT
 *
 * Each allocated block of pages says whose it is: a cache's, whose objects have notes; one piece with its note at
 * the end; or the code that asked for plain pages. Nothing is locked: who wants to know what somebody has left
 * behind asks when that one is gone, and others' memory is not looked at closely.
 */
#include "kernel/core/slab_cache.h"

#if CONFIG_CHECKED

struct walk {
	void (*fn)(const struct memory_use *use, void *arg);
	void *arg;
};

static void walk_objects(const struct walk *walk, const struct kmem_cache *cache, char *block)
{
	char *obj = block + cache->first;

	for (size_t i = 0; i < slab_block_objects(cache); i++, obj += cache->stride) {
		const struct slab_note *note = slab_note_of(cache, obj);
		struct memory_use use = { cache->name, note->size, note->allocated_at };

		if (slab_in_use(cache, obj))
			walk->fn(&use, walk->arg);
	}
}

static void walk_large(const struct walk *walk, const void *block, const char *owner)
{
	size_t bytes = PAGE_SIZE << page_order(block);
	const struct slab_note *note = large_note(block, bytes - sizeof(*note));
	struct memory_use use = { "vmalloc", note->size, note->allocated_at };

	if (is_code(owner))
		use = (struct memory_use){ "pages", bytes, (unsigned long)owner };
	else if (owner == &large_owners[LARGE_KMALLOC])
		use.what = "kmalloc";
	walk->fn(&use, walk->arg);
}

void memory_walk(void (*fn)(const struct memory_use *use, void *arg), void *arg)
{
	const struct walk walk = { fn, arg };

	for (char *block = NULL; (block = page_next_used(block));) {
		const struct kmem_cache *cache = slab_owner(block);
		const char *owner = page_owner(block);

		if (cache)
			walk_objects(&walk, cache, block);
		else if (owner)
			walk_large(&walk, block, owner);
	}
}

static void check_objects(const struct kmem_cache *cache, char *block,
			  bool (*is_chosen)(const void *code))
{
	char *obj = block + cache->first;

	for (size_t i = 0; i < slab_block_objects(cache); i++, obj += cache->stride) {
		if (!slab_in_use(cache, obj) &&
		    is_chosen((const void *)slab_note_of(cache, obj)->freed_at))
			slab_verify_free(cache, obj);
	}
}

void memory_check_freed(bool (*is_chosen)(const void *code))
{
	for (char *block = NULL; (block = page_next_used(block));) {
		const struct kmem_cache *cache = slab_owner(block);

		if (cache)
			check_objects(cache, block, is_chosen);
	}
}

#else

void memory_check_freed(bool (*is_chosen)(const void *code))
{
}

void memory_walk(void (*fn)(const struct memory_use *use, void *arg), void *arg)
{
}

#endif
