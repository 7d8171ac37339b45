/* lockdep_class.c: which class a lock is of.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A class is a key and a subclass. The key is an address that stands for the place in the program
 *   which made the lock: what lockdep_set_class() said; else the text of the line that initialized it,
 *   which is a constant and so an address; or, for a static lock that needs no initializer to run, its own
 *   address. So a lock on the stack or in the heap that was initialized by a static initializer is of
 *   the class of that line: Linux has no key for it, and gives up.
 *   Classes are found by hash, without a lock: they are added at the head of a list, whole, and a class
 *   that is forgotten leaves its list under the graph lock; who stands on it meanwhile walks into another
 *   list, finds nothing, and looks again under the lock. A lock remembers its class's number, which is
 *   believed only if that class's key is still the lock's.
 */
#include <arch/barrier.h>

#include "kernel/locking/lockdep_internal.h"
#include "kernel/locking/lockstat.h"

#if CONFIG_CHECKED

#define HASH_SIZE 1024U

struct lock_class lockdep_classes[MAX_LOCKDEP_KEYS];

static u16 hash_heads[HASH_SIZE]; /* [g] written under the graph lock; 0 ends a list */
static u16 free_list;             /* [g] forgotten ones, by next_hash */
static u16 n_used = 1;            /* [g] from here on never used; 0 is no class */

/* From the linker script: all static data but the per-CPU, which has no address of its own. */
extern char data_start[], boot_cpu_area[];

const void *lockdep_map_key(const struct lockdep_map *map)
{
	if (map->key)
		return map->key;
	if ((unsigned long)map - (unsigned long)data_start <
	    (unsigned long)boot_cpu_area - (unsigned long)data_start)
		return map;
	return map->site ?: map->name;
}

static u16 *hash_head(const void *key, unsigned int subclass)
{
	u64 hash = ((unsigned long)key + subclass) * 0x9e3779b97f4a7c15ULL;

	return &hash_heads[hash >> 32 & (HASH_SIZE - 1)];
}

static bool is_class(u16 number, const void *key, unsigned int subclass)
{
	const struct lock_class *class = &lockdep_classes[number];

	return READ_ONCE(class->key) == key && class->subclass == subclass;
}

static u16 find(const void *key, unsigned int subclass)
{
	u16 number = smp_load_acquire(hash_head(key, subclass)); // [C] pairs with [D] in add()

	for (u32 steps = 0; number && steps < MAX_LOCKDEP_KEYS; steps++) {
		if (is_class(number, key, subclass))
			return number;
		number = READ_ONCE(lockdep_classes[number].next_hash);
	}
	return 0;
}

/* Caller holds the graph lock. Returns 0 when there is no room. */
static u16 add(const struct lockdep_map *map, const void *key, unsigned int subclass)
{
	u16 *head = hash_head(key, subclass);
	struct lock_class *class;
	u16 number = free_list;

	if (number)
		free_list = lockdep_classes[number].next_hash;
	else if (n_used < MAX_LOCKDEP_KEYS)
		number = n_used++;
	else
		return 0;
	class = &lockdep_classes[number];
	*class = (struct lock_class){
		.name = map->name,
		.site = map->site,
		.subclass = (u16)subclass,
		.is_event = map->is_event,
		.is_local = map->is_local,
		.is_function = map->is_function,
		.next_hash = *head,
	};
	WRITE_ONCE(class->key, key);
	smp_store_release(head, number); // [D] pairs with [C] in find()
	return number;
}

static u16 find_or_add(const struct lockdep_map *map, const void *key, unsigned int subclass)
{
	static bool told;
	u16 number;

	lockdep_graph_lock();
	number = find(key, subclass) ?: add(map, key, subclass);
	lockdep_graph_unlock();
	if (!number && !xchg(&told, true))
		lockdep_complain(&(struct lockdep_report){
			.problem = LOCKDEP_FULL,
			.what = "MAX_LOCKDEP_KEYS too low: locks of further classes are not checked" });
	return number;
}

/* Whether what can only be 0 or 1 is, and the subclass is one: of garbage that is hardly so. */
static bool is_sound(const struct lockdep_map *map)
{
	static_assert(offsetof(struct lockdep_map, subclass) % sizeof(u32) == 0 &&
		      offsetof(struct lockdep_map, is_function) -
				      offsetof(struct lockdep_map, subclass) ==
			      3);
	return !(*(const u32 *)&map->subclass & ~(0x01010100U | (MAX_LOCKDEP_SUBCLASSES - 1)));
}

/* Memory that holds one byte all over is no lock: it is what an allocator writes to find such uses. */
static __cold void bad_map(const struct lockdep_map *map, unsigned int subclass)
{
	if (lockdep_is_poison(map))
		panic("the lock with the lockdep_map %p is all %#x: it is in memory that nobody has "
		      "initialized (0xa5), or that was freed (0x6b); call spin_lock_init(), "
		      "mutex_init() or the like first",
		      map, subclass);
	if (!is_sound(map))
		panic("the lock with the lockdep_map %p is none: it was never initialized, or its memory is "
		      "something else's by now, as that of a local variable whose function has returned",
		      map);
	panic("subclass %u of lock \"%s\" (%p): there are %u, from 0 on", subclass, map->name, map,
	      MAX_LOCKDEP_SUBCLASSES);
}

u16 lockdep_class_of(struct lockdep_map *map, unsigned int subclass)
{
	const void *key = lockdep_map_key(map);
	u16 number = 0;

	if (unlikely(subclass >= MAX_LOCKDEP_SUBCLASSES || !is_sound(map)))
		bad_map(map, subclass);
	if (subclass < LOCKDEP_CACHED_CLASSES) {
		number = READ_ONCE(map->classes[subclass]);
		if (likely(number && is_class(number, key, subclass)))
			return number;
	}
	number = find(key, subclass) ?: find_or_add(map, key, subclass);
	if (subclass < LOCKDEP_CACHED_CLASSES)
		WRITE_ONCE(map->classes[subclass], number);
	return number;
}

/* Caller holds the graph lock. */
static void forget(u16 number, u16 *head)
{
	u16 *link = head;

	while (*link != number)
		link = &lockdep_classes[*link].next_hash;
	WRITE_ONCE(*link, lockdep_classes[number].next_hash);
	lockdep_remove_edges(number);
	lockstat_forget(number);
	WRITE_ONCE(lockdep_classes[number].key, NULL);
	lockdep_classes[number].next_hash = free_list;
	free_list = number;
}

void lockdep_forget_range(const void *start, size_t size)
{
	for (u16 number = 1; number < n_used; number++) {
		struct lock_class *class = &lockdep_classes[number];

		if (class->key && (unsigned long)class->key - (unsigned long)start < size)
			lockdep_forget_key(class->key);
	}
}

void lockdep_forget_key(const void *key)
{
	bool any = false;

	for (unsigned int subclass = 0; subclass < MAX_LOCKDEP_SUBCLASSES; subclass++) {
		u16 number = find(key, subclass);

		if (!number)
			continue;
		forget(number, hash_head(key, subclass));
		any = true;
	}
	// Their numbers will be another class's: no chain that names them may be believed.
	if (any)
		lockdep_chains_forget();
}

#endif
