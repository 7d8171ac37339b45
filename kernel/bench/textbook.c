/* textbook.c: the yardsticks: bare locked instructions, and the spinlocks of the textbooks, bare too.
 * SPDX-License-Identifier: MIT
 *
 * None of them turns preemption off or checks anything: they are what a lock would cost that did
 * nothing else. Test-and-set and test-and-test-and-set promise no order; the ticket lock does.
 */
#include "kernel/base/preempt.h"
#include "kernel/bench/bench.h"
#include "kernel/locking/spin/ticket.h"

static u32 word __aligned(64);

static __always_inline void tas_lock(u32 *lock)
{
	while (xchg(lock, 1))
		cpu_relax();
}

static __always_inline void ttas_lock(u32 *lock)
{
	while (READ_ONCE(*lock) || xchg(lock, 1))
		cpu_relax();
}

static __always_inline void tas_unlock(u32 *lock)
{
	smp_store_release(lock, 0);
}

/* The denominator of every ratio. */
BENCH_PAIR(lock_pair, .most = 2)
{
	asm volatile("lock incl %0\n\tlock decl %0" : "+m"(word)::"memory", "cc");
}

/* What a ratio leaves out. */
BENCH_PAIR(empty)
{
}

BENCH_PAIR(tas)
{
	tas_lock(&word);
	tas_unlock(&word);
}

BENCH_CONTEST(tas)
{
	tas_lock(&word);
	bench_inside(visitor);
	tas_unlock(&word);
}

BENCH_CONTEST(ttas)
{
	ttas_lock(&word);
	bench_inside(visitor);
	tas_unlock(&word);
}

static struct ticket_lock ticket __aligned(64) = TICKET_LOCK_FREE;

BENCH_PAIR(ticket, .most = 8)
{
	ticket_lock(&ticket);
	ticket_unlock(&ticket);
}

BENCH_CONTEST(ticket)
{
	preempt_disable();
	ticket_lock(&ticket);
	bench_inside(visitor);
	ticket_unlock(&ticket);
	preempt_enable();
}
