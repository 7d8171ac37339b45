/* cpumask.h: sets of CPUs.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/bitops.h>

#include "kernel/base/config.h"
#include "lib/bitmap.h"

typedef struct cpumask {
	DECLARE_BITMAP(bits, NR_CPUS);
} cpumask_t;

static inline bool cpumask_test_cpu(u32 cpu, const struct cpumask *mask)
{
	return test_bit(cpu, mask->bits);
}

/* The atomic forms: any CPU may change the set at the same time. */
static inline void cpumask_set_cpu(u32 cpu, struct cpumask *mask)
{
	set_bit(cpu % BITS_PER_LONG, &mask->bits[cpu / BITS_PER_LONG]);
}

static inline void cpumask_clear_cpu(u32 cpu, struct cpumask *mask)
{
	clear_bit(cpu % BITS_PER_LONG, &mask->bits[cpu / BITS_PER_LONG]);
}

static inline bool cpumask_test_and_clear_cpu(u32 cpu, struct cpumask *mask)
{
	return test_and_clear_bit(cpu % BITS_PER_LONG, &mask->bits[cpu / BITS_PER_LONG]);
}

static inline void cpumask_setall(struct cpumask *mask)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(mask->bits); i++)
		mask->bits[i] = ~0UL;
}

/* The set of @cpu alone. */
static inline struct cpumask cpumask_of_cpu(u32 cpu)
{
	struct cpumask mask = { { 0 } };

	mask.bits[cpu / BITS_PER_LONG] = BIT(cpu % BITS_PER_LONG);
	return mask;
}

/* Make @to, which nobody else changes meanwhile, the CPUs of @a and those of @b. */
static inline void cpumask_or(struct cpumask *to, const struct cpumask *a, const struct cpumask *b)
{
	bitmap_or(to->bits, a->bits, b->bits, NR_CPUS);
}

/*
 * The CPUs that there are, and those of them that run threads: they only grow, while the machine boots. All that are
 * there are possible and present. Numbers are below nr_cpu_ids.
 */
extern struct cpumask cpus_possible, cpus_online;
#define cpu_possible_mask ((const struct cpumask *)&cpus_possible)
#define cpu_present_mask  ((const struct cpumask *)&cpus_possible)
#define cpu_online_mask   ((const struct cpumask *)&cpus_online)
#define cpu_active_mask   ((const struct cpumask *)&cpus_online)
#define cpu_possible(cpu) cpumask_test_cpu((cpu), cpu_possible_mask)
#define cpu_present(cpu)  cpumask_test_cpu((cpu), cpu_present_mask)
#define cpu_online(cpu)   cpumask_test_cpu((cpu), cpu_online_mask)
#define cpu_active(cpu)   cpumask_test_cpu((cpu), cpu_active_mask)

/* The first CPU in both sets, or NR_CPUS. */
static inline u32 cpumask_first_and(const struct cpumask *a, const struct cpumask *b)
{
	for (u32 i = 0; i < ARRAY_SIZE(a->bits); i++) {
		unsigned long both = READ_ONCE(a->bits[i]) & READ_ONCE(b->bits[i]);

		if (both)
			return i * BITS_PER_LONG + __ffs(both);
	}
	return NR_CPUS;
}
