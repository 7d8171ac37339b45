/* rwlock.c: the contended paths of the reader-writer spinlock, and its checks.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/rwlock.h"

noinline void read_lock_slow(rwlock_t *lock)
{
	do {
		atomic_dec(&lock->word);
		while (atomic_read(&lock->word) < 0)
			cpu_relax();
	} while (!rwlock_try_read(lock));
}

noinline void write_lock_slow(rwlock_t *lock)
{
	do {
		while (atomic_read(&lock->word) != 0)
			cpu_relax();
	} while (!rwlock_try_write(lock));
}

bool read_trylock(rwlock_t *lock)
{
	preempt_disable();
	rwlock_check_init(lock, _RET_IP_);
	// Look first: a try that must fail should not write to a line that the writer is using.
	if (atomic_read(&lock->word) >= 0) {
		if (rwlock_try_read(lock)) {
			rwlock_note_taken(lock, false, _RET_IP_);
			return true;
		}
		atomic_dec(&lock->word);
	}
	preempt_enable();
	return false;
}

bool write_trylock(rwlock_t *lock)
{
	preempt_disable();
	rwlock_check_init(lock, _RET_IP_);
	if (atomic_read(&lock->word) == 0 && rwlock_try_write(lock)) {
		rwlock_note_taken(lock, true, _RET_IP_);
		return true;
	}
	preempt_enable();
	return false;
}

#if CONFIG_CHECKED

void rwlock_init_named(rwlock_t *lock, const char *name)
{
	atomic_set(&lock->word, 0);
	lock->owner = SPINLOCK_NO_OWNER;
	lock->name = name;
}

void rwlock_check_init(const rwlock_t *lock, unsigned long where)
{
	if (unlikely(!lock->name))
		panic("rwlock %p is taken at %pS and was never initialized: call rwlock_init()",
		      lock, (void *)where);
}

void rwlock_check_take(const rwlock_t *lock, unsigned long where)
{
	rwlock_check_init(lock, where);
	if (unlikely(READ_ONCE(lock->owner) == raw_smp_processor_id()))
		panic("rwlock \"%s\" (%p) is taken at %pS by the CPU that holds it for writing",
		      lock->name, lock, (void *)where);
}

void rwlock_note_taken(rwlock_t *lock, bool write, unsigned long where)
{
	if (write)
		WRITE_ONCE(lock->owner, raw_smp_processor_id());
	hook_spin_acquired(lock, lock->name, where);
}

void rwlock_check_release(rwlock_t *lock, bool write, unsigned long where)
{
	u32 owner = READ_ONCE(lock->owner);

	if (unlikely(write ? owner != raw_smp_processor_id() : atomic_read(&lock->word) <= 0))
		panic("rwlock \"%s\" (%p) is released at %pS by cpu%u, which does not hold it for %s",
		      lock->name, lock, (void *)where, raw_smp_processor_id(),
		      write ? "writing" : "reading");
	if (write)
		WRITE_ONCE(lock->owner, SPINLOCK_NO_OWNER);
	hook_spin_released(lock);
}

#else

void rwlock_init_named(rwlock_t *lock, const char *name)
{
	atomic_set(&lock->word, 0);
}

#endif
