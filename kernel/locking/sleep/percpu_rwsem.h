/* percpu_rwsem.h: a reader-writer semaphore whose readers share no cache line, and whose writers pay for it.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Readers of an rw_semaphore all write its word, so that its cache line goes from CPU to CPU although
 *   they do not exclude each other. Here each CPU counts its readers for itself. A writer says that it
 *   blocks, and then waits until the sum of all counts is 0. It is for what is written once a day.
 *
 *      reader                              writer
 *      [A] count[this CPU]++               down_write(&rwsem): no other writer
 *          full barrier                    [B] block = 1
 *          block?  no: inside                  full barrier
 *      ...                                 sleep until the sum of the counts is 0
 *      [C] count[this CPU]--
 *          full barrier
 *          block?  yes: wake the writer
 *
 *   Whichever way [A] and [B] interleave, the reader sees `block` or the writer sees its count. A reader that
 *   sees `block` takes its count back, and waits for the writer at `rwsem`, in order of arrival; so neither
 *   side starves.
 *   A reader may leave on another CPU than it came on: one count is too high then, another too low, and the
 *   sum is right. It is never too low: of those inside, the writer sees the ++ of each, by [A] and [B],
 *   and takes a -- into account only after it. So it takes a sum of 0 for what it is.
 *   Cost: a reader's pair has two full barriers and no shared write. Linux saves the barriers and has the
 *   writer wait for an RCU grace period instead.
 *   It does not: spin; or serve interrupts. It counts its readers and does not know them: the checked profile
 *   notes them apart (held.c), and finds a superfluous percpu_up_read() by that.
 *   Source: P. McKenney, "Is Parallel Programming Hard", the reader-writer lock of per-thread counters.
 *
 * RULES
 *   1. As rwsem.h: thread context; taking it may sleep, inside one may sleep; it does not nest.
 *   2. percpu_up_read() still looks at the semaphore after a writer may have it. So memory is freed when
 *      no reader can be on its way out, not by the next writer.
 *   3. percpu_init_rwsem() before use, which may fail; percpu_free_rwsem() in the end.
 */
#pragma once

#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/sleep/wait.h"

struct percpu_rwsem_readers {
	u32 count; /* [c] those that came here less those that left here; read by the writer */
} __aligned(64);

struct percpu_rw_semaphore {
	struct percpu_rwsem_readers *readers; /* [I] one for each CPU */
	bool block;                           /* [a] a writer is inside, or wants to be */
	/* The writer's, and held by readers who wait for it. Not first: who holds what is known by the address. */
	struct rw_semaphore rwsem;
	wait_queue_head_t writer; /* where it waits for readers to leave */
};

#define DEFINE_PERCPU_RWSEM(name)                                                                  \
	static struct percpu_rwsem_readers __##name##_readers[NR_CPUS];                            \
	struct percpu_rw_semaphore name = { .readers = __##name##_readers,                         \
					    .rwsem = __RWSEM_INITIALIZER_IN(name.rwsem, name),     \
					    .writer = WAIT_QUEUE_HEAD_INIT(name.writer) }
#define DEFINE_STATIC_PERCPU_RWSEM(name)                                                           \
	static struct percpu_rwsem_readers __##name##_readers[NR_CPUS];                            \
	static struct percpu_rw_semaphore name = { .readers = __##name##_readers,                  \
						   .rwsem = __RWSEM_INITIALIZER_IN(name.rwsem,     \
										   name),          \
						   .writer = WAIT_QUEUE_HEAD_INIT(name.writer) }

/* percpu_init_rwsem - make @sem free. May sleep. Thread context. Returns 0 or -ENOMEM.
 * percpu_free_rwsem - give its memory back; not for a DEFINEd one. Nobody holds or wants it. */
int percpu_init_rwsem_named(struct percpu_rw_semaphore *sem, const char *name, const char *site);
#define percpu_init_rwsem(sem) percpu_init_rwsem_named((sem), #sem, LOCK_SITE(#sem))
void percpu_free_rwsem(struct percpu_rw_semaphore *sem);

/*
 * percpu_down_read - take @sem for reading; sleep while a writer has it or waits for it.
 * percpu_down_write - take it for writing, alone. Both sleep. Thread context, nothing spinning held.
 * percpu_down_read_trylock - returns whether it could without waiting. Never sleeps.
 * percpu_up_read, percpu_up_write - release it, by the thread that took it. Never sleep.
 */
void percpu_down_read(struct percpu_rw_semaphore *sem);
bool percpu_down_read_trylock(struct percpu_rw_semaphore *sem);
void percpu_up_read(struct percpu_rw_semaphore *sem);
void percpu_down_write(struct percpu_rw_semaphore *sem);
void percpu_up_write(struct percpu_rw_semaphore *sem);

/* percpu_is_write_locked - whether a writer has it, or waits for readers to leave.
 * percpu_is_read_locked - whether readers have it, and no writer waits. Old at once. Any context. */
static inline bool percpu_is_write_locked(const struct percpu_rw_semaphore *sem)
{
	return READ_ONCE(sem->block);
}

bool percpu_is_read_locked(const struct percpu_rw_semaphore *sem);
