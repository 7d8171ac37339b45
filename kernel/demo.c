/* demo.c: mode=run: running the modules that are built in, and the table of their results.
 * SPDX-License-Identifier: MIT
 */
#include <arch/atomic.h>

#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/vmalloc.h"
#include "kernel/locking/lockdep.h"
#include "kernel/mode.h"
#include "kernel/module_list.h"
#include "kernel/names.h"
#include "kernel/sched/sched.h"
#include "lib/err.h"
#include "lib/string.h"

#define WAIT_LIMIT_MS  30000 /* generous: a virtual CPU may be away for a long time */
#define CHECKS_OF_OURS 2     /* those that demo_run() adds to every demo's own */

static bool demo_known(const char *name)
{
	const struct linked_module *module = module_find(name);

	return module && !module->info.module;
}

static void demos_print_names(void)
{
	const struct linked_module *module;

	for (unsigned int i = 0; (module = module_at(i)); i++) {
		if (!module->info.module)
			pr_plain("  %s\n", module->info.name);
	}
}

/* From the linker script. */
extern char demos_data_start[], demos_data_end[], rodata_start[], demos_rodata_end[];

/*
 * Who loads a module again finds its variables as they are in its file. A demo is linked in; so what they all
 * are before the first is kept, and put back before one is run again, when none runs; and the validator forgets its
 * locks, as it does when a module is unloaded. Not for per-CPU variables.
 */
static bool begin_anew(bool again)
{
	static void *kept;
	size_t size = (size_t)(demos_data_end - demos_data_start);

	if (!size)
		return true; // This kernel has none: its modules are another's.
	if (!kept) {
		kept = vmalloc(size);
		if (kept)
			memcpy(kept, demos_data_start, size);
	} else if (again) {
		lockdep_free_key_range(demos_data_start, size);
		lockdep_free_key_range(rodata_start, (size_t)(demos_rodata_end - rodata_start));
		memcpy(demos_data_start, kept, size);
	}
	return kept;
}

/* A thread that has ended is freed a moment later, by the next one on its CPU. */
static bool threads_ended(unsigned int before)
{
	for (unsigned int waited = 0; task_count() > before && waited < WAIT_LIMIT_MS; waited++)
		msleep(1);
	return task_count() <= before;
}

/* Of a demo that ran, some threads go on: as long as there are more than these, what they use is not put back. 0: none do. */
static unsigned int threads_before;

/* A demo that checks nothing proves nothing: it does not pass. */
static void demo_run(struct linked_module *module)
{
	unsigned long warnings = warn_count();
	unsigned int tasks = task_count();
	int result;

	pr_plain("\n");
	pr_plain("---- %s: %s\n", module->info.name, module->info.checks ?: "");
	module->passed = false;
	if (threads_before && task_count() > threads_before) {
		pr_err("%s: threads of a demo before it have not ended: their variables stay as they are\n",
		       module->info.name);
		return;
	}
	if (!begin_anew(module->ran)) {
		pr_err("%s: no memory to keep the demos' variables\n", module->info.name);
		return;
	}
	atomic_set(&module->checks_held, 0);
	atomic_set(&module->checks_failed, 0);
	module->ran = true;
	result = module->info.init ? module->info.init() : 0;
	if (result)
		printk(KERN_ERR "%s: init returned %pe\n", module->info.name, ERR_PTR(result));
	else if (module->info.exit)
		module->info.exit();
	threads_before = threads_ended(tasks) ? 0 : tasks;
	if (result)
		return;
	module_check(module->info.name, !threads_before, "all its threads have ended", __FILE__,
		     __LINE__);
	module_check(module->info.name, warn_count() == warnings, "no warning was reported",
		     __FILE__, __LINE__);
	module->passed =
		!atomic_read(&module->checks_failed) &&
		(!module->info.checks || atomic_read(&module->checks_held) > CHECKS_OF_OURS);
}

static void print_table(void)
{
	const struct linked_module *module;

	pr_plain("\n");
	pr_plain("%-19s %-62s %7s  %s\n", "demo", "what it checked", "threads", "result");
	for (unsigned int i = 0; (module = module_at(i)); i++) {
		if (module->ran)
			pr_plain("%-19s %-62s %7u  %s\n", module->info.name,
				 module->info.checks ?: "", module->info.threads,
				 module->passed ? "passed" : "FAILED");
	}
}

/* Run those in @names, in the order of linking, and print the table of results. */
static enum verdict demos_run(const char *names, u64 seed)
{
	struct linked_module *module;
	unsigned int passed = 0;
	unsigned int failed = 0;

	for (unsigned int i = 0; (module = module_at(i)); i++) {
		if (module->info.module || !name_in_list(module->info.name, names))
			continue;
		demo_run(module);
		if (module->passed)
			passed++;
		else
			failed++;
	}
	print_table();
	pr_plain("results: %u passed, %u failed\n", passed, failed);
	return failed ? VERDICT_FAIL : VERDICT_PASS;
}

MODE(run, .noun = "demo", .known = demo_known, .print_names = demos_print_names, .run = demos_run);
