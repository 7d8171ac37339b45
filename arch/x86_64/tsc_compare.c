/* tsc_compare.c: how one CPU's time-stamp counter compares with the boot CPU's.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A CPU that comes up exchanges readings with the boot CPU through three shared words:
 *
 *       the new CPU                            the boot CPU, in smp_start_all()
 *       before = rdtsc
 *       mine = ++asked            [A]
 *                                              seen = asked              [B]
 *                                              answer = rdtsc
 *                                              answered = seen           [C]
 *       wait for answered >= mine [D]
 *       read answer
 *       after = rdtsc
 *
 *   The boot CPU's reading was made between the other two. So if our TSC leads its by L ticks, then
 *   before <= answer + L <= after, that is, before - answer <= L <= after - answer. Each exchange
 *   gives such bounds, and their intersection is as good as the fastest one. A CPU that is stopped
 *   in the middle widens the bounds of one exchange, and spoils nothing.
 *
 *   When 0 is not within the bounds, the TSCs differ. When it is, no message between the two has
 *   been fast enough to show a difference, and that is all that a clock must promise; provided that
 *   there were fast ones. When there were none, because the CPUs never ran together, we say so.
 *
 *   The words are not owned by anybody, so any number of CPUs may compare at once: one answer,
 *   newer than all questions it has seen, serves them all, and nobody waits for who does not run.
 *
 *   A reading is not moved out of its place: rdtsc_ordered() is not before the loads that precede
 *   it, and a store is seen by others only after all earlier instructions are complete.
 */
#include <arch/atomic.h>
#include <arch/cpu.h>

#include "arch/x86_64/counter.h"
#include "arch/x86_64/tsc.h"
#include "lib/limits.h"

/*
 * An exchange between two CPUs that run takes a microsecond or few; one of them stopped makes it
 * milliseconds, and there is little to learn from it. So we go on until a number of exchanges were
 * fast, but not forever: on a busy host the two may never run at the same time. It takes longer
 * when there is a difference: it is to be corrected, and the better it is known, the better.
 */
#define FAST_EXCHANGES 32
#define FAST_US        10
#define DIFFER_MS      1000

#define CLOSED LLONG_MAX // as if every question had been answered

/* [a] asked: by every CPU, on a cache line of its own. The others are the boot CPU's to write. */
static struct {
	atomic64_t asked;
	u64 answer __aligned(64);
	s64 answered;
} shared __aligned(64);

bool tsc_exchange(struct tsc_exchange *exchange)
{
	s64 mine, answered;

	exchange->before = rdtsc_ordered();
	mine = atomic64_inc_return(&shared.asked); // [A] pairs with [B] in tsc_compare_serve()
	do {
		cpu_relax();
		// [D] pairs with [C] in tsc_compare_serve(): the answer is the one to our question,
		// or a newer one.
		answered = smp_load_acquire(&shared.answered);
	} while (answered < mine);
	exchange->answer = READ_ONCE(shared.answer);
	exchange->after = rdtsc_ordered();
	return answered != CLOSED;
}

bool tsc_differs(const struct tsc_lead *lead)
{
	return lead->low > 0 || lead->high < 0;
}

bool tsc_compare(struct tsc_lead *lead, u32 patience_ms)
{
	const u64 ticks_per_ms = tsc_counter()->hz / 1000;
	const u64 start = rdtsc_ordered();
	struct tsc_exchange one;
	unsigned int n_fast = 0;
	u64 patience;

	*lead = (struct tsc_lead){ LLONG_MIN, LLONG_MAX, false };
	do {
		if (!tsc_exchange(&one))
			return false;
		lead->low = max(lead->low, (s64)(one.before - one.answer));
		lead->high = min(lead->high, (s64)(one.after - one.answer));
		n_fast += one.after - one.before < ticks_per_ms * FAST_US / 1000;
		patience = ticks_per_ms * (tsc_differs(lead) ? DIFFER_MS : patience_ms);
	} while (n_fast < FAST_EXCHANGES && one.after - start < patience);
	lead->close = n_fast == FAST_EXCHANGES;
	return true;
}

void tsc_compare_serve(void)
{
	s64 seen = atomic64_read_acquire(&shared.asked); // [B] pairs with [A] in tsc_exchange()

	if (seen == shared.answered)
		return;
	WRITE_ONCE(shared.answer, rdtsc_ordered());
	smp_store_release(&shared.answered, seen); // [C] pairs with [D] in tsc_exchange()
}

void tsc_compare_close(void)
{
	smp_store_release(&shared.answered, CLOSED); // [C] as above: no answer belongs to it
}
