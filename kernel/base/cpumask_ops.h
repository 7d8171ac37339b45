/* cpumask_ops.h: the rest of Linux's functions on sets of CPUs, for modules.
 * SPDX-License-Identifier: MIT
 *
 * A number that is not below nr_cpu_ids means: no CPU. Those that write are for sets that nobody else changes
 * meanwhile, but for cpumask_set_cpu() and its kin in cpumask.h.
 */
#pragma once

#include "kernel/base/cpu.h"
#include "kernel/base/cpumask.h"
#include "kernel/base/percpu.h"

#define nr_cpu_ids      nr_cpus
#define nr_cpumask_bits nr_cpu_ids

#define num_possible_cpus() nr_cpus
#define num_present_cpus()  nr_cpus
#define num_active_cpus()   num_online_cpus()

#define for_each_present_cpu(cpu) for_each_possible_cpu(cpu)

/* A set of CPU @cpu alone; it lives as long as the block in which it stands. */
#define cpumask_of(cpu) ((const struct cpumask[1]){ cpumask_of_cpu(cpu) })

#define CPU_MASK_NONE                                                                              \
	{                                                                                          \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}
#define CPU_MASK_ALL                                                                               \
	{                                                                                          \
		.bits = { [0 ... BITS_TO_LONGS(NR_CPUS) - 1] = ~0UL }                              \
	}

static inline unsigned int cpumask_first(const struct cpumask *mask)
{
	return (unsigned int)find_first_bit(mask->bits, nr_cpu_ids);
}

static inline unsigned int cpumask_first_zero(const struct cpumask *mask)
{
	return (unsigned int)find_first_zero_bit(mask->bits, nr_cpu_ids);
}

static inline unsigned int cpumask_last(const struct cpumask *mask)
{
	return (unsigned int)find_last_bit(mask->bits, nr_cpu_ids);
}

/* The next after @cpu, which is -1 for the first. */
static inline unsigned int cpumask_next(int cpu, const struct cpumask *mask)
{
	return (unsigned int)find_next_bit(mask->bits, nr_cpu_ids, (unsigned long)(cpu + 1));
}

static inline unsigned int cpumask_next_zero(int cpu, const struct cpumask *mask)
{
	return (unsigned int)find_next_zero_bit(mask->bits, nr_cpu_ids, (unsigned long)(cpu + 1));
}

static inline unsigned int cpumask_next_and(int cpu, const struct cpumask *a,
					    const struct cpumask *b)
{
	return (unsigned int)find_next_and_bit(a->bits, b->bits, nr_cpu_ids,
					       (unsigned long)(cpu + 1));
}

static inline unsigned int cpumask_next_andnot(int cpu, const struct cpumask *a,
					       const struct cpumask *b)
{
	return (unsigned int)find_next_andnot_bit(a->bits, b->bits, nr_cpu_ids,
						  (unsigned long)(cpu + 1));
}

#define cpumask_any(mask)     cpumask_first(mask)
#define cpumask_any_and(a, b) cpumask_next_and(-1, (a), (b))
#define cpumask_any_but(mask, cpu)                                                                 \
	({                                                                                         \
		unsigned int __but = (cpu), __any = cpumask_first(mask);                           \
		__any == __but ? cpumask_next((int)__any, (mask)) : __any;                         \
	})

#define for_each_cpu(cpu, mask)                                                                    \
	for ((cpu) = cpumask_first(mask); (unsigned int)(cpu) < nr_cpu_ids;                        \
	     (cpu) = cpumask_next((int)(cpu), (mask)))
#define for_each_cpu_not(cpu, mask)                                                                \
	for ((cpu) = cpumask_first_zero(mask); (unsigned int)(cpu) < nr_cpu_ids;                   \
	     (cpu) = cpumask_next_zero((int)(cpu), (mask)))
#define for_each_cpu_and(cpu, a, b)                                                                \
	for ((cpu) = cpumask_next_and(-1, (a), (b)); (unsigned int)(cpu) < nr_cpu_ids;             \
	     (cpu) = cpumask_next_and((int)(cpu), (a), (b)))

#define for_each_cpu_andnot(cpu, a, b)                                                             \
	for ((cpu) = cpumask_next_andnot(-1, (a), (b)); (unsigned int)(cpu) < nr_cpu_ids;          \
	     (cpu) = cpumask_next_andnot((int)(cpu), (a), (b)))

/* for_each_cpu_wrap - all of @mask, from @start upward, then those below it. */
#define for_each_cpu_wrap(cpu, mask, start)                                                        \
	for (unsigned int __left = ((cpu) = __cpumask_wrap((unsigned int)(start), (mask)),         \
				   cpumask_weight(mask));                                          \
	     __left;                                                                               \
	     (cpu) = --__left ? __cpumask_wrap((unsigned int)(cpu) + 1, (mask)) : nr_cpu_ids)

static inline unsigned int __cpumask_wrap(unsigned int from, const struct cpumask *mask)
{
	unsigned int cpu = cpumask_next((int)from - 1, mask);

	return cpu < nr_cpu_ids ? cpu : cpumask_first(mask);
}

static inline void cpumask_clear(struct cpumask *mask)
{
	bitmap_zero(mask->bits, NR_CPUS);
}

static inline void cpumask_copy(struct cpumask *to, const struct cpumask *from)
{
	bitmap_copy(to->bits, from->bits, NR_CPUS);
}

static inline bool cpumask_and(struct cpumask *to, const struct cpumask *a, const struct cpumask *b)
{
	return bitmap_and(to->bits, a->bits, b->bits, nr_cpu_ids);
}

static inline bool cpumask_andnot(struct cpumask *to, const struct cpumask *a,
				  const struct cpumask *b)
{
	return bitmap_andnot(to->bits, a->bits, b->bits, nr_cpu_ids);
}

static inline void cpumask_xor(struct cpumask *to, const struct cpumask *a, const struct cpumask *b)
{
	bitmap_xor(to->bits, a->bits, b->bits, NR_CPUS);
}

static inline void cpumask_complement(struct cpumask *to, const struct cpumask *from)
{
	bitmap_complement(to->bits, from->bits, NR_CPUS);
}

static inline bool cpumask_test_and_set_cpu(u32 cpu, struct cpumask *mask)
{
	return test_and_set_bit(cpu % BITS_PER_LONG, &mask->bits[cpu / BITS_PER_LONG]);
}

static inline void __cpumask_set_cpu(u32 cpu, struct cpumask *mask)
{
	__set_bit(cpu, mask->bits);
}

static inline void __cpumask_clear_cpu(u32 cpu, struct cpumask *mask)
{
	__clear_bit(cpu, mask->bits);
}

static inline unsigned int cpumask_weight(const struct cpumask *mask)
{
	return (unsigned int)bitmap_weight(mask->bits, nr_cpu_ids);
}

static inline bool cpumask_empty(const struct cpumask *mask)
{
	return bitmap_empty(mask->bits, nr_cpu_ids);
}

static inline bool cpumask_full(const struct cpumask *mask)
{
	return bitmap_full(mask->bits, nr_cpu_ids);
}

static inline bool cpumask_equal(const struct cpumask *a, const struct cpumask *b)
{
	return bitmap_equal(a->bits, b->bits, nr_cpu_ids);
}

static inline bool cpumask_intersects(const struct cpumask *a, const struct cpumask *b)
{
	return bitmap_intersects(a->bits, b->bits, nr_cpu_ids);
}

static inline bool cpumask_subset(const struct cpumask *a, const struct cpumask *b)
{
	return bitmap_subset(a->bits, b->bits, nr_cpu_ids);
}

/* A set that Linux may have to allocate: here it is one, in place. Never fails. */
typedef struct cpumask cpumask_var_t[1];

static inline bool alloc_cpumask_var(cpumask_var_t *mask, unsigned int flags)
{
	return true;
}

static inline bool zalloc_cpumask_var(cpumask_var_t *mask, unsigned int flags)
{
	cpumask_clear(*mask);
	return true;
}

static inline void free_cpumask_var(cpumask_var_t mask)
{
}

#define cpumask_bits(mask)    ((mask)->bits)
#define cpumask_size()        sizeof(struct cpumask)
#define cpumask_pr_args(mask) nr_cpu_ids, cpumask_bits(mask)
