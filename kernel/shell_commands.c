/* shell_commands.c: what the shell can do.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/shell.h"

#include <arch/cpu.h>

#include "kernel/base/held.h"
#include "kernel/base/trace.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/printk_ring.h"
#include "kernel/debug/lockdep_stats.h"
#include "kernel/debug/lockstat_report.h"
#include "kernel/debug/trace_dump.h"
#include "kernel/main.h"
#include "kernel/mode.h"
#include "kernel/module_list.h"
#include "kernel/names.h"
#include "kernel/options.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/signal.h"
#include "kernel/shell_explore.h"
#include "kernel/shell_load.h"
#include "kernel/wait_report.h"
#include "lib/format.h"
#include "lib/kstrtox.h"
#include "lib/string.h"

#define TEXT        200
#define LOCKS_SHOWN 8
#define SECONDS_MAX 3600

/* ---- Modes: demos, tests, torture, scenarios ---------------------------------------------------- */

static const char *verdict_text(enum verdict verdict)
{
	return verdict == VERDICT_PASS ? "passed" : "FAILED";
}

static void run_mode(const char *name, const char *names)
{
	const struct mode *mode = mode_find(name);
	char unknown[64];

	if (!mode) {
		pr_plain("%s: this kernel has nothing of that kind", name);
	} else if (!names_all_known(names, mode->known, unknown, sizeof(unknown))) {
		pr_plain("there is no %s %s; there are:", mode->noun, unknown);
		mode->print_names();
	} else {
		pr_plain("%s: %s", name, verdict_text(mode->run(names, options.seed)));
	}
}

static void run_demos(char *args)
{
	run_mode("run", args);
}

static void run_tests(char *args)
{
	run_mode("test", args);
}

static bool has_modules(void)
{
	const struct linked_module *module;

	for (unsigned int i = 0; (module = module_at(i)); i++) {
		if (module->info.module)
			return true;
	}
	return false;
}

static void run_modules(char *args)
{
	static bool ran;

	if (!has_modules()) {
		pr_plain(
			"module: there is none in this kernel; on the host: make shell MODULE=foo.c");
	} else if (ran) {
		pr_plain("module: its variables are no longer as they begin; `reboot` begins anew");
	} else {
		ran = true;
		run_mode("module", "");
	}
}

static void run_torture(char *args)
{
	const char *names = strsep(&args, " ");
	unsigned long seconds = 3;

	if (args && (kstrtoul(strim(args), 10, &seconds) || !seconds || seconds > SECONDS_MAX)) {
		pr_plain("torture: %s: give seconds from 1 to %d", args, SECONDS_MAX);
		return;
	}
	options.seconds = seconds;
	run_mode("torture", names);
}

/* ---- Threads ------------------------------------------------------------------------------------ */

/* The thread that @args names by its number, with a reference; NULL, and said: none. */
static struct task_struct *task_named(const char *command, const char *args)
{
	struct task_struct *task, *found = NULL;
	unsigned long flags;
	int pid;

	if (kstrtoint(args, 10, &pid)) {
		pr_plain("%s: %s: give the number of a thread; `ps` lists them", command,
			 *args ? args : "(nothing)");
		return NULL;
	}
	if (!task_list_lock(&flags))
		return NULL;
	for_each_task(task)
	{
		if (task->pid == pid && pid != 0)
			found = get_task_struct(task);
	}
	task_list_unlock(flags);
	if (!found)
		pr_plain("%s: there is no thread %d; `ps` lists them", command, pid);
	return found;
}

static void list_threads(char *args)
{
	struct task_struct *task;
	unsigned long flags;
	char text[TEXT];

	if (!task_list_lock(&flags))
		return;
	for_each_task(task)
	{
		task_describe(task, text, sizeof(text));
		pr_plain("%s", text);
	}
	task_list_unlock(flags);
}

static void print_thread(char *args)
{
	struct task_struct *task = task_named("bt", args);
	unsigned long flags;

	if (!task)
		return;
	if (task_list_lock(&flags)) {
		wait_print_thread(task);
		task_list_unlock(flags);
	}
	put_task_struct(task);
}

static void kill_thread(char *args)
{
	struct task_struct *task = task_named("kill", args);

	if (!task)
		return;
	if (send_sig(SIGKILL, task, 0) || !signal_pending(task))
		pr_plain(
			"kill: thread %d listens to no signals, as kernel threads do: it was sent none",
			task->pid);
	put_task_struct(task);
}

static void list_cpus(char *args)
{
	char text[TEXT];
	u32 id;

	for_each_online_cpu(id) {
		const struct cpu *cpu = cpu_by_id(id);

		panic_describe_task(READ_ONCE(cpu->running), text, sizeof(text));
		pr_plain("cpu%u: %lu switches, %lu interrupts, %u spinlocks held; runs %s", id,
			 READ_ONCE(cpu->nr_switches), READ_ONCE(cpu->nr_irqs),
			 READ_ONCE(cpu->nr_held), text);
	}
}

/* ---- Locks -------------------------------------------------------------------------------------- */

static void print_locks_of(struct task_struct *task)
{
	struct held_lock held[LOCKS_SHOWN];
	u32 n = held_locks(task, NULL, held, LOCKS_SHOWN);
	struct thread_wait wait;
	char text[TEXT];

	for (u32 i = 0; i < n; i++)
		pr_plain("\"%s\" (%px): held by thread %d \"%s\", taken at %pS",
			 held[i].name ?: "?", held[i].lock, task->pid, task->comm,
			 (void *)held[i].where);
	if (wait_of(task, &wait)) {
		wait_describe(task, text, sizeof(text));
		pr_plain("thread %d \"%s\" %s", task->pid, task->comm, text);
	}
}

static void list_locks(char *args)
{
	struct task_struct *task;
	unsigned long flags;
	u32 id;

	if (!CONFIG_CHECKED) {
		pr_plain("locks: the fast profile does not record who holds what");
		return;
	}
	if (!task_list_lock(&flags))
		return;
	for_each_task(task)
	{
		print_locks_of(task);
	}
	task_list_unlock(flags);
	for_each_online_cpu(id) {
		if (READ_ONCE(cpu_by_id(id)->nr_held))
			panic_print_held(cpu_by_id(id));
	}
}

static void print_deadlocks(char *args)
{
	unsigned int circles = wait_graph_report();

	pr_plain("deadlock: %u circles of threads that wait for one another", circles);
}

static void print_lockdep(char *args)
{
	lockdep_stats_print();
}

static void lock_statistics(char *args)
{
	if (!CONFIG_CHECKED)
		pr_plain("lockstat: the fast profile has no statistics of locks");
	else if (!strcmp(args, "on"))
		pr_plain("lockstat: %s", lock_stat_start() ? "no memory" : "counting from now on");
	else if (!strcmp(args, "off"))
		lock_stat_stop();
	else if (!strcmp(args, "clear"))
		lock_stat_clear();
	else if (!*args)
		lock_stat_print();
	else
		pr_plain("lockstat: %s: give on, off, clear, or nothing to see them", args);
}

/* What is sent stands still. */
static void send_trace(void)
{
	trace_stop();
	trace_dump();
}

static void trace_command(char *args)
{
	if (!CONFIG_CHECKED)
		pr_plain("trace: the fast profile has no trace");
	else if (!strcmp(args, "on"))
		pr_plain("trace: %s", trace_start() ? "no memory" : "noting down from now on");
	else if (!strcmp(args, "off"))
		trace_stop();
	else if (!strcmp(args, "dump"))
		send_trace();
	else
		pr_plain(
			"trace: %s: give on, off, or dump, which ends it and sends it over the second serial line",
			*args ? args : "(nothing)");
}

/* ---- The machine -------------------------------------------------------------------------------- */

static void print_messages(char *args)
{
	u64 end = printk_ring_end();
	u64 place = end > PRINTK_RING_SIZE ? end - PRINTK_RING_SIZE : 0;
	static struct printk_record record; // of the one shell

	for (; place < end; place++) {
		unsigned long us;

		if (!printk_ring_recall(place, &record) || record.plain || record.cont)
			continue;
		us = (unsigned long)(record.time / 1000);
		pr_plain("[%5lu.%06lu] cpu%u: %.*s", us / 1000000, us % 1000000, record.cpu,
			 (int)record.length, record.text);
	}
}

static void do_panic(char *args)
{
	panic("the shell was told to%s%s", *args ? ": " : "", args);
}

static void do_reboot(char *args)
{
	machine_reset();
}

static void do_poweroff(char *args)
{
	run_end(VERDICT_PASS);
}

static void help(char *args)
{
	const struct shell_command *command;

	for (command = shell_commands; command->name; command++) {
		if (!*args || !strcmp(args, command->name))
			pr_plain("  %-9s %-22s %s", command->name, command->args, command->help);
	}
}

const struct shell_command shell_commands[] = {
	{ "help", "[command]", "this list", help, false },
	{ "ps", "", "the threads, and what each waits for", list_threads, false },
	{ "cpus", "", "what each CPU runs", list_cpus, false },
	{ "run", "[demo,...]", "demos, all of them by default", run_demos, true },
	{ "test", "[test,...]", "tests", run_tests, true },
	{ "torture", "lock,... [seconds]", "torture of locks, 3 s each by default", run_torture,
	  true },
	{ "module", "", "what MODULE= named: its init, its life, its exit", run_modules, true },
	{ "explore", "[scenario,...]", "every interleaving of scenarios", shell_explore, true },
	{ "locks", "", "the locks that are held, and who waits", list_locks, false },
	{ "lockstat", "[on|off|clear]", "statistics of locks", lock_statistics, false },
	{ "lockdep", "", "what the validator knows", print_lockdep, false },
	{ "deadlock", "", "who waits for whom, and circles in that", print_deadlocks, false },
	{ "trace", "on|off|dump", "what happens, noted down", trace_command, false },
	{ "dmesg", "", "the last messages again", print_messages, false },
	{ "bt", "pid", "a thread: its locks, its backtrace", print_thread, false },
	{ "kill", "pid", "SIGKILL to a thread", kill_thread, false },
	{ "load", "irq|signal|off", "interrupts or signals beside what runs", shell_load, false },
	{ "panic", "[text]", "the end, with a report", do_panic, false },
	{ "reboot", "", "begins anew", do_reboot, false },
	{ "poweroff", "", "ends the machine", do_poweroff, false },
	{ NULL, NULL, NULL, NULL, false },
};
