/* slab.h: memory by the object: kmalloc and caches of equal objects.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. What is allocated is freed once, by the function that belongs to it: kfree() for kmalloc() and
 *      its kin, kmem_cache_free() for a cache's objects, vfree() for vmalloc(), kvfree() for either.
 *   2. Nothing is read or written after it is freed, or beyond the size that was asked for.
 *   3. An object that is freed holds no lock, and nobody waits for one in it; no timer in it is pending.
 *   4. It may be NULL: there was no memory.
 *   5. GFP_KERNEL is for who may sleep. Nothing here ever does, but Linux waits until there is memory.
 *      In handlers, with a spinlock held, and so on: GFP_ATOMIC.
 *   The checked profile finds who breaks 1 to 3, and 5, says where the object was allocated and freed, and
 *   goes on, with what was wrong not done. What it sees, and when, is in slab_check.c.
 */
#pragma once

#include "kernel/base/hooks.h"
#include "kernel/core/page.h"
#include "lib/types.h"

typedef unsigned int gfp_t;
#define GFP_ATOMIC           1u
#define GFP_NOWAIT           1u
#define __GFP_ZERO           2u
#define __GFP_DIRECT_RECLAIM 4u /* Linux: frees memory of others, and sleeps for that */
#define GFP_KERNEL           __GFP_DIRECT_RECLAIM

/* gfpflags_allow_blocking - whether who allocates so may sleep. */
static inline bool gfpflags_allow_blocking(gfp_t flags)
{
	return flags & __GFP_DIRECT_RECLAIM;
}

/* might_alloc - who calls this may allocate with @flags: checked as might_sleep() is. */
#define might_alloc(flags)                                                                         \
	do {                                                                                       \
		if (gfpflags_allow_blocking(flags))                                                \
			might_sleep();                                                             \
	} while (0)

/* Accepted, and without meaning here: there are no other zones, and no reclaim to restrict. */
#define GFP_USER            GFP_KERNEL
#define GFP_NOIO            GFP_KERNEL
#define GFP_NOFS            GFP_KERNEL
#define GFP_DMA             0u
#define __GFP_NOWARN        0u
#define __GFP_NORETRY       0u
#define __GFP_RETRY_MAYFAIL 0u
#define __GFP_ACCOUNT       0u
#define GFP_KERNEL_ACCOUNT  GFP_KERNEL

/* The largest block. In the checked profile each carries a note at its end. */
#define KMALLOC_MAX      ((PAGE_SIZE << PAGE_MAX_ORDER) - (CONFIG_CHECKED ? 64 : 0))
#define KMALLOC_MAX_SIZE KMALLOC_MAX

/* What an allocation of 0 bytes gives: not NULL, may be freed, and faults when it is used. */
#define ZERO_SIZE_PTR       ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)

typedef unsigned int slab_flags_t;
#define SLAB_HWCACHE_ALIGN                                                                         \
	1u /* no two objects in one line of the CPU's cache, if that is not wasteful */
#define SLAB_PANIC           2u /* panic when the cache cannot be made */
#define SLAB_TYPESAFE_BY_RCU 4u /* type-stable, see kmem_cache_create() */

/* Accepted, and without meaning here; the checks of the first three are the checked profile's. */
#define SLAB_POISON             0u
#define SLAB_RED_ZONE           0u
#define SLAB_STORE_USER         0u
#define SLAB_CONSISTENCY_CHECKS 0u
#define SLAB_ACCOUNT            0u
#define SLAB_RECLAIM_ACCOUNT    0u

struct kmem_cache;

/*
 * kmem_cache_create - a cache of objects of @size bytes, aligned to @align (0: natural), a power of
 * two. @ctor, if there is one, is called once for each object, when its memory is first given to the
 * cache, and not at each allocation: users free an object in the state that it made.
 * SLAB_TYPESAFE_BY_RCU: the object that is freed may be used for another of this cache at once, but for
 * nothing else while the cache lives: whoever reads it late reads an object of the same type. (Linux
 * gives the memory back a grace period later; here never, until the cache is destroyed.) An object's
 * memory begins as zeros, or as @ctor leaves it, and a freed one stays as it is.
 * Never sleeps, unlike Linux's. Any context but NMI. Returns NULL when there is no memory, or an object is
 * too large. @name is kept, not copied.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     slab_flags_t flags, void (*ctor)(void *obj));
#define KMEM_CACHE(type, flags)                                                                    \
	kmem_cache_create(#type, sizeof(struct type), __alignof__(struct type), flags, NULL)

/*
 * kmem_cache_destroy - give all its memory back; NULL is nothing to do. All objects must be free: if
 * not it says whose (checked), leaves them and warns. Of a SLAB_TYPESAFE_BY_RCU cache nobody may be
 * reading objects late any more: the caller waits for a grace period first.
 * kmem_cache_shrink - give back the blocks that have no object in use; returns 0 if there are no others.
 * Of a SLAB_TYPESAFE_BY_RCU cache, none.
 * Never sleep. Any context but NMI.
 */
void kmem_cache_destroy(struct kmem_cache *cache);
int kmem_cache_shrink(struct kmem_cache *cache);

/*
 * kmem_cache_alloc - an object, not cleared; NULL: no memory. kmem_cache_zalloc - cleared.
 * kmem_cache_free - give it back; @obj NULL is nothing to do.
 * Never sleep. Any context but NMI; rule 5.
 */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags);
void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags);
void kmem_cache_free(struct kmem_cache *cache, void *obj);
size_t kmem_cache_in_use(const struct kmem_cache *cache);
size_t kmem_cache_size(const struct kmem_cache *cache);

/*
 * kmalloc, kzalloc - @size bytes aligned to at least 16 (a power of two: to its size), or NULL; kzalloc
 * cleared. kmalloc_array, kcalloc - @n times @size, NULL when that overflows.
 * kfree - give them back; NULL is nothing to do. kfree_sensitive - the same, after clearing them.
 * Never sleep. Any context but NMI; rule 5.
 */
void *kmalloc(size_t size, gfp_t flags);
void *kzalloc(size_t size, gfp_t flags);
void *kmalloc_array(size_t n, size_t size, gfp_t flags);
void *kcalloc(size_t n, size_t size, gfp_t flags);
void kfree(const void *obj);
void kfree_sensitive(const void *obj);

/*
 * krealloc - make @obj @size bytes large, in place or by moving what is in it; NULL: no memory, and @obj
 * is as before. @obj NULL: kmalloc(). @size 0: kfree(). New bytes are not cleared.
 * krealloc_array - the same for @n times @size; NULL when that overflows.
 * ksize - bytes of @obj that may be used: at least as many as were asked for, checked exactly as many.
 * Never sleep. Any context but NMI; rule 5.
 */
void *krealloc(const void *obj, size_t size, gfp_t flags);
void *krealloc_array(void *obj, size_t n, size_t size, gfp_t flags);
size_t ksize(const void *obj);

/* kmalloc_in_use - objects and blocks allocated and not yet freed, for leak tests. */
size_t kmalloc_in_use(void);

/* What the checked profile fills memory with. */
#define SLAB_POISON_FREE  0x6b /* a free object */
#define SLAB_POISON_FRESH 0xa5 /* one that nobody has written to yet */

/* A piece of memory that is in use. */
struct memory_use {
	const char *what;    /* the cache's name; "kmalloc", "vmalloc", "pages" of whole pages */
	size_t size;         /* as asked for */
	unsigned long where; /* the code that asked for it */
};

/*
 * memory_walk - call @fn for each piece that is in use: checked; in other profiles there are no notes, and it
 * calls nobody. Never sleeps, nor may @fn. Thread context. What comes and goes meanwhile may be missed.
 */
void memory_walk(void (*fn)(const struct memory_use *use, void *arg), void *arg);

/* slab_is_poison - whether @address is what is read as a pointer in memory that was freed, or never written to; or a little
 * behind: that of a member. Never sleeps. Any context. */
static inline bool slab_is_poison(unsigned long address)
{
	const unsigned long each_byte = 0x0101010101010101;

	return address - SLAB_POISON_FREE * each_byte < 4096 ||
	       address - SLAB_POISON_FRESH * each_byte < 4096;
}

/*
 * memory_check_freed - report what was written to since code that @is_chosen() takes has freed it: checked; it is not waited for
 * until somebody allocates it. Once. As memory_walk().
 */
void memory_check_freed(bool (*is_chosen)(const void *code));

/* slab_init - boot CPU, after page_init(). slab_boot_done - the first thread: rule 5 is checked from here on. */
void slab_init(void);
void slab_boot_done(void);
