/* validator.c: what the lock validator adds to taking and releasing a lock, by how many classes it knows.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   N spinlocks, each of a class of its own, are each taken once while the one before is held: the graph of
 *   orders is then a line of N classes. Afterwards they are taken in turn while an outer lock is held. Every
 *   such chain of two was seen before, which is the common case: the figure should not grow with N.
 *   Then a lock is held that no order is known of, and the first of the line is taken: a new order,
 *   for which the search goes along the whole line. That happens once for each order of a program.
 *   The common case is counted again with the trace on, which writes three records of each pair.
 *   Counted are instructions, of taking and releasing the spinlock too (count.c).
 */
#include "kernel/bench/bench.h"

#if CONFIG_CHECKED

#include <arch/cpu.h>

#include "kernel/base/irqflags.h"
#include "kernel/core/vmalloc.h"
#include "kernel/debug/trace_dump.h"
#include "kernel/locking/lockdep_internal.h"
#include "kernel/locking/spin/spinlock.h"

#define MAX_CLASSES 1000
#define STRIDE      7 /* has no divisor in common with any number of classes */

static struct lock_class_key keys[MAX_CLASSES];
static spinlock_t *locks; /* MAX_CLASSES of them */
static DEFINE_SPINLOCK(outer);
static u32 n_classes; /* those of locks[] that are in the graph */

/* Whether the validator knows the classes up to @n, each as one of its own. */
static bool all_known(u32 n)
{
	for (u32 i = 0; i < n; i++) {
		u16 class = lockdep_class_of(&locks[i].dep_map, 0);

		if (!class || (i && class == lockdep_class_of(&locks[i - 1].dep_map, 0)))
			return false;
	}
	return READ_ONCE(debug_locks);
}

static bool grow_to(u32 n)
{
	for (; n_classes < n; n_classes++) {
		u32 i = n_classes;

		spin_lock_init(&locks[i]);
		lockdep_set_class(&locks[i], &keys[i]);
		if (i)
			spin_lock(&locks[i - 1]);
		spin_lock(&locks[i]);
		spin_unlock(&locks[i]);
		if (i)
			spin_unlock(&locks[i - 1]);
	}
	return all_known(n);
}

static void in_turn(unsigned long n)
{
	u32 i = 0;

	spin_lock(&outer);
	for (; n; n--) {
		spin_lock(&locks[i]);
		spin_unlock(&locks[i]);
		i = (i + STRIDE) % n_classes; // A count is of fewer than there are.
	}
	spin_unlock(&outer);
}

/* Instructions of taking the first of the line while @fresh is held, which never was before. */
static u64 ticks_of_new_order(spinlock_t *fresh)
{
	unsigned long flags;
	u64 ticks;

	local_irq_save(flags);
	spin_lock(fresh);
	ticks = rdtsc_ordered();
	spin_lock(&locks[0]);
	ticks = rdtsc_ordered() - ticks;
	spin_unlock(&locks[0]);
	spin_unlock(fresh);
	local_irq_restore(flags);
	return ticks;
}

bool bench_validator(u64 loop)
{
	static const u32 sizes[] = { 10, 100, MAX_CLASSES };
	static spinlock_t fresh[ARRAY_SIZE(sizes)] = { SPIN_LOCK_UNLOCKED(fresh_0),
						       SPIN_LOCK_UNLOCKED(fresh_1),
						       SPIN_LOCK_UNLOCKED(fresh_2) };

	locks = vmalloc(MAX_CLASSES * sizeof(*locks));
	if (!locks) {
		pr_plain("cost: no memory for %u locks\n", MAX_CLASSES);
		return false;
	}
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (!grow_to(sizes[i])) {
			pr_plain("cost: the validator did not take %u classes\n", sizes[i]);
			return false;
		}
		pr_plain("validator known classes=%u pairs=%u ticks=%llu loop=%llu\n", sizes[i],
			 BENCH_COUNTED_PAIRS, (unsigned long long)bench_count_pairs(in_turn),
			 (unsigned long long)loop);
		if (trace_start()) {
			pr_plain("cost: no memory for the trace\n");
			return false;
		}
		pr_plain("validator traced classes=%u pairs=%u ticks=%llu loop=%llu\n", sizes[i],
			 BENCH_COUNTED_PAIRS, (unsigned long long)bench_count_pairs(in_turn),
			 (unsigned long long)loop);
		trace_stop();
		pr_plain("validator new classes=%u pairs=1 ticks=%llu loop=0\n", sizes[i],
			 (unsigned long long)ticks_of_new_order(&fresh[i]));
	}
	return true;
}

#else

bool bench_validator(u64 loop)
{
	return true;
}

#endif
