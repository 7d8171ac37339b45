/* spinlock.c: the checks of spinlock_t.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/spinlock.h"

#include "lib/format.h"

#if CONFIG_CHECKED

void spin_lock_init_named(spinlock_t *lock, const char *name, const char *site)
{
	spin_word_init(&lock->word);
	lock->owner = SPINLOCK_NO_OWNER;
	lock->where = 0;
	lockdep_init_lock(lock, name, site);
}

/* Two who are the first at the same time may both initialize it; what comes of that is reported as well. */
void spin_check_init(spinlock_t *lock, unsigned long where)
{
	if (likely(lock->dep_map.name))
		return;
	misuse(NULL, "spinlock %p is taken at %pS and was never initialized: call spin_lock_init()",
	       lock, (void *)where);
	spin_lock_init_named(lock, "never initialized", LOCK_SITE("never initialized"));
}

void spin_check_take(spinlock_t *lock, unsigned int subclass, const struct lockdep_map *nest,
		     unsigned long where)
{
	spin_check_init(lock, where);
	// Only this CPU can have stored its own number, so this is exact whatever others do.
	if (unlikely(READ_ONCE(lock->owner) == raw_smp_processor_id()))
		panic("spinlock \"%s\" (%p) is taken at %pS by the CPU that holds it since %pS",
		      lock->dep_map.name, lock, (void *)where, (void *)lock->where);
	lock_acquire(&lock->dep_map, subclass, 0, LOCKDEP_EXCLUSIVE, 1, nest, where);
}

static void note_owner(spinlock_t *lock, unsigned long where)
{
	// A word does not let this happen; with UP=1 there is none, and a trylock comes here.
	if (unlikely(READ_ONCE(lock->owner) == raw_smp_processor_id()))
		panic("spinlock \"%s\" (%p) is taken at %pS by the CPU that holds it since %pS",
		      lock->dep_map.name, lock, (void *)where, (void *)lock->where);
	WRITE_ONCE(lock->owner, raw_smp_processor_id());
	lock->where = where;
	hook_spin_acquired(lock, lock->dep_map.name, where);
}

void spin_note_taken(spinlock_t *lock, unsigned long where)
{
	note_owner(lock, where);
	lock_acquired(&lock->dep_map, where);
}

void spin_note_tried(spinlock_t *lock, unsigned long where)
{
	note_owner(lock, where);
	lock_acquire(&lock->dep_map, 0, 1, LOCKDEP_EXCLUSIVE, 1, NULL, where);
	lock_acquired(&lock->dep_map, where);
}

static __cold void release_of_foreign(const spinlock_t *lock, unsigned long where)
{
	u32 owner = READ_ONCE(lock->owner);
	bool held = lock->dep_map.name && owner < nr_cpus;
	const struct cpu *cpu = held ? cpu_by_id(owner) : NULL;
	char holder[24] = "nobody";

	if (lockdep_is_poison(&lock->dep_map)) {
		hook_gone_released("spinlock", lock, where);
		return;
	}
	if (cpu)
		snprintf(holder, sizeof(holder), "cpu%u", owner);
	misuse(cpu ? READ_ONCE(cpu->running) : NULL,
	       "spinlock \"%s\" (%p) is released at %pS by cpu%u, which does not hold it; its holder is %s",
	       lock->dep_map.name ?: "never initialized", lock, (void *)where,
	       raw_smp_processor_id(), holder);
}

bool spin_check_release(spinlock_t *lock, unsigned long where)
{
	// A lock of zeroes, which was never initialized, has CPU 0 for its owner.
	if (unlikely(!lock->dep_map.name || READ_ONCE(lock->owner) != raw_smp_processor_id())) {
		release_of_foreign(lock, where);
		return false;
	}
	lock_release(&lock->dep_map, where);
	WRITE_ONCE(lock->owner, SPINLOCK_NO_OWNER);
	(void)hook_spin_released(lock);
	return true;
}

#else

void spin_lock_init_named(spinlock_t *lock, const char *name, const char *site)
{
	spin_word_init(&lock->word);
}

#endif
