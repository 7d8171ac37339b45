/* seqlock.c: waiting for a writer, and the checks of seqcount_t and seqlock_t.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/seqlock.h"

noinline unsigned int seqcount_wait(const seqcount_t *s, unsigned long where)
{
	unsigned int sequence;

	while ((sequence = READ_ONCE(s->sequence)) & 1) {
		seqcount_check_wait(s, where);
		cpu_relax();
	}
	return sequence;
}

void seqlock_init_named(seqlock_t *lock, const char *name, const char *site)
{
	seqcount_init_named(&lock->seqcount, name, LOCK_SITE_INNER(site));
	spin_lock_init_named(&lock->lock, name, site);
}

#if CONFIG_CHECKED

void seqcount_init_named(seqcount_t *s, const char *name, const char *site)
{
	WRITE_ONCE(s->sequence, 0);
	WRITE_ONCE(s->writer, 0);
	lockdep_init_lock(s, name, site);
}

static const char *name_of(const seqcount_t *s)
{
	return s->dep_map.name ?: "unnamed";
}

void seqcount_note_reader(const seqcount_t *s, unsigned long where)
{
	struct lockdep_map *map = (struct lockdep_map *)&s->dep_map;
	unsigned long flags;

	// Never named, or seqcount_check_wait() will say it.
	if (!map->name || READ_ONCE(s->writer) == raw_smp_processor_id() + 1)
		return;
	// It holds nothing, and so keeps no handler waiting: interrupts are on, and that is no matter.
	flags = arch_local_irq_save();
	lock_acquire(map, 0, 0, LOCKDEP_READ_REC, 1, NULL, where);
	lock_release(map, where);
	arch_local_irq_restore(flags);
}

void seqcount_check_wait(const seqcount_t *s, unsigned long where)
{
	bool own;

	// With preemption off our number is steady, and only this CPU stores or clears it.
	preempt_disable();
	own = READ_ONCE(s->writer) == raw_smp_processor_id() + 1;
	if (unlikely(own))
		panic("seqcount \"%s\" (%p) is read at %pS by cpu%u %s, which is writing it: it would wait for itself",
		      name_of(s), s, (void *)where, raw_smp_processor_id(), preempt_context());
	preempt_enable();
}

bool seqcount_check_begin(seqcount_t *s, unsigned long where)
{
	u32 writer;

	if (unlikely(preemptible()))
		misuse(NULL,
		       "seqcount \"%s\" (%p) is written at %pS by a thread that can be preempted: readers would spin for it",
		       name_of(s), s, (void *)where);
	writer = cmpxchg(&s->writer, 0, raw_smp_processor_id() + 1);
	if (unlikely(writer)) {
		misuse(READ_ONCE(cpu_by_id(writer - 1)->running),
		       "seqcount \"%s\" (%p) is written at %pS by cpu%u while cpu%u writes it",
		       name_of(s), s, (void *)where, raw_smp_processor_id(), writer - 1);
		return false;
	}
	if (s->dep_map.name)
		lock_acquire(&s->dep_map, 0, 0, LOCKDEP_EXCLUSIVE, 1, NULL, where);
	return true;
}

void seqcount_check_lock(const seqcount_t *s, const struct lockdep_map *lock, unsigned long where)
{
	if (likely(!READ_ONCE(debug_locks) || lock_is_held_type(lock, LOCKDEP_EXCLUSIVE)))
		return;
	misuse(NULL, "seqcount \"%s\" (%p) is written at %pS without its lock \"%s\"", name_of(s),
	       s, (void *)where, lock->name ?: "never initialized");
}

bool seqcount_check_writer(const seqcount_t *s, unsigned long where)
{
	if (likely(READ_ONCE(s->writer) == raw_smp_processor_id() + 1))
		return true;
	misuse(NULL,
	       "the writing of seqcount \"%s\" (%p) is ended at %pS by cpu%u, which did not begin it",
	       name_of(s), s, (void *)where, raw_smp_processor_id());
	return false;
}

void seqcount_note_end(seqcount_t *s, unsigned long where)
{
	lock_release(&s->dep_map, where);
	WRITE_ONCE(s->writer, 0);
}

#else

void seqcount_init_named(seqcount_t *s, const char *name, const char *site)
{
	WRITE_ONCE(s->sequence, 0);
}

#endif
