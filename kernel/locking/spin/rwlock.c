/* rwlock.c: trying for a reader-writer spinlock, and its checks.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/rwlock.h"

bool read_trylock(rwlock_t *lock)
{
	preempt_disable();
	rwlock_check_init(lock, _RET_IP_);
	if (rw_word_read_trylock(&lock->word)) {
		rwlock_note_tried(lock, false, _RET_IP_);
		return true;
	}
	preempt_enable();
	return false;
}

bool write_trylock(rwlock_t *lock)
{
	preempt_disable();
	rwlock_check_init(lock, _RET_IP_);
	if (rw_word_write_trylock(&lock->word)) {
		rwlock_note_tried(lock, true, _RET_IP_);
		return true;
	}
	preempt_enable();
	return false;
}

#if CONFIG_CHECKED

void rwlock_init_named(rwlock_t *lock, const char *name, const char *site)
{
	rw_word_init(&lock->word);
	lock->owner = SPINLOCK_NO_OWNER;
	lockdep_init_lock(lock, name, site);
}

/* As spin_check_init(). */
void rwlock_check_init(rwlock_t *lock, unsigned long where)
{
	if (likely(lock->dep_map.name))
		return;
	misuse(NULL, "rwlock %p is taken at %pS and was never initialized: call rwlock_init()",
	       lock, (void *)where);
	rwlock_init_named(lock, "never initialized", LOCK_SITE("never initialized"));
}

/* Where this CPU took @lock, or 0 if it does not hold it. */
static unsigned long held_since(const rwlock_t *lock)
{
	const struct cpu *cpu = this_cpu();

	for (u32 slot = READ_ONCE(cpu->nr_held); slot > 0; slot--) {
		if (cpu->held[slot - 1].lock == lock)
			return cpu->held[slot - 1].where;
	}
	return 0;
}

/* Whether a reader here would wait behind a writer who waits. */
static bool reader_queues(void)
{
	return CONFIG_RWLOCK_FAIR && in_task() && !READ_ONCE(force_read_lock_recursive);
}

static int read_kind(bool write)
{
	if (write)
		return LOCKDEP_EXCLUSIVE;
	return reader_queues() ? LOCKDEP_READ : LOCKDEP_READ_REC;
}

/* This CPU holds @lock already, since @since: what it must not want then. */
static void check_again(const rwlock_t *lock, bool write, unsigned long where, unsigned long since)
{
	if (READ_ONCE(lock->owner) == raw_smp_processor_id())
		panic("rwlock \"%s\" (%p) is taken at %pS by the CPU that holds it for writing since %pS",
		      lock->dep_map.name, lock, (void *)where, (void *)since);
	if (write)
		panic("rwlock \"%s\" (%p) is taken for writing at %pS by cpu%u, which reads since %pS",
		      lock->dep_map.name, lock, (void *)where, raw_smp_processor_id(),
		      (void *)since);
	if (reader_queues())
		panic("rwlock \"%s\" (%p) is taken for reading at %pS again, by the thread on cpu%u that reads since %pS: a writer between the two would stop both",
		      lock->dep_map.name, lock, (void *)where, raw_smp_processor_id(),
		      (void *)since);
}

void rwlock_check_take(rwlock_t *lock, bool write, unsigned int subclass, unsigned long where)
{
	unsigned long since;

	rwlock_check_init(lock, where);
	since = held_since(lock);
	if (unlikely(since))
		check_again(lock, write, where, since);
	lock_acquire(&lock->dep_map, subclass, 0, read_kind(write), 1, NULL, where);
}

static void note_owner(rwlock_t *lock, bool write, unsigned long where)
{
	// A word does not let this happen; with UP=1 there is none, and a trylock comes here.
	if (unlikely(READ_ONCE(lock->owner) == raw_smp_processor_id() ||
		     (write && held_since(lock))))
		panic("rwlock \"%s\" (%p) is taken at %pS by cpu%u, which is inside already",
		      lock->dep_map.name, lock, (void *)where, raw_smp_processor_id());
	if (write)
		WRITE_ONCE(lock->owner, raw_smp_processor_id());
	hook_spin_acquired(lock, lock->dep_map.name, where);
}

void rwlock_note_taken(rwlock_t *lock, bool write, unsigned long where)
{
	note_owner(lock, write, where);
	lock_acquired(&lock->dep_map, where);
}

void rwlock_note_tried(rwlock_t *lock, bool write, unsigned long where)
{
	note_owner(lock, write, where);
	lock_acquire(&lock->dep_map, 0, 1, read_kind(write), 1, NULL, where);
	lock_acquired(&lock->dep_map, where);
}

static __cold void release_of_foreign(const rwlock_t *lock, bool write, unsigned long where)
{
	u32 owner = READ_ONCE(lock->owner);

	misuse(owner < nr_cpus ? READ_ONCE(cpu_by_id(owner)->running) : NULL,
	       "rwlock \"%s\" (%p) is released at %pS by cpu%u, which does not hold it for %s",
	       lock->dep_map.name ?: "never initialized", lock, (void *)where,
	       raw_smp_processor_id(), write ? "writing" : "reading");
}

bool rwlock_check_release(rwlock_t *lock, bool write, unsigned long where)
{
	bool writes = READ_ONCE(lock->owner) == raw_smp_processor_id();

	if (unlikely(write != writes || !held_since(lock))) {
		release_of_foreign(lock, write, where);
		return false;
	}
	lock_release(&lock->dep_map, where);
	if (write)
		WRITE_ONCE(lock->owner, SPINLOCK_NO_OWNER);
	(void)hook_spin_released(lock);
	return true;
}

#else

void rwlock_init_named(rwlock_t *lock, const char *name, const char *site)
{
	rw_word_init(&lock->word);
}

#endif
