/* cpumask_test.c: sets of CPUs, against a set of flags; calls to those in a set.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/cpumask_ops.h"

#include "kernel/core/smpcall.h"
#include "kernel/test/lock_test.h"

TEST(cpumask_of_this_machine)
{
	unsigned int cpu, n = 0, seen = 0;

	EXPECT_EQ(cpumask_weight(cpu_possible_mask), nr_cpu_ids);
	EXPECT_EQ(cpumask_weight(cpu_online_mask), num_online_cpus());
	EXPECT(cpumask_subset(cpu_online_mask, cpu_present_mask));
	for_each_online_cpu(cpu)
		n++;
	for_each_cpu(cpu, cpu_online_mask) {
		EXPECT(cpu_online(cpu) && cpu_possible(cpu) && cpu_by_id(cpu)->online);
		seen++;
	}
	EXPECT_EQ(seen, n);
	EXPECT_EQ(n, num_online_cpus());
	seen = 0;
	for_each_present_cpu(cpu)
		seen++;
	EXPECT_EQ(seen, num_present_cpus());
	EXPECT_EQ(cpumask_first(cpumask_of(nr_cpu_ids - 1)), nr_cpu_ids - 1);
	EXPECT(!cpu_online(NR_CPUS - 1) || nr_cpu_ids == NR_CPUS);
}

/* Bits of a number stand for the CPUs. What lies beyond nr_cpu_ids must not matter. */
static void fill(struct cpumask *mask, unsigned int bits)
{
	cpumask_clear(mask);
	for (u32 cpu = 0; cpu < nr_cpu_ids && cpu < 32; cpu++) {
		if (bits >> cpu & 1)
			cpumask_set_cpu(cpu, mask);
	}
	if (nr_cpu_ids < NR_CPUS)
		__cpumask_set_cpu(NR_CPUS - 1, mask);
}

static unsigned int bits_of(const struct cpumask *mask)
{
	unsigned int bits = 0, cpu;

	for_each_cpu(cpu, mask)
		bits |= 1U << cpu;
	return bits;
}

/* Each CPU of @mask once: first those from @start, then those below it. */
static void expect_wrapped(const struct cpumask *mask, unsigned int start)
{
	unsigned int seen = 0, last = 0, n = 0, cpu;

	for_each_cpu_wrap(cpu, mask, start)
	{
		unsigned int place = (cpu + nr_cpu_ids - start) % nr_cpu_ids;

		EXPECT(cpumask_test_cpu(cpu, mask) && (!n || place > last));
		last = place;
		seen |= 1U << cpu;
		n++;
	}
	EXPECT(cpu >= nr_cpu_ids);
	EXPECT_EQ(seen, bits_of(mask));
}

TEST(cpumask_operations)
{
	unsigned int all = nr_cpu_ids < 32 ? (1U << nr_cpu_ids) - 1 : ~0U, cpu, gone = 0;
	struct rand_state rand = test_seed();
	struct cpumask x, y, z;

	if (nr_cpu_ids > 31)
		SKIP("more CPUs than an int has bits");
	for (int round = 0; round < 500; round++) {
		unsigned int a = (u32)rand_next(&rand) & all, b = (u32)rand_next(&rand) & all;

		fill(&x, a);
		fill(&y, b);
		EXPECT_EQ(bits_of(&x), a);
		EXPECT_EQ(cpumask_weight(&x), hweight32(a));
		EXPECT_EQ(cpumask_empty(&x), !a);
		EXPECT_EQ(cpumask_full(&x), a == all);
		EXPECT_EQ(cpumask_equal(&x, &y), a == b);
		EXPECT_EQ(cpumask_intersects(&x, &y), (a & b) != 0);
		EXPECT_EQ(cpumask_subset(&x, &y), !(a & ~b));
		EXPECT_EQ(cpumask_first(&x), a ? __ffs(a) : nr_cpu_ids);
		EXPECT_EQ(cpumask_last(&x), a ? __fls(a) : nr_cpu_ids);
		EXPECT_EQ(cpumask_any_but(&x, cpumask_first(&x)),
			  a & (a - 1) ? __ffs(a & (a - 1)) : nr_cpu_ids);
		EXPECT_EQ(cpumask_any_and(&x, &y), a & b ? __ffs(a & b) : nr_cpu_ids);
		EXPECT_EQ(cpumask_and(&z, &x, &y), (a & b) != 0);
		EXPECT_EQ(bits_of(&z), a & b);
		cpumask_or(&z, &x, &y);
		EXPECT_EQ(bits_of(&z), a | b);
		cpumask_xor(&z, &x, &y);
		EXPECT_EQ(bits_of(&z), a ^ b);
		EXPECT_EQ(cpumask_andnot(&z, &x, &y), (a & ~b) != 0);
		EXPECT_EQ(bits_of(&z), a & ~b);
		cpumask_complement(&z, &x);
		EXPECT_EQ(bits_of(&z), ~a & all);
		for_each_cpu_not(cpu, &x)
			gone |= 1U << cpu;
		EXPECT_EQ(gone, ~a & all);
		gone = 0;
		for_each_cpu_and(cpu, &x, &y)
			gone |= 1U << cpu;
		EXPECT_EQ(gone, a & b);
		gone = 0;
		for_each_cpu_andnot(cpu, &x, &y) gone |= 1U << cpu;
		EXPECT_EQ(gone, a & ~b);
		expect_wrapped(&x, rand_below(&rand, nr_cpu_ids));
		gone = 0;
	}
	cpumask_copy(&x, cpu_possible_mask);
	EXPECT(cpumask_test_and_clear_cpu(0, &x) && !cpumask_test_and_set_cpu(0, &x));
	__cpumask_clear_cpu(0, &x);
	EXPECT(!cpumask_test_cpu(0, &x));
}

static u32 called[NR_CPUS]; /* [a] each CPU its own */

static void note_call(void *unused)
{
	u32 *mine = &called[smp_processor_id()];

	WRITE_ONCE(*mine, *mine + 1);
}

static bool is_even(int cpu, void *unused)
{
	return cpu % 2 == 0;
}

/* Whether exactly the CPUs of @mask, this one only if @here, were called, once. Forgets it. */
static void expect_called(const struct cpumask *mask, bool here)
{
	unsigned int cpu;

	for_each_cpu(cpu, cpu_possible_mask) {
		bool wanted = cpu_online(cpu) && cpumask_test_cpu(cpu, mask) &&
			      (here || cpu != smp_processor_id());

		EXPECT_EQ(READ_ONCE(called[cpu]), wanted);
		WRITE_ONCE(called[cpu], 0);
	}
}

TEST(smpcall_to_a_set)
{
	struct cpumask mask, before = current->cpus_allowed;
	struct rand_state rand = test_seed();

	EXPECT_EQ(set_cpus_allowed_ptr(current, cpumask_of(test_cpu(1))), 0);
	for (int round = 0; round < 50; round++) {
		fill(&mask, (u32)rand_next(&rand));
		on_each_cpu_mask(&mask, note_call, NULL, true);
		expect_called(&mask, true);
		smp_call_function_many(&mask, note_call, NULL, true);
		expect_called(&mask, false);
	}
	fill(&mask, 0x55555555);
	on_each_cpu_cond(is_even, note_call, NULL, true);
	if (nr_cpu_ids < 32)
		expect_called(&mask, true);
	on_each_cpu_cond_mask(is_even, note_call, NULL, true, cpumask_of(test_cpu(0)));
	expect_called(cpumask_of(test_cpu(0)), true);
	EXPECT_EQ(smp_call_function_any(cpu_online_mask, note_call, NULL, true), 0);
	expect_called(cpumask_of(test_cpu(1)), true);
	EXPECT_EQ(smp_call_function_any(cpumask_of(test_cpu(0)), note_call, NULL, true), 0);
	expect_called(cpumask_of(test_cpu(0)), true);
	EXPECT_EQ(set_cpus_allowed_ptr(current, &before), 0);
}
