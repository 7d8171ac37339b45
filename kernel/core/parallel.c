/* parallel.c: whether the CPUs really run at the same time.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   An emulator may run its CPUs in turn, on one thread of the host, and so does a host that has one CPU
 *   left for them. Locks must be right there too, but what depends on two CPUs doing something at the
 *   same moment (a race that is to be seen, a spinner that is to find the owner running) never happens.
 *
 *   Two CPUs exchange a word: each waits until the other has answered, by reading it, with interrupts
 *   off and without `pause`, which an emulator takes for an offer to run another CPU.
 *
 *        this CPU                       the other
 *        word = 1
 *        reads until it is 2            reads until it is 1
 *                                       word = 2
 *        word = 3 ...
 *
 *   If they run at the same time an answer comes within some hundred reads. If they take turns it comes
 *   in the next turn: turns are milliseconds long, which is a hundred thousand reads and more.
 *   HOPS answers in a row within QUICK reads each are therefore proof that both ran meanwhile: no
 *   emulator ends that many turns just when a word was written. Where no such row is seen within
 *   seconds the CPUs do not run in parallel for any purpose of ours; the host may be to blame.
 *   It counts reads, and looks at the clock only to give up. A CPU that the host stops for a while
 *   spoils one row, and the next is tried.
 */
#include "kernel/base/irqflags.h"
#include "kernel/core/parallel.h"

#include <arch/atomic.h>
#include <arch/clock.h>

#include "kernel/base/preempt.h"
#include "kernel/core/printk.h"
#include "kernel/core/smpcall.h"
#include "kernel/core/timer.h"

#define HOPS     20
#define QUICK    10000
#define LIMIT_NS (2 * NSEC_PER_SEC)

#define STOP (~0UL) /* the word, when it is over */

/* On a cache line of its own. [a] */
static struct exchange {
	unsigned long word;
	bool left; /* the other CPU has */
} exchange __aligned(64);

static bool parallel; /* [I] */

/* The other CPU: answer each odd number with the even one after it. In interrupt context. */
static void answer(void *unused)
{
	unsigned long word;

	while ((word = READ_ONCE(exchange.word)) != STOP) {
		if (word & 1)
			cmpxchg(&exchange.word, word, word + 1); // It may be STOP by now.
	}
	smp_store_release(&exchange.left, true); // [L] pairs with [M] in exchange_words()
}

/* Ask once; returns whether the answer was quick. A late one is waited for, up to the limit. */
static bool ask(unsigned long question, u64 limit)
{
	unsigned int reads = 0;

	WRITE_ONCE(exchange.word, question);
	while (READ_ONCE(exchange.word) == question) {
		if (++reads % QUICK == 0 && clock_ns() > limit)
			break;
	}
	return reads < QUICK;
}

/* Ask until a row of answers was quick, or for too long. Interrupts off. */
static bool row_is_quick(void)
{
	u64 limit = clock_ns() + LIMIT_NS;
	unsigned int row = 0;

	for (unsigned long question = 1; row < HOPS; question += 2) {
		row = ask(question, limit) ? row + 1 : 0;
		if (!row && clock_ns() > limit)
			return false;
	}
	return true;
}

static bool exchange_words(u32 cpu)
{
	bool quick;

	if (smp_call_function_single(cpu, answer, NULL, false))
		return false;
	local_irq_disable();
	quick = row_is_quick();
	WRITE_ONCE(exchange.word, STOP);
	local_irq_enable();
	while (!smp_load_acquire(&exchange.left)) // [M] pairs with [L] in answer()
		cpu_relax();
	return quick;
}

static u32 another_cpu(void)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			return cpu;
	return smp_processor_id();
}

void parallel_check(void)
{
	if (num_online_cpus() < 2)
		return;
	preempt_disable();
	parallel = exchange_words(another_cpu());
	preempt_enable();
	pr_info("smp: the CPUs run %s\n", parallel ? "in parallel" : "in turn, not in parallel");
}

bool cpus_run_in_parallel(void)
{
	return parallel;
}
