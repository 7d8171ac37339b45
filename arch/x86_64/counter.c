/* counter.c: the speed of one counter, measured by another.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   To learn the rate of a counter W (the TSC, the APIC timer) from one of known rate R, read both,
 *   wait, read both again. No two counters can be read at the same moment, and a virtual CPU may be
 *   stopped for 100 ms between any two instructions. So nothing is assumed about how long a read
 *   takes; each R is bracketed by two W, and what is certain is kept:
 *
 *        W a        R r        W b             ...             W c        R s        W d
 *     ---+----------+----------+-------------------------------+----------+----------+--> time
 *
 *   R's ticks between its reads took W more than c - b and less than d - a; and R, being cut off to
 *   whole ticks, moved more than s - r - 1 and less than s - r + 1. That is a lower and an upper
 *   bound of W's frequency, whatever happened meanwhile; a CPU stopped inside a bracket makes them
 *   wide, never wrong. Each round's bounds are intersected with the earlier ones, so that the best
 *   reads count and bad ones do no harm, and the middle of what is left is the answer.
 *
 *   Bounds that have nothing in common mean that a counter was at fault: that it wrapped, or had
 *   run out, as the PIT does after 55 ms. Then we start over from the last round; the result stands
 *   when the wanted number of rounds agreed in a row.
 */
#include "arch/x86_64/counter.h"

#include <arch/barrier.h>
#include <arch/cpu.h>

#include "lib/macros.h"

#define ROUND_HZ   50     // a round is 1/50 s
#define MAX_ROUNDS 30     // in all, before we give up
#define BRACKETS   8      // tries at each end of a round; the narrowest counts
#define LIVE_READS 100000 // a counter that shows no change in so many reads stands still

struct bracket {
	u64 before, after; // of what is measured
	u64 reference;     // read between the two
};

/* Bounds of a frequency, in Hz. */
struct bounds {
	u64 low, high;
};

bool counter_runs(const struct counter *counter)
{
	u64 first;

	if (counter->start)
		counter->start();
	first = counter->read();
	for (int i = 0; i < LIVE_READS; i++) {
		if (counter->read() != first)
			return true;
		cpu_relax();
	}
	return false;
}

static u64 distance(const struct counter *counter, u64 from, u64 to)
{
	return (to - from) & counter->mask;
}

static struct bracket take_bracket(const struct counter *what, const struct counter *reference)
{
	struct bracket best = { 0 };
	u64 best_width = ~0ULL;

	for (int i = 0; i < BRACKETS; i++) {
		struct bracket b;
		u64 width;

		b.before = what->read();
		b.reference = reference->read();
		b.after = what->read();
		width = distance(what, b.before, b.after);
		if (width < best_width) {
			best = b;
			best_width = width;
		}
	}
	return best;
}

/* Returns false if the two are so close that nothing follows. */
static bool bounds_between(const struct counter *what, const struct counter *reference,
			   const struct bracket *start, const struct bracket *end,
			   struct bounds *bounds)
{
	u64 ticks = distance(reference, start->reference, end->reference);

	if (ticks < 2)
		return false;
	bounds->low = mul_div(distance(what, start->after, end->before), reference->hz, ticks + 1);
	bounds->high =
		mul_div(distance(what, start->before, end->after), reference->hz, ticks - 1) + 1;
	return true;
}

static bool measure_round(const struct counter *what, const struct counter *reference,
			  struct bounds *bounds)
{
	struct bracket start, end;
	u64 wanted = reference->hz / ROUND_HZ;

	if (reference->start)
		reference->start();
	if (what->start)
		what->start();
	start = take_bracket(what, reference);
	while (distance(reference, start.reference, reference->read()) < wanted)
		cpu_relax();
	end = take_bracket(what, reference);
	return bounds_between(what, reference, &start, &end, bounds);
}

u64 counter_measure(const struct counter *what, const struct counter *reference,
		    unsigned int rounds)
{
	struct bounds all = { 0, ~0ULL }, one;
	unsigned int agreed = 0;

	for (int i = 0; i < MAX_ROUNDS && agreed < rounds; i++) {
		if (!measure_round(what, reference, &one))
			continue;
		if (max(one.low, all.low) > min(one.high, all.high)) {
			all = one;
			agreed = 1;
			continue;
		}
		all.low = max(one.low, all.low);
		all.high = min(one.high, all.high);
		agreed++;
	}
	return agreed < rounds ? 0 : all.low + (all.high - all.low) / 2;
}
