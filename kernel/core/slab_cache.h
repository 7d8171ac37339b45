/* slab_cache.h: what the files of the allocator share: a cache, its objects, their notes.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/slab.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "lib/list.h"

/* The link of a free object; where it is, slab.c says. */
struct free_object {
	void *next;          /* the next free object */
	unsigned long check; /* see check_of(); of an object in use: 0 */
};

/* Checked: how an object was used last. Behind it, or at the end of a block of pages. */
struct slab_note {
	size_t size; /* as asked for */
	unsigned long allocated_at;
	unsigned long freed_at; /* 0: never */
};

/* At the beginning of a block of a cache that can shrink. [q] under the cache's lock. */
struct slab_block {
	struct list_head entry; /* [q] in the cache's blocks */
	size_t in_use;          /* [q] objects of it */
};

/* [q] under lock  [I] set when the cache is made */
struct kmem_cache {
	raw_spinlock_t lock;
	void *free;              /* [q] the first free object */
	size_t in_use;           /* [q] objects */
	struct list_head blocks; /* [q] struct slab_block; not of kmalloc's caches */
	const char *name;        /* [I] */
	void (*ctor)(void *obj); /* [I] or NULL */
	size_t size;             /* [I] of an object, as asked for */
	size_t first;            /* [I] where in a block the first object begins */
	size_t stride;           /* [I] from one object to the next */
	size_t link;             /* [I] from an object to its struct free_object, while free */
	size_t note;             /* [I] checked: from an object to its struct slab_note */
	unsigned int order;      /* [I] of a block */
	bool keeps;              /* [I] a free object stays as its user left it */
	bool typesafe;           /* [I] SLAB_TYPESAFE_BY_RCU */
	bool is_kmalloc;         /* [I] lives for ever, and its blocks with it */
};

/* Checked: so many bytes before and behind an object are watched. */
#define SLAB_ZONE (CONFIG_CHECKED ? 16UL : 0UL)

static inline struct free_object *slab_link(const struct kmem_cache *cache, void *obj)
{
	return (struct free_object *)((char *)obj + cache->link);
}

static inline size_t slab_block_size(const struct kmem_cache *cache)
{
	return PAGE_SIZE << cache->order;
}

static inline size_t slab_block_objects(const struct kmem_cache *cache)
{
	return (slab_block_size(cache) - cache->first) / cache->stride;
}

static inline struct slab_note *slab_note_of(const struct kmem_cache *cache, const void *obj)
{
	return (struct slab_note *)((char *)obj + cache->note);
}

/* A word that says whether a free object's link is whole, and whether an object is free. */
static inline unsigned long slab_check_of(const struct free_object *link)
{
	return (unsigned long)link->next ^ (unsigned long)link ^ 0x510b0b1ec75f4eedUL;
}

/*
 * slab_cache_init - lay out a cache; returns whether an object fits into a block.
 * slab_alloc, slab_free - with the size asked for, and the address that asks.
 * Never sleep. Any context but NMI.
 */
bool slab_cache_init(struct kmem_cache *cache, size_t align);
void *slab_alloc(struct kmem_cache *cache, size_t size, gfp_t flags, unsigned long where);
void slab_free(struct kmem_cache *cache, void *obj, unsigned long where);

/* Whose a block of whole pages is: the address of its entry is the owner of the pages. */
enum large_kind { LARGE_KMALLOC, LARGE_VMALLOC, LARGE_KINDS };
extern char large_owners[LARGE_KINDS];

/* The owner of what __get_free_pages() gives is the code that asked for it: there is no room for a note. */
extern char text_start[], text_end[];
static inline bool is_code(const char *owner)
{
	return owner >= text_start && owner < text_end;
}

/* The cache that the object at @address is of, or NULL: it is none, as far as its page says. */
static inline struct kmem_cache *slab_owner(const void *address)
{
	char *owner = page_owner(address);

	if ((owner >= large_owners && owner < large_owners + LARGE_KINDS) || is_code(owner))
		return NULL;
	return (void *)owner;
}

/*
 * large_alloc - @size bytes in a block of pages, or NULL. large_free - @how is the function, for a report.
 * large_size - bytes that may be used. large_resize - whether @size bytes fit in place: then they may.
 * large_count - so many more blocks are in use, for kmalloc_in_use().
 * Never sleep. Any context but NMI.
 */
void *large_alloc(size_t size, gfp_t flags, enum large_kind kind, unsigned long where);
void large_free(const void *obj, enum large_kind kind, const char *how, unsigned long where);
size_t large_size(const void *obj);
bool large_resize(void *obj, size_t size);
void large_count(int blocks);

/* kmalloc() and kfree() for who knows the address that asks. */
void *kmalloc_at(size_t size, gfp_t flags, unsigned long where);
void kfree_at(const void *obj, const char *how, unsigned long where);

/* ---- slab_check.c, the checked profile. It reports what, where, and whose object. ------------- */

/* An object that is new to its cache, under no lock; and one that is free from now on. */
void slab_note_new(const struct kmem_cache *cache, void *obj);
void slab_note_free(const struct kmem_cache *cache, void *obj, unsigned long where);

/* An object just taken from the list: report if it was used while free (@broken: and its link, a panic); note who has
 * it now. */
void slab_note_alloc(const struct kmem_cache *cache, void *obj, size_t size, unsigned long where,
		     bool broken);
void slab_note_resize(const struct kmem_cache *cache, void *obj, size_t size);

/* Report if the free object @obj, which nobody else can get, was used while free. */
void slab_verify_free(const struct kmem_cache *cache, void *obj);

/* What is wrong with freeing @obj, or NULL; *@at: the byte that shows it. Caller holds cache->lock. */
const char *slab_free_fault(const struct kmem_cache *cache, void *obj, const u8 **at);
void slab_free_report(const struct kmem_cache *cache, void *obj, const char *fault, const u8 *at,
		      unsigned long where);

/* Report the first object of the cache that is in use. */
void slab_report_in_use(struct kmem_cache *cache, unsigned long where);

/* Whether the object at @obj, in a block of the cache, is in use. Old at once. */
static inline bool slab_in_use(const struct kmem_cache *cache, const void *obj)
{
	const struct free_object *link = slab_link(cache, (void *)obj);

	return link->check != slab_check_of(link);
}

/* The same for a block of pages with @room bytes before its note. */
struct slab_note *large_note(const void *obj, size_t room);
void large_note_alloc(void *obj, size_t room, size_t size, unsigned long where);
void large_verify(const void *obj, size_t room, unsigned long where);

/* Report if @flags say that the caller may sleep, and it may not: once slab_boot_done() was called. */
void check_may_alloc(gfp_t flags, unsigned long where);

/* Report if a lock is held, or a timer pending, that lies in [@obj, @obj + @size), which is about to be freed. The timer
 * is cancelled. */
void check_may_free(const void *obj, size_t size, unsigned long where);
