/* programs.c: who opens the files of modules.
 * SPDX-License-Identifier: MIT
 *
 * Each program is a thread of its own, with memory that counts as a user's (uaccess.h). What is said in its words stays
 * until all have ended, in one copy of OPS=.
 */
#include "kernel/files/programs.h"

#include "kernel/core/jiffies.h"
#include "kernel/core/kstrdup.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"
#include "kernel/files/calls.h"
#include "kernel/files/chrdev.h"
#include "kernel/files/command.h"
#include "kernel/files/file.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/module_list.h"
#include "kernel/sched/signal.h"
#include "kernel/wait_report.h"
#include "lib/err.h"
#include "lib/format.h"
#include "lib/kstrtox.h"
#include "lib/string.h"

#define KILL_MS 2000

/* [I] but for ended  [a] atomic */
struct program {
	struct list_head list; /* the runner's */
	struct command command;
	struct task_struct *task;
	struct completion ended;
};

static LIST_HEAD(running);     /* by the thread that runs programs */
static unsigned long deadline; /* the same: jiffies */

/* ---- What there is ---- */

static const struct known {
	const char *name;
	const char *thread;
	unsigned int words;                         /* at least so many, with the name */
	bool writes;                                /* it needs > FILE */
	void (*run)(const struct command *command); /* NULL: the runner's own */
} known[] = {
	{ "echo", "bash", 1, true, call_echo },     { "cat", "cat", 2, false, call_cat },
	{ "ioctl", "ioctl", 3, false, call_ioctl }, { "poll", "poll", 2, false, call_poll },
	{ "irq", "irq", 2, false, call_irq },       { "sleep", "sleep", 2, false, NULL },
	{ "wait", "wait", 1, false, NULL },
};

static const struct known *find(const struct command *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!strcmp(known[i].name, command->words[0]))
			return &known[i];
	}
	return NULL;
}

/* A file may be named behind <, too. */
static void use_input(struct command *command)
{
	if (command->from && command->n < COMMAND_WORDS)
		command->words[command->n++] = command->from;
}

static bool command_known(struct command *command)
{
	const struct known *program = find(command);

	if (!program)
		pr_plain(
			"OPS: %s is not known; there are echo, cat, ioctl, poll, irq, sleep, wait\n",
			command->words[0]);
	else if (command->n < program->words || program->writes != !!command->to)
		pr_plain("OPS: %s: %s\n", command->words[0],
			 program->writes ? "give > and a file" :
					   "a word is missing, or > is one too many");
	else
		return true;
	return false;
}

bool programs_known(const char *ops)
{
	char *copy = kstrdup(ops, GFP_KERNEL), *rest = copy;
	struct command command;
	bool good = true;
	int found;

	if (!copy)
		return false;
	while (good && (found = command_next(&rest, &command)) > 0) {
		use_input(&command);
		good = command_known(&command);
	}
	if (good && found < 0)
		pr_plain("OPS: a quote is open, > has no file, or there are more than %d words\n",
			 COMMAND_WORDS);
	kfree(copy);
	return good && !found;
}

/* ---- Running one ---- */

static int program_main(void *arg)
{
	struct program *program = arg;

	allow_signal(SIGINT);
	allow_signal(SIGKILL);
	find(&program->command)->run(&program->command);
	kthread_complete_and_exit(&program->ended, 0);
}

static void start(const struct command *command)
{
	struct program *program = kzalloc(sizeof(*program), GFP_KERNEL);
	struct task_struct *task;

	if (!program)
		return;
	program->command = *command;
	init_completion(&program->ended);
	task = kthread_create(program_main, program, "%s", find(command)->thread);
	if (IS_ERR(task)) {
		pr_plain("OPS: %s: no memory for its thread\n", command->words[0]);
		kfree(program);
		return;
	}
	program->task = get_task_struct(task);
	list_add_tail(&program->list, &running);
	wake_up_process(task);
}

static unsigned long time_left(void)
{
	return (unsigned long)max((long)(deadline - jiffies), 0L);
}

/* Wait for those that run, with @all for those in the background too, until @ticks are over. Returns
 * whether they have ended. */
static bool reap(unsigned long ticks, bool all)
{
	struct program *program, *next;
	unsigned long end = jiffies + ticks;
	bool ended = true;

	list_for_each_entry_safe(program, next, &running, list) {
		long left = max((long)(end - jiffies), 1L);

		if (!all && program->command.background)
			continue;
		if (!wait_for_completion_timeout(&program->ended, (unsigned long)left)) {
			ended = false;
			continue;
		}
		list_del(&program->list);
		put_task_struct(program->task);
		kfree(program);
	}
	return ended;
}

static void signal_all(int sig)
{
	struct program *program;

	list_for_each_entry(program, &running, list)
		send_sig(sig, program->task, 1);
}

/* Sleep for a time such as 0.25. */
static void pause_for(const char *text)
{
	const char *dot = strchr(text, '.');
	unsigned int ms = 0, seconds = 0, digits = 0;

	for (const char *c = text; *c && c != dot; c++)
		seconds = seconds * 10 + (unsigned int)(*c - '0');
	for (digits = 1000; dot && *++dot && digits > 1;) {
		digits /= 10;
		ms += (unsigned int)(*dot - '0') * digits;
	}
	ms += seconds * 1000;
	msleep(min(ms, jiffies_to_msecs(time_left())));
}

static void run_command(const struct command *command)
{
	const struct known *program = find(command);

	if (!program->run) {
		if (!strcmp(program->name, "sleep"))
			pause_for(command->words[1]);
		else
			reap(time_left(), true);
		return;
	}
	for (unsigned int i = 0; i < command->copies; i++)
		start(command);
	if (!command->background)
		reap(time_left(), false);
}

static void report_stuck(const struct program *program)
{
	static char text[400]; // one runs programs at a time
	int used = scnprintf(text, sizeof(text), "%s %s does not end, not even by SIGKILL; it ",
			     program->command.words[0],
			     program->command.to ?: program->command.words[1]);

	wait_describe_pid(program->task->pid, text + used, sizeof(text) - (size_t)used);
	if (!warn_begin("hang", text))
		return;
	wait_print_holder(program->task);
	pr_emerg(
		"What to do: see who had it last, and where he returned without giving it back; and let such waits be ended by a");
	pr_emerg("signal: the _interruptible or _killable form.");
	warn_end();
}

/* Those that have not ended get Ctrl-C, and then worse. */
static bool end_all(void)
{
	struct program *program;

	if (reap(1, true))
		return true;
	signal_all(SIGINT);
	if (reap(msecs_to_jiffies(KILL_MS), true))
		return true;
	signal_all(SIGKILL);
	if (reap(msecs_to_jiffies(KILL_MS), true))
		return true;
	list_for_each_entry(program, &running, list)
		report_stuck(program);
	return false;
}

bool programs_run(const char *ops, unsigned int ms)
{
	char *copy = kstrdup(ops, GFP_KERNEL), *rest = copy;
	struct command command;
	bool ended;

	deadline = jiffies + msecs_to_jiffies(ms);
	while (copy && time_left() && command_next(&rest, &command) > 0) {
		use_input(&command);
		run_command(&command);
	}
	reap(time_left(), true);
	ended = end_all();
	if (ended)
		kfree(copy);
	return ended;
}

/* ---- Files that nobody has opened ---- */

#define UNUSED_LINE 200

static void add_name(char *line, const char *name)
{
	size_t length = strlen(line);

	scnprintf(line + length, UNUSED_LINE - length, "%s%s", *line ? ", " : "", name);
}

static void look_at_node(struct dentry *node, void *line)
{
	bool file = S_ISCHR(node->inode.i_mode) || S_ISREG(node->inode.i_mode);

	if (file && module_of_code(node->made_at) && !atomic_read(&node->opened))
		add_name(line, node->path);
}

struct driver {
	unsigned int major;
	bool has_node;
};

static void look_for_major(struct dentry *node, void *arg)
{
	struct driver *driver = arg;

	driver->has_node |= S_ISCHR(node->inode.i_mode) && imajor(&node->inode) == driver->major;
}

/* A driver without a file in /dev: OPS= finds it by the name that it has registered. */
static void look_at_number(dev_t first, const char *name, unsigned long made_at, const char *undo,
			   void *line)
{
	struct driver driver = { .major = MAJOR(first) };
	char file[64];

	if (!*name || !module_of_code(made_at) || strstr(line, "/dev/"))
		return;
	node_walk(look_for_major, &driver);
	if (driver.has_node)
		return;
	snprintf(file, sizeof(file), "/dev/%s", name);
	add_name(line, file);
}

void programs_unused(void)
{
	char line[UNUSED_LINE] = "";

	node_walk(look_at_node, line);
	if (!strstr(line, "/dev/"))
		chrdev_walk(look_at_number, line);
	if (*line)
		pr_plain("---- nobody has opened %s: OPS=\"echo hi >FILE; cat FILE\" would\n",
			 line);
}
