/* shell_load.c: interrupts and signals, as many as one likes, beside what else the shell runs.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/shell_load.h"

#include "kernel/core/printk.h"
#include "kernel/core/smpcall.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/sched/signal.h"
#include "lib/err.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct task_struct *loader, *victim; /* [s] the shell's; NULL: there is none */
static DEFINE_MUTEX(held);                  /* by the loader, while a victim waits for it */

static atomic_t interrupted; /* handlers that ran */
static unsigned long sent;   /* signals; the loader's */
static unsigned long ended;  /* waits that one ended; the victim's */

static void count_interrupt(void *unused)
{
	atomic_inc(&interrupted);
}

static int interrupt_all(void *unused)
{
	while (!kthread_should_stop()) {
		smp_call_function(count_interrupt, NULL, true);
		usleep_range(1000, 1100);
	}
	return 0;
}

static int wait_interruptibly(void *unused)
{
	allow_signal(SIGINT);
	while (!kthread_should_stop()) {
		if (mutex_lock_interruptible(&held) == -EINTR) {
			WRITE_ONCE(ended, ended + 1);
			flush_signals(current);
		} else {
			mutex_unlock(&held);
		}
	}
	return 0;
}

static int signal_victim(void *unused)
{
	mutex_lock(&held);
	while (!kthread_should_stop()) {
		send_sig(SIGINT, victim, 0);
		WRITE_ONCE(sent, sent + 1);
		usleep_range(1000, 1100);
	}
	mutex_unlock(&held);
	return 0;
}

static void stop(void)
{
	if (loader)
		kthread_stop(loader);
	if (victim) {
		kthread_stop(victim);
		pr_plain("load: %lu signals sent, %lu waits for a mutex ended by one",
			 READ_ONCE(sent), READ_ONCE(ended));
	} else if (loader) {
		pr_plain("load: %d interrupts", atomic_read(&interrupted));
	}
	loader = NULL;
	victim = NULL;
}

/* The thread that was made, or NULL, and said. */
static struct task_struct *started(struct task_struct *task)
{
	if (!IS_ERR(task))
		return task;
	pr_plain("load: no memory for a thread");
	return NULL;
}

void shell_load(char *args)
{
	bool signals = !strcmp(args, "signal");

	if (!signals && strcmp(args, "irq") && strcmp(args, "off")) {
		pr_plain("load: %s: give irq, signal or off", *args ? args : "(nothing)");
		return;
	}
	stop();
	atomic_set(&interrupted, 0);
	sent = 0;
	ended = 0;
	if (signals)
		victim = started(kthread_run(wait_interruptibly, NULL, "load/victim"));
	if (signals && victim)
		loader = started(kthread_run(signal_victim, NULL, "load/signal"));
	else if (!strcmp(args, "irq"))
		loader = started(kthread_run(interrupt_all, NULL, "load/irq"));
}
