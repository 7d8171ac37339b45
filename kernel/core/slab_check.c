/* slab_check.c: what the checked profile sees of who uses memory wrongly.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Every object has a note: how large it was wanted, who allocated it, who freed it last. Bytes that
 *   nobody may write to have a value that is looked at again later:
 *
 *      in use     | zone | what was asked for        | zone ...           |   looked at when it is freed
 *      free       | zone | poison                    | poison | zone      |   when it is allocated again
 *
 *      write beyond the end or before the beginning   found when the object is freed
 *      write to a free object                         when it is allocated again, or its block goes
 *      read of a free object                          gets poison: no pointer in it can be followed
 *      double free, free of an address inside         at once
 *      free into another cache, kfree of pages        at once
 *      free of memory in which a lock is held         at once, names lock and holder
 *      free of memory in which a timer is pending     at once, names its function
 *      destroying a cache with objects in use         at once
 *      GFP_KERNEL where nobody may sleep              at once
 *
 *   A free object of a cache with a constructor, or a typesafe one, keeps what its user left: there only
 *   the zones are looked at. Whole pages have a zone behind and none before (there are others' pages),
 *   and of a free page page.c watches the first bytes.
 *   It does not: see a write that jumps over the zones, or one into a free object before it is free.
 */
#include "kernel/base/held.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab_cache.h"
#include "kernel/core/timer_list.h"
#include "lib/format.h"
#include "lib/string.h"

static bool boot_done; /* [a] */

void slab_boot_done(void)
{
	WRITE_ONCE(boot_done, true);
}

#if CONFIG_CHECKED

#define ZONE 0xbb

#define DESCRIPTION 256

/* The first byte that was written to outside the first @size bytes of the object, or NULL. */
static const u8 *zone_fault(const struct kmem_cache *cache, const void *obj, size_t size)
{
	const u8 *bytes = obj;
	const u8 *at = memchr_inv(bytes - SLAB_ZONE, ZONE, SLAB_ZONE);

	return at ? at : memchr_inv(bytes + size, ZONE, cache->link - size);
}

/* The object in whose slot @address lies, or NULL. */
static void *object_around(const struct kmem_cache *cache, const void *address)
{
	size_t offset = (unsigned long)address & (slab_block_size(cache) - 1);
	size_t n = (offset - cache->first) / cache->stride;

	if (offset < cache->first || n >= slab_block_objects(cache))
		return NULL;
	return (char *)address - (offset - cache->first) % cache->stride;
}

/* Who had the memory at @address, for a report. */
static void describe(char *text, const struct kmem_cache *cache, const void *address)
{
	const void *obj = cache ? object_around(cache, address) : NULL;
	const struct slab_note *note;
	int n;

	text[0] = '\0';
	if (!obj)
		return;
	note = slab_note_of(cache, obj);
	n = scnprintf(text, DESCRIPTION, "; object %px of %zu bytes, ", obj, note->size);
	if (note->allocated_at)
		n += scnprintf(text + n, DESCRIPTION - (size_t)n, "allocated at %pB",
			       (void *)note->allocated_at);
	if (note->freed_at)
		scnprintf(text + n, DESCRIPTION - (size_t)n, "%sfreed at %pB",
			  note->allocated_at ? ", " : "", (void *)note->freed_at);
}

void slab_note_new(const struct kmem_cache *cache, void *obj)
{
	u8 *bytes = obj;

	if (!cache->keeps)
		memset(bytes, SLAB_POISON_FREE, cache->size);
	memset(bytes - SLAB_ZONE, ZONE, SLAB_ZONE);
	memset(bytes + cache->size, ZONE, cache->link - cache->size);
	*slab_note_of(cache, obj) = (struct slab_note){ .size = cache->size };
}

void slab_note_free(const struct kmem_cache *cache, void *obj, unsigned long where)
{
	if (!cache->keeps)
		memset(obj, SLAB_POISON_FREE, cache->size);
	slab_note_of(cache, obj)->freed_at = where;
}

/* The first byte of a free object that was written to, or NULL. */
static const u8 *free_object_fault(const struct kmem_cache *cache, const void *obj)
{
	const u8 *at = zone_fault(cache, obj, cache->size);

	if (!at && !cache->keeps)
		at = memchr_inv(obj, SLAB_POISON_FREE, cache->size);
	return at;
}

/* @value is what was at @at; @text describes the object. Without its link what is free after it is lost: a panic. */
static void report_use_after_free(const struct kmem_cache *cache, const void *obj, const u8 *at,
				  u8 value, const char *text)
{
	if (!at)
		panic("%s: written to while it was free: its link in the list%s", cache->name,
		      text);
	misuse(NULL, "%s: written to while it was free: byte %ld is %#x%s", cache->name,
	       (long)(at - (const u8 *)obj), value, text);
}

void slab_verify_free(const struct kmem_cache *cache, void *obj)
{
	const u8 *at = free_object_fault(cache, obj);
	char text[DESCRIPTION];

	if (!at)
		return;
	describe(text, cache, obj);
	report_use_after_free(cache, obj, at, *at, text);
}

void slab_note_resize(const struct kmem_cache *cache, void *obj, size_t size)
{
	struct slab_note *note = slab_note_of(cache, obj);
	u8 *bytes = obj;

	memset(bytes + size, ZONE, cache->link - size);
	if (size > note->size)
		memset(bytes + note->size, SLAB_POISON_FRESH, size - note->size);
	note->size = size;
}

/* The object is its new user's before a fault is reported, so that a test of this can free it. */
void slab_note_alloc(const struct kmem_cache *cache, void *obj, size_t size, unsigned long where,
		     bool broken)
{
	struct slab_note *note = slab_note_of(cache, obj);
	const u8 *at = broken ? NULL : free_object_fault(cache, obj);
	u8 value = at ? *at : 0;
	char text[DESCRIPTION];

	if (broken || at)
		describe(text, cache, obj);
	slab_link(cache, obj)->check = 0;
	if (!cache->keeps)
		memset(obj, SLAB_POISON_FRESH, size);
	note->allocated_at = where;
	note->size = size;
	memset((u8 *)obj - SLAB_ZONE, ZONE, SLAB_ZONE);
	memset((u8 *)obj + size, ZONE, cache->link - size);
	if (broken || at)
		report_use_after_free(cache, obj, at, value, text);
}

const char *slab_free_fault(const struct kmem_cache *cache, void *obj, const u8 **at)
{
	if (slab_owner(obj) != cache)
		return "it is not of this cache";
	if (object_around(cache, obj) != obj)
		return "no object begins there";
	if (!slab_in_use(cache, obj))
		return "it is free already";
	*at = zone_fault(cache, obj, slab_note_of(cache, obj)->size);
	if (!*at)
		return NULL;
	return *at < (u8 *)obj ? "somebody wrote before its beginning" :
				 "somebody wrote beyond its end";
}

void slab_free_report(const struct kmem_cache *cache, void *obj, const char *fault, const u8 *at,
		      unsigned long where)
{
	const struct kmem_cache *owner = slab_owner(obj);
	char text[DESCRIPTION], byte[40] = "", other[64] = "";

	describe(text, owner, obj);
	if (at)
		snprintf(byte, sizeof(byte), ": byte %ld is %#x", (long)(at - (u8 *)obj), *at);
	if (owner && owner != cache)
		snprintf(other, sizeof(other), ", but of \"%s\"", owner->name);
	misuse(NULL, "%s: free of %px at %pB: %s%s%s%s", cache->name, obj, (void *)where, fault,
	       byte, other, text);
}

/* Found by walking the blocks, without the lock: who destroys a cache is its last user. */
void slab_report_in_use(struct kmem_cache *cache, unsigned long where)
{
	struct slab_block *block;
	char text[DESCRIPTION];

	list_for_each_entry(block, &cache->blocks, entry) {
		char *obj = (char *)block + cache->first;

		for (size_t i = 0; i < slab_block_objects(cache); i++, obj += cache->stride) {
			if (!slab_in_use(cache, obj))
				continue;
			describe(text, cache, obj);
			misuse(NULL, "cache \"%s\" is destroyed at %pB with %zu objects in use%s",
			       cache->name, (void *)where, kmem_cache_in_use(cache), text);
			return;
		}
	}
}

/* ---- Whole pages ------------------------------------------------------------------------------ */

struct slab_note *large_note(const void *obj, size_t room)
{
	return (struct slab_note *)((char *)obj + room);
}

void large_note_alloc(void *obj, size_t room, size_t size, unsigned long where)
{
	*large_note(obj, room) = (struct slab_note){ .size = size, .allocated_at = where };
	memset((u8 *)obj + size, ZONE, room - size);
}

void large_verify(const void *obj, size_t room, unsigned long where)
{
	const struct slab_note *note = large_note(obj, room);
	const u8 *at;

	if (note->size > room)
		panic("free of %px at %pB: somebody wrote beyond the end of its pages", obj,
		      (void *)where);
	at = memchr_inv((const u8 *)obj + note->size, ZONE, room - note->size);
	if (at)
		misuse(NULL,
		       "free of %px of %zu bytes at %pB: somebody wrote beyond its end: byte %ld is %#x; "
		       "allocated at %pB",
		       obj, note->size, (void *)where, (long)(at - (const u8 *)obj), *at,
		       (void *)note->allocated_at);
}

/* ---- Locks in memory that goes ----------------------------------------------------------------- */

void check_may_alloc(gfp_t flags, unsigned long where)
{
	if (likely(!gfpflags_allow_blocking(flags) || preemptible()) || !READ_ONCE(boot_done))
		return;
	misuse(NULL,
	       "memory is allocated with GFP_KERNEL, which may sleep, at %pS with preempt count %#x and "
	       "interrupts %s (%s): GFP_ATOMIC is for there",
	       (void *)where, preempt_count(), irqs_disabled() ? "off" : "on", preempt_context());
}

static void check_no_lock_held(const void *obj, size_t size, unsigned long where)
{
	struct held_lock held;
	char holder[96];

	if (likely(!held_lock_in(obj, size, &held)))
		return;
	if (held.task)
		panic_describe_task(held.task, holder, sizeof(holder));
	else
		snprintf(holder, sizeof(holder), "cpu%u", held.cpu);
	misuse(held.task,
	       "memory %px is freed at %pB while the lock \"%s\" (%p) in it is held by %s, which took it at "
	       "%pS",
	       obj, (void *)where, held.name ?: "raw spinlock", held.lock, holder,
	       (void *)held.where);
}

struct within {
	const void *begin, *end;
	const struct timer_list *timer; /* one that is pending there, or NULL */
};

static void look_within(const struct timer_list *timer, void *arg)
{
	struct within *within = arg;

	if ((const void *)timer >= within->begin && (const void *)timer < within->end)
		within->timer = timer;
}

/* It is taken out of the list of timers, which would lead through memory that is free. */
static void check_no_timer_pending(const void *obj, size_t size, unsigned long where)
{
	struct within within = { .begin = obj, .end = (const char *)obj + size };
	bool of_work;

	for (;;) {
		within.timer = NULL;
		timer_list_walk(look_within, &within);
		if (likely(!within.timer))
			return;
		of_work = within.timer->flags & TIMER_IRQSAFE;
		misuse(NULL,
		       "memory %px is freed at %pB while a %s in it (%p) is pending, which would call %pS: "
		       "%s comes first",
		       obj, (void *)where, of_work ? "delayed work" : "timer", within.timer,
		       within.timer->function,
		       of_work ? "cancel_delayed_work_sync()" : "timer_delete_sync()");
		timer_delete((struct timer_list *)within.timer);
	}
}

void check_may_free(const void *obj, size_t size, unsigned long where)
{
	check_no_lock_held(obj, size, where);
	check_no_timer_pending(obj, size, where);
}

#endif
