/* bench.c: the registry of benchmarks, and the two modes that run them.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Two kinds of figures, because one machine cannot give both. Instructions are counted on a machine
 *   that executes one in each nanosecond of its own time (count.c): the same in every run, so they may
 *   be a limit. Times come from a machine whose CPUs run when the host lets them: a host's slow spells
 *   last seconds and double a mean, so every measurement is a short round, the rounds of all rows take
 *   turns, and passes over everything repeat until the time is up. The best round is what repeats.
 */
#include "kernel/bench/bench.h"

#include <arch/clock.h>

#include "kernel/core/panic.h"
#include "kernel/core/timer.h"
#include "kernel/kthread.h"
#include "kernel/mode.h"
#include "kernel/names.h"
#include "kernel/options.h"
#include "lib/string.h"

static const char *chosen; /* [I] of the run: names with commas between them, or "" */

bool bench_is_chosen(const struct bench *row)
{
	return name_in_list(row->name, chosen);
}

static bool bench_known(const char *name)
{
	for (const struct bench *row = benches_start; row < benches_end; row++) {
		if (!strcmp(row->name, name))
			return true;
	}
	return false;
}

/* A lock has up to two rows of one name: it is named by the first. */
static bool is_first_of_name(const struct bench *row)
{
	for (const struct bench *before = benches_start; before < row; before++) {
		if (!strcmp(before->name, row->name))
			return false;
	}
	return true;
}

static void bench_print_names(void)
{
	for (const struct bench *row = benches_start; row < benches_end; row++) {
		if (is_first_of_name(row))
			pr_plain("  %s\n", row->name);
	}
}

void bench_start(int (*fn)(void *arg), void *arg, u32 cpu)
{
	struct task_struct *task = kthread_create(fn, arg, "bench/%u", cpu);

	if (IS_ERR(task))
		panic("no memory for the threads of a benchmark");
	kthread_bind(task, cpu);
	wake_up_process(task);
}

static void stay_on_first_cpu(void)
{
	struct cpumask mask = { 0 };

	cpumask_set_cpu(0, &mask);
	set_cpus_allowed_ptr(current, &mask);
}

static enum verdict cost_run(const char *names, u64 seed)
{
	chosen = names;
	stay_on_first_cpu();
	return bench_count() ? VERDICT_PASS : VERDICT_FAIL;
}

static enum verdict bench_run(const char *names, u64 seed)
{
	u64 end = clock_ns() + options.seconds * NSEC_PER_SEC;
	bool right = true;
	unsigned int passes = 0;

	chosen = names;
	stay_on_first_cpu();
	bench_contests_init();
	do {
		bench_uncontended();
		bench_trips();
		right &= bench_contests();
		pr_plain("pass %u\n", ++passes);
	} while (clock_ns() < end);
	bench_uncontended_print();
	return right ? VERDICT_PASS : VERDICT_FAIL;
}

MODE(cost, .noun = "benchmark", .known = bench_known, .print_names = bench_print_names,
     .run = cost_run);
MODE(bench, .noun = "benchmark", .known = bench_known, .print_names = bench_print_names,
     .run = bench_run);
