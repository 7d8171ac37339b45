/* count.c: how many instructions it takes to take and to release each lock.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Under QEMU's `-icount shift=0,sleep=off` the machine's time is the number of instructions that its
 *   one CPU has executed: one a nanosecond, and the time-stamp counter counts nanoseconds. So a pair
 *   costs what the counter advances in N + M pairs less what it advances in N, by M: reading it, and
 *   calling the row's loop, cancel out. What the loop itself takes (the row `empty`) is left to the
 *   reader of the line to subtract.
 *   Whether this machine is such a one is not believed but seen: a loop of a known number of
 *   instructions must count to exactly that, and two counts of each row must agree.
 */
#include <arch/cpu.h>

#include "kernel/bench/bench.h"

#define PAIRS    BENCH_COUNTED_PAIRS
#define ATTEMPTS 8 /* an interrupt may fall into one */

/* 98 instructions of no effect and the two that end the loop. */
#define CONTROL_INSTRUCTIONS 100

static void control_loop(unsigned long n)
{
	asm volatile("1:\n\t"
		     ".rept 98\n\t"
		     "nop\n\t"
		     ".endr\n\t"
		     "decq %0\n\t"
		     "jnz 1b"
		     : "+r"(n)::"cc");
}

/* What a loop takes with no pair in it. */
static void empty_loop(unsigned long n)
{
	for (; n; n--)
		barrier();
}

/* One function for every count, not several that a compiler lays out each in its own way. */
static noinline u64 ticks_of(void (*pairs)(unsigned long n), unsigned long n)
{
	u64 start = rdtsc_ordered();

	pairs(n);
	return rdtsc_ordered() - start;
}

static u64 count_once(void (*pairs)(unsigned long n))
{
	u64 few = ticks_of(pairs, PAIRS);

	return ticks_of(pairs, 2 * PAIRS) - few;
}

/* Not inline either. */
noinline u64 bench_count_pairs(void (*pairs)(unsigned long n))
{
	u64 before = count_once(pairs);

	for (unsigned int i = 1; i < ATTEMPTS; i++) {
		u64 now = count_once(pairs);

		if (now == before)
			return now;
		before = now;
	}
	return 0;
}

static bool control_is_exact(void)
{
	u64 ticks = bench_count_pairs(control_loop);

	if (ticks == PAIRS * CONTROL_INSTRUCTIONS)
		return true;
	pr_plain("cost: a control of %u instructions counted to %llu (0: each time to something "
		 "else): only under -icount shift=0,sleep=off is time a count of instructions\n",
		 PAIRS * CONTROL_INSTRUCTIONS, (unsigned long long)ticks);
	return false;
}

bool bench_count(void)
{
	const struct bench *row;
	u64 loop;

	if (!control_is_exact())
		return false;
	loop = bench_count_pairs(empty_loop);
	pr_plain("cost control pairs=%u ticks=%u loop=0 most=0\n", PAIRS,
		 PAIRS * CONTROL_INSTRUCTIONS);
	for_each_bench(row, pairs)
	{
		pr_plain("cost %s pairs=%u ticks=%llu loop=%llu most=%u\n", row->name, PAIRS,
			 (unsigned long long)bench_count_pairs(row->pairs),
			 (unsigned long long)loop, row->most);
	}
	return bench_validator(loop);
}
