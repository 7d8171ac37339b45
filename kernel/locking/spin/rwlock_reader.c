/* rwlock_reader.c: the contended paths of the reader-writer lock that prefers readers.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/rwlock_reader.h"

#include "kernel/base/hooks.h"

noinline void rwlock_reader_read_slow(struct rwlock_reader *lock)
{
	struct hook_spin outer = hook_spin_begin(lock, "rwlock");

	do {
		atomic_dec(&lock->word);
		while (atomic_read(&lock->word) < 0) {
			hook_spin();
			cpu_relax();
		}
	} while (!rwlock_reader_read_fast(lock));
	hook_spin_end(outer);
}

noinline void rwlock_reader_write_slow(struct rwlock_reader *lock)
{
	struct hook_spin outer = hook_spin_begin(lock, "rwlock");

	do {
		while (atomic_read(&lock->word) != 0) {
			hook_spin();
			cpu_relax();
		}
	} while (!rwlock_reader_write_fast(lock));
	hook_spin_end(outer);
}
