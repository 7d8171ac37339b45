/* module.c: running the modules that were linked in, and the table of their results.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/module.h"

#include <arch/atomic.h>

#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/mode.h"
#include "kernel/names.h"
#include "kernel/sched/sched.h"
#include "lib/err.h"
#include "lib/string.h"

#define MAX_MODULES   64
#define WAIT_LIMIT_MS 30000 /* generous: a virtual CPU may be away for a long time */

/* From the linker script. */
extern const struct module_entry modules_start[], modules_end[];

/* A module, put together from its entries. The counters are atomic: its threads report checks. */
struct module {
	struct module_entry info;
	atomic_t checks_held;
	atomic_t checks_failed;
	bool ran;
	bool passed;
};

#define CHECKS_OF_OURS 2 /* those that module_run() adds to every demo's own */

static struct module modules[MAX_MODULES];
static unsigned int nr_modules;

static struct module *module_find(const char *name)
{
	for (unsigned int i = 0; i < nr_modules; i++) {
		if (!strcmp(modules[i].info.name, name))
			return &modules[i];
	}
	return NULL;
}

static void module_merge(struct module *module, const struct module_entry *entry)
{
	struct module_entry *info = &module->info;

	info->init = entry->init ?: info->init;
	info->exit = entry->exit ?: info->exit;
	info->checks = entry->checks ?: info->checks;
	info->threads = entry->threads ?: info->threads;
}

static void modules_collect(void)
{
	if (nr_modules)
		return;
	for (const struct module_entry *entry = modules_start; entry < modules_end; entry++) {
		struct module *module = module_find(entry->name);

		if (!module) {
			BUG_ON(nr_modules == MAX_MODULES);
			module = &modules[nr_modules++];
			module->info.name = entry->name;
		}
		module_merge(module, entry);
	}
}

static bool module_known(const char *name)
{
	modules_collect();
	return module_find(name);
}

static void modules_print_names(void)
{
	modules_collect();
	for (unsigned int i = 0; i < nr_modules; i++)
		pr_plain("  %s\n", modules[i].info.name);
}

bool module_check(const char *name, bool held, const char *what, const char *file, int line)
{
	struct module *module = module_find(name);

	BUG_ON(!module);
	atomic_inc(held ? &module->checks_held : &module->checks_failed);
	if (!held)
		printk(KERN_ERR "%s: CHECK FAILED: %s (%s:%d)\n", name, what, file, line);
	return held;
}

/* A thread that has ended is freed a moment later, by the next one on its CPU. */
static bool threads_ended(unsigned int before)
{
	for (unsigned int waited = 0; task_count() > before && waited < WAIT_LIMIT_MS; waited++)
		msleep(1);
	return task_count() <= before;
}

/* A demo that checks nothing proves nothing: it does not pass. */
static void module_run(struct module *module)
{
	unsigned long warnings = warn_count();
	unsigned int tasks = task_count();
	int result;

	pr_plain("\n");
	pr_plain("---- %s: %s\n", module->info.name, module->info.checks ?: "");
	module->ran = true;
	result = module->info.init ? module->info.init() : 0;
	if (result) {
		printk(KERN_ERR "%s: init returned %pe\n", module->info.name, ERR_PTR(result));
		return;
	}
	if (module->info.exit)
		module->info.exit();
	module_check(module->info.name, threads_ended(tasks), "all its threads have ended",
		     __FILE__, __LINE__);
	module_check(module->info.name, warn_count() == warnings, "no warning was reported",
		     __FILE__, __LINE__);
	module->passed =
		!atomic_read(&module->checks_failed) &&
		(!module->info.checks || atomic_read(&module->checks_held) > CHECKS_OF_OURS);
}

static void print_table(void)
{
	pr_plain("\n");
	pr_plain("%-19s %-62s %7s  %s\n", "demo", "what it checked", "threads", "result");
	for (unsigned int i = 0; i < nr_modules; i++) {
		const struct module *module = &modules[i];

		if (module->ran)
			pr_plain("%-19s %-62s %7u  %s\n", module->info.name,
				 module->info.checks ?: "", module->info.threads,
				 module->passed ? "passed" : "FAILED");
	}
}

/* Run those in @names, in the order of linking, and print the table of results. */
static enum verdict modules_run(const char *names, u64 seed)
{
	unsigned int passed = 0;
	unsigned int failed = 0;

	modules_collect();
	for (unsigned int i = 0; i < nr_modules; i++) {
		if (!name_in_list(modules[i].info.name, names))
			continue;
		module_run(&modules[i]);
		if (modules[i].passed)
			passed++;
		else
			failed++;
	}
	print_table();
	pr_plain("results: %u passed, %u failed\n", passed, failed);
	return failed ? VERDICT_FAIL : VERDICT_PASS;
}

MODE(run, .noun = "demo", .known = module_known, .print_names = modules_print_names,
     .run = modules_run);
