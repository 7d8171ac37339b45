/* lockdep.h: the lock validator: what locks tell it, and what their users may.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. Locks are validated by class: all locks that one line of code initializes, or one static lock, are
 *      taken to be used alike. What is learnt of one holds for all of them.
 *   2. Two locks of one class are taken one inside the other only with a word on their order:
 *      _nested(lock, SINGLE_DEPTH_NESTING) for the second, or _nest_lock(lock, outer) where the lock
 *      @outer makes any order safe, or lockdep_set_class() to make them two classes.
 *   3. A report is of an order, not of a hang: it comes the first time that the order is *possible*.
 *   4. lockdep_assert_held() at the head of a function that counts on its caller's lock: it is the comment
 *      that cannot lie.
 *   5. lockdep_off() is for the validator's own tests. There is no other use for it.
 *   Theory: lockdep.c.
 */
#pragma once

#include "kernel/base/hooks.h"
#include "kernel/base/lockdep_types.h"
#include "kernel/base/preempt.h"

/*
 * debug_locks - 0: no lock is checked. debug_locks_silent - a report prints nothing, and clears debug_locks.
 * force_read_lock_recursive - take readers of a rwlock for ones that pass waiting writers, whatever they are.
 * For self-tests; as in Linux.
 */
extern int debug_locks;
extern int debug_locks_silent;
extern unsigned int force_read_lock_recursive;

#if CONFIG_CHECKED

/* debug_locks_off - turn all checks off for good. Returns what debug_locks was. Any context. */
int debug_locks_off(void);

/*
 * lockdep_init_map - make @map that of a lock @name, of the class of @key and @subclass. A lock that is
 *   held here must not be initialized. Never sleeps. Any context.
 * lockdep_init_map_site - the same for an initializer of a type: @site is both key and place.
 * lockdep_set_map_class - the same for one that is initialized: what kind of thing it is of remains.
 * lockdep_init_lock - the same for @lock, a pointer to a lock of any type. lockdep_init_event - to what is waited for and
 *   completed, and not held.
 */
void lockdep_init_map(struct lockdep_map *map, const char *name, const void *key, int subclass);
void lockdep_init_map_site(struct lockdep_map *map, const char *name, const char *site);
void lockdep_set_map_class(struct lockdep_map *map, const char *name, const void *key,
			   int subclass);
#define lockdep_init_lock(lock, name, site)                                                        \
	(lockdep_init_map_site(&(lock)->dep_map, (name), (site)),                                  \
	 (void)((lock)->dep_map.offset = offsetof(typeof(*(lock)), dep_map)))
#define lockdep_init_event(lock, name, site)                                                       \
	(lockdep_init_lock(lock, name, site), (void)((lock)->dep_map.is_event = true))

/*
 * lock_acquire - this thread is about to wait for the lock of @map, or has just got it by a trylock.
 *   @read is one of LOCKDEP_*; @check 0: it is kept among the held ones and not checked; @nest: a held
 *   lock that makes the order of all of this class irrelevant, or NULL; @where: the code that takes it.
 * lock_release - it is about to release it, in whatever order.
 * Never sleep. Any context; in an NMI they do nothing.
 */
void lock_acquire(struct lockdep_map *map, unsigned int subclass, int trylock, int read, int check,
		  const struct lockdep_map *nest, unsigned long where);
void lock_release(struct lockdep_map *map, unsigned long where);

/* lock_downgrade - the writer that holds @map becomes a reader. As lock_release(). */
void lock_downgrade(struct lockdep_map *map, unsigned long where);

/* lock_set_class - the lock of @map, held here, is of another class from now on; lock_set_subclass - of another subclass.
 * Its order among those held is looked at anew. As lock_release(). */
void lock_set_class(struct lockdep_map *map, const char *name, const void *key,
		    unsigned int subclass, unsigned long where);

#define lock_set_subclass(map, subclass, where)                                                    \
	lock_set_class((map), (map)->name, (map)->key, (subclass), (where))

/* lockdep_no_validate - the key of locks that are noted and not checked. */
extern struct lock_class_key lockdep_no_validate;

/* lock_is_held_type - whether this thread holds @map, with @read as in lock_acquire(), or -1: anyhow. */
bool lock_is_held_type(const struct lockdep_map *map, int read);
bool lock_is_not_held(const struct lockdep_map *map);

/*
 * lockdep_set_selftest_task - @task is a self-test's: what it does wrong with locks is not reported, but clears
 *   debug_locks, as long as debug_locks_silent is set; a lock that it releases though it is free is then taken
 *   and released. And its lockdep_reset() forgets all that is noted of what it holds: it must stay on one CPU. NULL
 *   ends that. One at a time. Thread context.
 */
void lockdep_set_selftest_task(struct task_struct *task);

/*
 * lockdep_completes - what lockdep_waits_for() waits for with @map, an event, has happened, at @where. As lock_acquire().
 * lockdep_waits_for - this code, at @where, waits for the end of a function that has @map while it runs: the order is
 *   that of taking and releasing it. As lock_acquire().
 * lockdep_sleeps_for - the same for who sleeps until then: that a handler does so was told, and nothing is learnt from it.
 */
void lockdep_waits_for(struct lockdep_map *map, unsigned long where);
void lockdep_sleeps_for(struct lockdep_map *map, unsigned long where);
void lockdep_completes(struct lockdep_map *map, unsigned long where);

/* lockdep_may_stop - this thread, whose function is @fn, asks at @where whether it is to end, and is told that it @stops:
 *   lockdep_unit.c. As lock_acquire(). */
void lockdep_may_stop(const void *fn, bool stops, unsigned long where);

/* lockdep_is_poison - whether the lock of @map is in memory that was freed, or that nobody has initialized: all there is of
 * it is one byte, over and over. Any context. */
static inline bool lockdep_is_poison(const struct lockdep_map *map)
{
	return map->subclass >= MAX_LOCKDEP_SUBCLASSES &&
	       (unsigned long)map->name == map->subclass * 0x0101010101010101UL;
}

/* lockdep_off, lockdep_on - this thread's locks are not looked at in between. They nest. Any context. */
void lockdep_off(void);
void lockdep_on(void);

/*
 * lockdep_register_key, lockdep_unregister_key - a key in memory that will be freed: tell before, and after the
 *   last lock of its class is gone. lockdep_free_key_range - forget the classes of all keys in that memory.
 *   lockdep_reset_lock - forget the class of @map. lockdep_reset - forget what this thread holds and every
 *   chain, and set debug_locks. Never sleep. Thread context.
 */
void lockdep_register_key(struct lock_class_key *key);
void lockdep_unregister_key(struct lock_class_key *key);
void lockdep_free_key_range(const void *start, size_t size);
void lockdep_reset_lock(struct lockdep_map *map);
void lockdep_reset(void);

/* lockdep_switch - this CPU goes on with @task. Interrupts off. */
static inline void lockdep_switch(struct lockdep_task *task)
{
	WRITE_ONCE(this_cpu()->lockdep, task);
}

/* lockdep_init - learn of interrupts and softirqs that are turned on. Boot, once. */
void lockdep_init(void);

/* lockdep_assert - report that the lock of @what is not held as it must be at @where. */
void lockdep_assert_failed(const char *what, unsigned long where);

#define lockdep_assert(cond)                                                                       \
	do {                                                                                       \
		if (unlikely(READ_ONCE(debug_locks) && !(cond)))                                   \
			lockdep_assert_failed(#cond, _THIS_IP_);                                   \
	} while (0)

/* lockdep_rewind - of the locks that this thread holds only the first @depth count; and the validator is on for it. For
 * who ends code in its middle, as tests do, or puts right what it has left behind. Interrupts or preemption off. */
void lockdep_rewind(u32 depth);

/* lockdep_depth - how many locks this thread holds. */
static inline u32 lockdep_depth(void)
{
	const struct lockdep_task *task = this_cpu_read(cpu_local.lockdep);

	return task ? READ_ONCE(task->depth) : 0;
}

#else

static inline int debug_locks_off(void)
{
	return 0;
}

#define lockdep_init_map(map, name, key, subclass)                                                 \
	((void)(map), (void)(name), (void)(key), (void)(subclass))
#define lockdep_init_lock(lock, name, site)  ((void)(name), (void)(site))
#define lockdep_init_event(lock, name, site) ((void)(name), (void)(site))
#define lock_acquire(map, subclass, trylock, read, check, nest, where)                             \
	((void)(subclass), (void)(trylock), (void)(read), (void)(nest))
#define lock_release(map, where)                        ((void)0)
#define lock_downgrade(map, where)                      ((void)0)
#define lockdep_waits_for(map, where)                   ((void)0)
#define lockdep_sleeps_for(map, where)                  ((void)0)
#define lockdep_completes(map, where)                   ((void)0)
#define lockdep_may_stop(fn, stops, where)              ((void)0)
#define lock_set_class(map, name, key, subclass, where) ((void)(key), (void)(subclass))
#define lock_set_subclass(map, subclass, where)         ((void)(subclass))
#define lock_is_held_type(map, read)                    true
#define lock_is_not_held(map)                           true
#define lockdep_off()                                   ((void)0)
#define lockdep_on()                                    ((void)0)
#define lockdep_register_key(key)                       ((void)(key))
#define lockdep_unregister_key(key)                     ((void)(key))
#define lockdep_free_key_range(start, size)             ((void)(start), (void)(size))
#define lockdep_reset_lock(map)                         ((void)0)
#define lockdep_reset()                                 ((void)0)
#define lockdep_set_selftest_task(task)                 ((void)(task))
#define lockdep_init()                                  ((void)0)
#define lockdep_assert(cond)                            ((void)sizeof(!(cond)))
#define lockdep_depth()                                 0U
#define lockdep_rewind(depth)                           ((void)(depth))

#endif

#define lockdep_assert_once(cond) lockdep_assert(cond)

/*
 * LOCKDEP_MAP_OF - the map of @lock, a pointer to a lock of any type. LOCK_NAME_OF - its name; fast: NULL.
 * lockdep_set_class, _and_name, _and_subclass - locks of the kind of @lock are a class of their own: that
 *   of @key. lockdep_set_subclass - or one of those of its initializer. After it is initialized, before it
 *   is used. lockdep_set_novalidate_class - it is not checked. lockdep_set_function - it stands for the calls of functions,
 *   whose end is waited for. lockdep_match_class - whether it is of @key.
 * lockdep_is_held - whether this thread holds it. lockdep_assert_held, _not_held - it must, it must not.
 */
#if CONFIG_CHECKED
#define LOCKDEP_MAP_OF(lock) (&(lock)->dep_map)
#define LOCK_NAME_OF(lock)   ((lock)->dep_map.name)
#define lockdep_set_class_and_subclass(lock, key, sub)                                             \
	lockdep_set_map_class(LOCKDEP_MAP_OF(lock), #key, (key), (sub))
#define lockdep_set_class_and_name(lock, key, name)                                                \
	lockdep_set_map_class(LOCKDEP_MAP_OF(lock), (name), (key), 0)
#define lockdep_set_subclass(lock, sub) ((void)((lock)->dep_map.subclass = (sub)))
#define lockdep_set_novalidate_class(lock)                                                         \
	lockdep_set_class_and_name(lock, &lockdep_no_validate, (lock)->dep_map.name)
#define lockdep_set_function(lock)    ((void)((lock)->dep_map.is_function = true))
#define lockdep_match_class(lock, k)  ((lock)->dep_map.key == (const void *)(k))
#define lockdep_is_held(lock)         lock_is_held_type(LOCKDEP_MAP_OF(lock), -1)
#define lockdep_is_held_type(lock, r) lock_is_held_type(LOCKDEP_MAP_OF(lock), (r))
#else
#define LOCKDEP_MAP_OF(lock)                           ((void)(lock), (const struct lockdep_map *)NULL)
#define LOCK_NAME_OF(lock)                             ((void)(lock), (const char *)NULL)
#define lockdep_set_class_and_subclass(lock, key, sub) ((void)(lock), (void)(key), (void)(sub))
#define lockdep_set_class_and_name(lock, key, name)    ((void)(lock), (void)(key), (void)(name))
#define lockdep_set_subclass(lock, sub)                ((void)(lock), (void)(sub))
#define lockdep_set_novalidate_class(lock)             ((void)(lock))
#define lockdep_set_function(lock)                     ((void)(lock))
#define lockdep_match_class(lock, k)                   ((void)(lock), (void)(k), true)
#define lockdep_is_held(lock)                          ((void)(lock), true)
#define lockdep_is_held_type(lock, r)                  ((void)(lock), true)
#endif

#define lockdep_set_class(lock, key)         lockdep_set_class_and_subclass(lock, key, 0)
#define lockdep_assert_held(lock)            lockdep_assert(lockdep_is_held(lock))
#define lockdep_assert_held_once(lock)       lockdep_assert(lockdep_is_held(lock))
#define lockdep_assert_held_write(lock)      lockdep_assert(lockdep_is_held_type(lock, 0))
#define lockdep_assert_held_read(lock)       lockdep_assert(lockdep_is_held_type(lock, 1))
#define lockdep_assert_not_held(lock)        lockdep_assert(lock_is_not_held(LOCKDEP_MAP_OF(lock)))
#define lockdep_assert_irqs_enabled()        lockdep_assert(!irqs_disabled())
#define lockdep_assert_irqs_disabled()       lockdep_assert(irqs_disabled())
#define lockdep_assert_in_irq()              lockdep_assert(in_hardirq())
#define lockdep_assert_preemption_enabled()  lockdep_assert(preemptible())
#define lockdep_assert_preemption_disabled() lockdep_assert(!preemptible())
#define lockdep_assert_none_held_once()      lockdep_assert(!lockdep_depth())

/* might_lock, might_lock_read, might_lock_nested - say what this code may take, though it does not today. */
#define might_lock_as(lock, subclass, read)                                                        \
	do {                                                                                       \
		lock_acquire(LOCKDEP_MAP_OF(lock), (subclass), 0, (read), 1, NULL, _THIS_IP_);     \
		lock_release(LOCKDEP_MAP_OF(lock), _THIS_IP_);                                     \
	} while (0)
#define might_lock(lock)                  might_lock_as(lock, 0, LOCKDEP_EXCLUSIVE)
#define might_lock_read(lock)             might_lock_as(lock, 0, LOCKDEP_READ)
#define might_lock_nested(lock, subclass) might_lock_as(lock, (subclass), LOCKDEP_EXCLUSIVE)

/* A lock by its map alone, for code that waits for something that is no lock and has its order. */
#define lock_map_acquire(map)      lock_acquire(map, 0, 0, LOCKDEP_EXCLUSIVE, 1, NULL, _THIS_IP_)
#define lock_map_acquire_read(map) lock_acquire(map, 0, 0, LOCKDEP_READ_REC, 1, NULL, _THIS_IP_)
#define lock_map_release(map)      lock_release(map, _THIS_IP_)

/* LOCKDEP_FUNCTION_MAP - one, on the stack, for the calls of @fn, which is @what, in words: held by who calls it, waited for
 * by who waits for its end. Its class is that of the function. */
#define LOCKDEP_FUNCTION_MAP(what, fn)                                                             \
	((struct lockdep_map){ .name = (what), .key = (const void *)(fn), .is_function = true })

#define STATIC_LOCKDEP_MAP_INIT(mapname, mapkey)                                                   \
	{                                                                                          \
		.name = (mapname), .key = (mapkey)                                                 \
	}
