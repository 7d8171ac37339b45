/* percpu_rwsem.c: counting readers on each CPU, and waiting until there are none.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/percpu_rwsem.h"

#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "lib/errno.h"

int percpu_init_rwsem_named(struct percpu_rw_semaphore *sem, const char *name, const char *site)
{
	*sem = (struct percpu_rw_semaphore){ .block = false };
	sem->readers = kcalloc(NR_CPUS, sizeof(*sem->readers), GFP_KERNEL);
	if (!sem->readers)
		return -ENOMEM;
	init_rwsem_named(&sem->rwsem, name, site);
	init_waitqueue_head_named(&sem->writer, name, LOCK_SITE_INNER(site));
	return 0;
}

void percpu_free_rwsem(struct percpu_rw_semaphore *sem)
{
	kfree(sem->readers);
	sem->readers = NULL;
}

/* Change this CPU's count. Caller has preemption off; interrupt handlers do not come here. */
static void count_readers(struct percpu_rw_semaphore *sem, u32 change)
{
	u32 *count = &sem->readers[smp_processor_id()].count;

	WRITE_ONCE(*count, READ_ONCE(*count) + change);
	// When we come, [A] pairs with [B] in percpu_down_write(); when we leave, [C] pairs with [S] in prepare().
	smp_mb();
}

static void reader_leave(struct percpu_rw_semaphore *sem)
{
	count_readers(sem, -1U);
	if (READ_ONCE(sem->block))
		wake_up(&sem->writer);
}

/* Come in if no writer blocks. */
static bool reader_enter(struct percpu_rw_semaphore *sem)
{
	bool inside;

	preempt_disable();
	count_readers(sem, 1);
	inside = !smp_load_acquire(&sem->block); // [D] pairs with [E] in percpu_up_write().
	if (!inside)
		reader_leave(sem);
	preempt_enable();
	return inside;
}

/* Wait for the writer. While we have its semaphore no writer blocks, so we are in with our count. */
static void reader_wait(struct percpu_rw_semaphore *sem)
{
	down_read_non_owner(&sem->rwsem);
	preempt_disable();
	count_readers(sem, 1);
	preempt_enable();
	up_read_non_owner(&sem->rwsem);
}

bool percpu_down_read_trylock(struct percpu_rw_semaphore *sem)
{
	bool inside = reader_enter(sem);

	if (inside) {
		lock_acquire(&sem->rwsem.dep_map, 0, 1, LOCKDEP_READ, 1, NULL, _RET_IP_);
		lock_acquired(&sem->rwsem.dep_map, _RET_IP_);
		hook_sleep_acquired(sem, rwsem_name(&sem->rwsem), _RET_IP_);
	}
	return inside;
}

void percpu_down_read(struct percpu_rw_semaphore *sem)
{
	might_sleep_at("percpu_down_read", rwsem_name(&sem->rwsem), _RET_IP_);
	lock_acquire(&sem->rwsem.dep_map, 0, 0, LOCKDEP_READ, 1, NULL, _RET_IP_);
	if (!reader_enter(sem)) {
		lock_contended(&sem->rwsem.dep_map, _RET_IP_);
		reader_wait(sem);
	}
	lock_acquired(&sem->rwsem.dep_map, _RET_IP_);
	hook_sleep_acquired(sem, rwsem_name(&sem->rwsem), _RET_IP_);
}

void percpu_up_read(struct percpu_rw_semaphore *sem)
{
	if (unlikely(!hook_sleep_released(sem))) {
		misuse(READ_ONCE(sem->rwsem.owner),
		       "percpu_rwsem \"%s\" (%p) is released for reading at %pS by thread %d \"%s\", which has not taken it",
		       rwsem_name(&sem->rwsem), sem, (void *)_RET_IP_, current->pid, current->comm);
		return;
	}
	lock_release(&sem->rwsem.dep_map, _RET_IP_);
	preempt_disable();
	barrier(); // What was read inside is not read after the count: a release, as every store is.
	reader_leave(sem);
	preempt_enable();
}

static bool nobody_reads(const struct percpu_rw_semaphore *sem)
{
	u32 sum = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		sum += READ_ONCE(sem->readers[cpu].count);
	return sum == 0;
}

bool percpu_is_read_locked(const struct percpu_rw_semaphore *sem)
{
	return !percpu_is_write_locked(sem) && !nobody_reads(sem);
}

void percpu_down_write(struct percpu_rw_semaphore *sem)
{
	(void)!rwsem_write_state(&sem->rwsem, 0, NULL, TASK_UNINTERRUPTIBLE, _RET_IP_);
	WRITE_ONCE(sem->block, true);
	smp_mb(); // [B] pairs with [A] in count_readers().
	task_blocks_on(BLOCKED_READERS, sem, LOCK_NAME_OF(&sem->rwsem));
	wait_event(sem->writer, nobody_reads(sem));
	task_blocks_no_more();
}

void percpu_up_write(struct percpu_rw_semaphore *sem)
{
	// Readers are not let in by one who has not kept them out.
	if (!rwsem_check_write_held(&sem->rwsem, _RET_IP_))
		return;
	smp_store_release(&sem->block, false); // [E] pairs with [D] in reader_enter().
	up_write(&sem->rwsem);
}
