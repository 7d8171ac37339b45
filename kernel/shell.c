/* shell.c: mode=shell: commands from the serial console.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Bytes come by interrupt into a ring; the shell's thread takes them out, edits the line (lib/line.c) and, once it
 *   is entered, does what it says. What may take long or hang is a job, in a thread of its own:
 *
 *        interrupt             the shell                         the job
 *        byte -> ring, wakes   starts the job, waits             runs a demo, a test
 *        Ctrl-C -> ring, wakes sees it; sends SIGKILL ---------> a killable wait ends, and it with it
 *                              waits a moment for its end
 *                              not ended: says where it is       hangs on, on its own
 *                              and takes commands again
 *
 *   A thread cannot be ended from outside: it may hold locks. So a job that hangs stays, and can be looked at: `deadlock`,
 *   `locks`, `bt`. While it is there no other job begins: jobs of one kind share their state.
 *   The line is shown anew at each key, whole, so that a message which came in between spoils nothing.
 */
#include "kernel/shell.h"

#include <arch/console.h>

#include "kernel/core/jiffies.h"
#include "kernel/core/printk.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/mode.h"
#include "kernel/sched/signal.h"
#include "kernel/sched/sched.h"
#include "kernel/wait_report.h"
#include "lib/err.h"
#include "lib/line.h"
#include "lib/string.h"

#define RING_SIZE   256
#define CTRL_C      3
#define GRACE_MS    2000 /* after Ctrl-C, for a job to end */
#define PROMPT      "interlock> "
#define MAX_MATCHES 16

/* [c] the interrupt's; [s] the shell's thread */
static struct {
	char bytes[RING_SIZE];
	u32 head; /* [c] */
	u32 tail; /* [s] */
} input;

static DECLARE_WAIT_QUEUE_HEAD(wait);
static struct line line; /* [s] */

/* The job that runs, or hangs. [s] but for `done` */
static struct {
	struct task_struct *thread; /* NULL: none */
	const struct shell_command *command;
	char args[LINE_SIZE];
	bool done; /* [a] */
} job;

static void receive(int c)
{
	u32 head = input.head;

	if (head - READ_ONCE(input.tail) == RING_SIZE)
		return; // Nobody types that fast.
	input.bytes[head % RING_SIZE] = (char)c;
	smp_store_release(&input.head, head + 1);
	wake_up(&wait);
}

static bool has_input(void)
{
	return smp_load_acquire(&input.head) != input.tail;
}

static char next_byte(void)
{
	char c = input.bytes[input.tail % RING_SIZE];

	WRITE_ONCE(input.tail, input.tail + 1);
	return c;
}

/* ---- The line ----------------------------------------------------------------------------------- */

static void show_line(void)
{
	u32 behind = line.n - line.at;

	_printk(KERN_CONT "\r" PROMPT "%s\033[K", line.text);
	if (behind)
		_printk(KERN_CONT "\033[%uD", behind);
}

static void begin_line(void)
{
	printk_flush();
	_printk(KERN_PLAIN PROMPT);
}

static void end_line(const char *mark)
{
	_printk(KERN_CONT "%s\n", mark);
}

/* Complete the first word, or say which there are. */
static void complete(void)
{
	const struct shell_command *command, *only = NULL;
	u32 matches = 0;

	if (strchr(line.text, ' ') || line.at != line.n)
		return;
	for (command = shell_commands; command->name; command++) {
		if (!strncmp(command->name, line.text, line.n)) {
			only = command;
			matches++;
		}
	}
	if (matches == 1) {
		line_insert(&line, only->name + line.n);
		line_insert(&line, " ");
	} else if (matches) {
		end_line("");
		for (command = shell_commands; command->name; command++) {
			if (!strncmp(command->name, line.text, line.n))
				pr_plain("  %s", command->name);
		}
		begin_line();
	}
}

/* ---- Jobs --------------------------------------------------------------------------------------- */

static int job_thread(void *unused)
{
	allow_signal(SIGKILL);
	job.command->run(job.args);
	smp_store_release(&job.done, true);
	wake_up(&wait);
	return 0;
}

static bool job_is_over(void)
{
	if (job.thread && smp_load_acquire(&job.done)) {
		kthread_stop(job.thread);
		put_task_struct(job.thread);
		job.thread = NULL;
	}
	return !job.thread;
}

/* What hangs is said, and left. */
static void leave_job(void)
{
	unsigned long flags;

	pr_plain(
		"it does not end; thread %d goes on, and is where it says below. `deadlock`, `locks` and `bt` tell more.",
		job.thread->pid);
	if (task_list_lock(&flags)) {
		wait_print_thread(job.thread);
		task_list_unlock(flags);
	}
}

/* Until the job has ended, or Ctrl-C was in vain. Other keys wait for the line. */
static void wait_for_job(void)
{
	while (!job_is_over()) {
		wait_event_idle(wait, smp_load_acquire(&job.done) || has_input());
		while (!READ_ONCE(job.done) && has_input()) {
			if (next_byte() != CTRL_C)
				continue;
			pr_plain("^C");
			send_sig(SIGKILL, job.thread, 1);
			wait_event_idle_timeout(wait, smp_load_acquire(&job.done),
						msecs_to_jiffies(GRACE_MS));
			if (!job_is_over())
				leave_job();
			return;
		}
	}
}

static void start_job(const struct shell_command *command, const char *args)
{
	struct task_struct *thread;

	if (!job_is_over()) {
		pr_plain(
			"%s: thread %d, which does `%s`, has not ended; see `bt %d`; `kill %d` may end it",
			command->name, job.thread->pid, job.command->name, job.thread->pid,
			job.thread->pid);
		return;
	}
	job.command = command;
	job.done = false;
	strscpy(job.args, args, sizeof(job.args));
	thread = kthread_create(job_thread, NULL, "shell/%s", command->name);
	if (IS_ERR(thread)) {
		pr_plain("%s: no memory for a thread", command->name);
		return;
	}
	job.thread = get_task_struct(thread);
	wake_up_process(thread);
	wait_for_job();
}

/* ---- The loop ----------------------------------------------------------------------------------- */

static const struct shell_command *find(const char *name)
{
	const struct shell_command *command = shell_commands;

	while (command->name && strcmp(command->name, name))
		command++;
	return command->name ? command : NULL;
}

static void execute(char *text)
{
	char *rest = strim(text);
	char *name = strsep(&rest, " ");
	const struct shell_command *command;

	if (!*name)
		return;
	command = find(name);
	if (!command)
		pr_plain("%s: there is no such command; `help` names them", name);
	else if (command->job)
		start_job(command, rest ? strim(rest) : "");
	else
		command->run(rest ? strim(rest) : name + strlen(name));
}

static void take(char c)
{
	char text[LINE_SIZE];

	switch (line_take(&line, c)) {
	case LINE_ENTERED:
		end_line("");
		strscpy(text, line.text, sizeof(text));
		line_next(&line);
		execute(text);
		begin_line();
		break;
	case LINE_CANCELLED:
		end_line("^C");
		line_next(&line);
		begin_line();
		break;
	case LINE_END:
		end_line("");
		pr_plain("`poweroff` ends the machine");
		begin_line();
		break;
	case LINE_COMPLETE:
		complete();
		fallthrough;
	case LINE_CHANGED:
		show_line();
		break;
	case LINE_NOTHING:
		break;
	}
}

static bool no_names(const char *name)
{
	return false;
}

static void print_no_names(void)
{
}

static enum verdict run(const char *names, u64 seed)
{
	if (console_irq_init(receive)) {
		pr_plain("shell: no serial port at COM1 that takes commands");
		return VERDICT_FAIL;
	}
	pr_plain("\nThis is Interlock's shell. `help` names its commands; Ctrl-C interrupts one.");
	begin_line();
	for (;;) {
		wait_event_idle(wait,
				has_input()); // A prompt may stand for long: it is no hung task.
		take(next_byte());
	}
}

MODE(shell, .noun = "command", .known = no_names, .print_names = print_no_names, .run = run);
