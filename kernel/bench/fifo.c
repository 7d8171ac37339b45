/* fifo.c: ways to wait for a ticket's turn, to be compared: who is served when is the same with all.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   In a queue the next in line must run for anything to go on. Where the host has fewer CPUs than want
 *   the lock, those that spin for a later turn take from it the time that it needs. What can a waiter far
 *   from its turn do instead, and what is that worth? Each row here takes the place of ticket_wait():
 *
 *   ticket          looks, pauses, looks: what the kernel does
 *   ticket_nopause  looks without a pause
 *   ticket_backoff  the farther from its turn, the longer between two looks
 *   ticket_halt     after HALT_LOOKS looks, if it is not next in line, stops its CPU until it is
 *
 *   Halting. A waiter says where and with which ticket it waits, and then looks again; who gets the lock
 *   after waiting wakes the one that is now next, before it does its work:
 *
 *      CPU with ticket t + 1                CPU with ticket t
 *      halted = (lock, t + 1)
 *      [H] full barrier                     owner becomes t: sees it            [W]
 *      owner still before t: hlt            looks who halted with t + 1: interrupts it
 *
 *   The release costs no more than it did: the one who wakes is a waiter itself, off the fast path. If t
 *   got the lock without waiting, t + 1 came when t was served already, and was next at once.
 *   An interrupt must be able to end the halt, so a waiter with interrupts off has to spin.
 *   ticket.h says what came of it.
 */
#include <arch/smp.h>

#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/bench/bench.h"
#include "kernel/locking/spin/ticket.h"

#define HALT_LOOKS     200
#define BACKOFF_PAUSES 8

/* Where a CPU has halted. [c] written by it only, read by others */
struct halted {
	const struct ticket_lock *lock; /* [c] NULL: it has not */
	u32 ticket;                     /* [c] */
};

static DEFINE_PER_CPU(struct halted, halted);

static struct ticket_lock ticket __aligned(64) = TICKET_LOCK_FREE;

/* How many are before @mine: 0 when it is served. */
static u16 distance(struct ticket_lock *lock, u16 mine)
{
	return (u16)(mine - smp_load_acquire(&lock->owner));
}

static void wait_without_pause(struct ticket_lock *lock, u16 mine)
{
	while (distance(lock, mine))
		barrier();
}

static void wait_with_backoff(struct ticket_lock *lock, u16 mine)
{
	u16 before;

	while ((before = distance(lock, mine))) {
		for (unsigned int i = BACKOFF_PAUSES * (before - 1U); i; i--)
			cpu_relax();
		cpu_relax();
	}
}

/* Stop this CPU until an interrupt, unless we are next. Interrupts are on before and after. */
static void halt_unless_next(struct ticket_lock *lock, u16 mine)
{
	struct halted *own = this_cpu_ptr(&halted);

	local_irq_disable();
	WRITE_ONCE(own->ticket, mine);
	WRITE_ONCE(own->lock, lock);
	smp_mb(); // [H] pairs with [W] in wake_next(): either we see the turn, or it sees us.
	if (distance(lock, mine) > 1)
		arch_safe_halt();
	else
		local_irq_enable();
	WRITE_ONCE(own->lock, NULL);
}

/* Wake the CPU that halted and is next now. Caller holds the lock, by ticket @mine. */
static void wake_next(struct ticket_lock *lock, u16 mine)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		struct halted *other = per_cpu_ptr(&halted, cpu);

		// [W] pairs with [H] in halt_unless_next(): the owner was read before.
		if (READ_ONCE(other->lock) == lock && READ_ONCE(other->ticket) == (u16)(mine + 1))
			smp_send_ipi(cpu, IPI_RESCHEDULE);
	}
}

static void wait_or_halt(struct ticket_lock *lock, u16 mine)
{
	unsigned int looks = 0;
	u16 before;

	while ((before = distance(lock, mine))) {
		if (before > 1 && ++looks > HALT_LOOKS)
			halt_unless_next(lock, mine);
		else
			cpu_relax();
	}
	wake_next(lock, mine);
}

/* A visit in which the waiting is done by @wait. */
static __always_inline void visit(struct bench_visitor *visitor,
				  void (*wait)(struct ticket_lock *lock, u16 mine))
{
	u32 drawn;

	preempt_disable();
	drawn = ticket_draw(&ticket);
	if ((u16)drawn != (u16)(drawn >> 16))
		wait(&ticket, (u16)(drawn >> 16));
	bench_inside(visitor);
	ticket_unlock(&ticket);
	preempt_enable();
}

BENCH_CONTEST(ticket_nopause)
{
	visit(visitor, wait_without_pause);
}

BENCH_CONTEST(ticket_backoff)
{
	visit(visitor, wait_with_backoff);
}

BENCH_CONTEST(ticket_halt)
{
	visit(visitor, wait_or_halt);
}
