/* module_run.c: mode=module: what MODULE= named is started, lives for a while, is ended, and judged.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   As on Linux init runs in a thread "insmod" and exit in a thread "rmmod", which end when they return; several
 *   modules are ended in the opposite order. In between the modules' own threads have RUNTIME seconds. One that
 *   waits for threads of which the watchdog has reported that they wait for one another never returns, nor does one that
 *   waits when nobody is left to wake it (module_still.c): that ends the run. Any other that does not return is ended
 *   by the timer of main.c, which asks here what the run was at.
 *
 *   A run is a pass if each init returned 0, each exit was called and returned, nothing is left behind
 *   (module_left.c), and no check has reported anything. A module whose init fails is not ended, and those
 *   behind it are not started, for they may use what it exports. One with users is not ended: rmmod would refuse.
 */
#include "kernel/core/jiffies.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"
#include "kernel/debug/race.h"
#include "kernel/files/programs.h"
#include "kernel/jiffies_variable.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/mode.h"
#include "kernel/module_left.h"
#include "kernel/module_list.h"
#include "kernel/module_param.h"
#include "kernel/module_still.h"
#include "kernel/names.h"
#include "kernel/options.h"
#include "kernel/sched/sched.h"
#include "kernel/wait_graph.h"
#include "kernel/wait_report.h"
#include "lib/err.h"
#include "lib/errno.h"
#include "lib/format.h"

#define PATIENCE_MS 2000
#define LOOK_MS     1000 /* at a thread that has not returned */

/* A module runs for a few seconds, and its races may last for milliseconds: so much more of it is watched. */
#define MODULE_RACE_SKIP 100UL

static char doing[80] = "the modules have not begun"; /* read by the watchdog */

static int doing_pid; /* [a] the thread that does it; 0: several do */

static const char *module_doing(void)
{
	static char text[400];
	int pid = READ_ONCE(doing_pid);
	int used = scnprintf(text, sizeof(text), "%s; it ", doing);

	if (!pid || !wait_describe_pid(pid, text + used, sizeof(text) - (size_t)used))
		return doing;
	return text;
}

/* The code of modules that are gone ends here; NULL: it is not in one piece, for one of the last is not gone. */
static const char *gone_end;

/* From now on nothing may call @module, nor those behind it. */
static void note_gone(const struct module *module)
{
	if (gone_end)
		code_gone(module->code_begin, (size_t)(gone_end - module->code_begin));
}

/* What a thread "insmod" or "rmmod" is to do. */
struct step {
	struct linked_module *module;
	int result;
	struct completion done;
};

static int insmod(void *arg)
{
	struct step *step = arg;
	const struct module_entry *info = &step->module->info;
	const struct context_mark before = context_mark();

	__module_get(info->module); // As on Linux: a module is in use while it begins.
	step->result = info->init();
	module_put(info->module);
	context_check(&before, "init function", info->init);
	complete(&step->done);
	return 0;
}

static int rmmod(void *arg)
{
	struct step *step = arg;
	const struct module_entry *info = &step->module->info;
	const struct context_mark before = context_mark();

	info->exit();
	context_check(&before, "exit function", info->exit);
	note_gone(info->module); // At once, before a callback can come in between.
	complete(&step->done);
	return 0;
}

static struct module_mark mark; /* [I] how things were before the first init */

static bool waits_in_vain(struct task_struct *thread)
{
	unsigned long flags;
	bool is_so;

	if (!task_list_lock(&flags))
		return false;
	is_so = wait_is_in_vain(thread);
	task_list_unlock(flags);
	return is_so;
}

/* Wait until @thread has done @step; returns false if it never will. */
static bool await(struct step *step, struct task_struct *thread)
{
	while (!wait_for_completion_timeout(&step->done, msecs_to_jiffies(LOOK_MS))) {
		if (waits_in_vain(thread))
			return false;
		if (module_is_still(&mark) && !completion_done(&step->done)) {
			module_report_still(&mark, module_doing());
			return false;
		}
	}
	return true;
}

static bool in_vain; /* a step never ends: what is left behind says nothing any more */

/* Have a thread @name call @fn, and wait for it. Returns the result, or an error. One that never ends keeps its step. */
static int run_step(struct linked_module *module, int (*fn)(void *step), const char *name)
{
	struct step *step = kzalloc(sizeof(*step), GFP_KERNEL);
	struct task_struct *thread;
	int result;

	if (!step)
		return -ENOMEM;
	step->module = module;
	init_completion(&step->done);
	thread = kthread_create(fn, step, "%s", name);
	if (IS_ERR(thread)) {
		kfree(step);
		return -ENOMEM;
	}
	get_task_struct(thread);
	WRITE_ONCE(doing_pid, thread->pid);
	wake_up_process(thread);
	if (await(step, thread)) {
		result = step->result;
		kfree(step);
	} else {
		result = -EDEADLK;
		in_vain = true;
		pr_plain(
			"---- %s: it waits in \"%s\" for what never comes, see above, and never returns:"
			" FAILED\n",
			module->info.name, name);
	}
	WRITE_ONCE(doing_pid, 0);
	put_task_struct(thread);
	return result;
}

/* A module that was linked in with MODULE=, and that run=, if it is given, names. */
static bool is_chosen(const struct linked_module *module)
{
	return module->info.module && name_in_list(module->info.name, options.run);
}

static struct linked_module *next_module(unsigned int *i)
{
	struct linked_module *module;

	do {
		module = module_at((*i)++);
	} while (module && !is_chosen(module));
	return module;
}

static void start_module(struct linked_module *module)
{
	const char *name = module->info.name;
	int result = 0;

	pr_plain("---- %s: init\n", name);
	scnprintf(doing, sizeof(doing), "the init of %s has not returned", name);
	if (module->info.init)
		result = run_step(module, insmod, "insmod");
	module->state = result < 0 ? MODULE_REFUSED : MODULE_LIVE;
	module->passed = !result;
	if (in_vain)
		return; // And that was said.
	if (result < 0)
		pr_plain("---- %s: init returned %d, which is %pe: FAILED\n", name, result,
			 ERR_PTR(result));
	else if (result > 0)
		pr_plain("---- %s: init returned %d, and must return 0 or a negative error: it is "
			 "started anyway, as Linux does: FAILED\n",
			 name, result);
}

/* A thread may be about to say that it needs the module no more. */
static bool wait_for_users(struct linked_module *module)
{
	unsigned int waited = 0;

	while (!module_stop(module->info.module) && waited++ < PATIENCE_MS)
		msleep(1);
	return waited <= PATIENCE_MS;
}

static void end_module(struct linked_module *module)
{
	const char *name = module->info.name;

	if (!wait_for_users(module)) {
		pr_plain("---- %s: it is in use by %d (try_module_get() without module_put()), and "
			 "rmmod would be refused: FAILED\n",
			 name, module_refcount(module->info.module));
		return;
	}
	if (module->info.init && !module->info.exit) {
		pr_plain("---- %s: it has no module_exit(), and rmmod would be refused: FAILED\n",
			 name);
		return;
	}
	pr_plain("---- %s: exit\n", name);
	scnprintf(doing, sizeof(doing), "the exit of %s has not returned", name);
	if (!module->info.exit || !run_step(module, rmmod, "rmmod"))
		module->state = MODULE_GONE;
}

/* End them, the last one first: in memory, too, it is behind those before it. */
static void end_modules(void)
{
	struct linked_module *module, *last = NULL;
	unsigned int n = 0;

	while ((module = next_module(&n)))
		last = module;
	gone_end = last ? last->info.module->code_end : NULL;
	for (n--; n-- > 0;) {
		module = module_at(n);
		if (!is_chosen(module))
			continue;
		if (module->state == MODULE_LIVE)
			end_module(module);
		if (module->state == MODULE_LIVE)
			gone_end = NULL;
		note_gone(module->info.module);
	}
}

/* Start them in the order of linking. Returns whether all could be. */
static bool start_modules(void)
{
	struct linked_module *module;
	unsigned int i = 0;

	while ((module = next_module(&i))) {
		start_module(module);
		if (module->state != MODULE_LIVE)
			return false;
	}
	return true;
}

/* Returns false if a program that runs the modules' code does not end. */
static bool live(void)
{
	unsigned int ms = (unsigned int)options.runtime * 1000;
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	bool ended = true;

	scnprintf(doing, sizeof(doing), "the modules were running");
	pr_plain("---- init is done; exit in %lu s\n", options.runtime);
	if (*options.ops)
		ended = programs_run(options.ops, ms);
	if (time_before(jiffies, end))
		msleep(jiffies_to_msecs(end - jiffies));
	programs_unused();
	return ended;
}

static enum verdict judge(unsigned int left, bool warned)
{
	unsigned int passed = 0, failed = 0, i = 0;
	struct linked_module *module;

	while ((module = next_module(&i))) {
		if (module->state == MODULE_GONE && module->passed && !left && !warned)
			passed++;
		else
			failed++;
	}
	if (left)
		pr_plain("%u things were left behind, see above: not a pass\n", left);
	pr_plain("results: %u passed, %u failed\n", passed, failed);
	return failed ? VERDICT_FAIL : VERDICT_PASS;
}

/* For those that have it as a variable. */
static void count_jiffies(void)
{
	struct linked_module *module;
	bool wanted = false;
	unsigned int i = 0;

	while ((module = next_module(&i)))
		wanted |= module->info.reads_jiffies;
	if (wanted)
		jiffies_variable_start();
}

static enum verdict modules_run(const char *names, u64 seed)
{
	unsigned long warnings = warn_count();
	unsigned int left = 0;
	bool all_started, all_ended = true;

	if (!module_params_set(options.params) || !programs_known(options.ops))
		return VERDICT_USAGE;
	count_jiffies();
	if (options.race_skip == RACE_SKIP)
		race_set_skip(MODULE_RACE_SKIP);
	mark = module_mark();
	all_started = start_modules();
	if (all_started)
		all_ended = live();
	if (all_ended)
		end_modules();
	scnprintf(doing, sizeof(doing), "the modules have ended");
	if (!in_vain)
		left = module_left(&mark);
	return judge(left, warn_count() != warnings);
}

static bool module_known(const char *name)
{
	const struct linked_module *module = module_find(name);

	return module && module->info.module;
}

static void print_names(void)
{
	const struct linked_module *module;

	for (unsigned int i = 0; (module = module_at(i)); i++) {
		if (module->info.module)
			pr_plain("  %s\n", module->info.name);
	}
}

MODE(module, .noun = "module", .known = module_known, .print_names = print_names,
     .run = modules_run, .doing = module_doing);
