/* module_left.c: the report of what modules left behind: each thing with the code that made it.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   What has a function, or was asked for by code, is the module's if that lies in the module's code: memory and
 *   per-CPU memory, queues, by the address that asked for them; timers, works by the function that they call. So what
 *   the kernel keeps for itself meanwhile is never reported. A thread may run a function of the kernel for a module
 *   (a kthread_worker's); so a thread is a module's if it is younger than the first module, except workers: their
 *   works and queues are reported instead. As long as one module lives, only threads whose function lies in another's code.
 *
 *   Timers and works are looked at at once: one that fires a moment later finds its module gone, and that it is
 *   over by then makes nothing better. Threads get a moment, since the last that a thread does for its module,
 *   complete() for example, is not the last that it does. Memory comes last, for they may free some.
 *
 *   What is found is what is pending, not what comes to run: a softirq, an RCU callback. These run soon (rcu_barrier()
 *   sees to it), and that their module is gone then is noticed when they are called: context_begin(), leak.h.
 */
#include "kernel/module_left.h"

#include <arch/clock.h>

#include "kernel/base/held.h"
#include "kernel/core/hrtimer.h"
#include "kernel/core/panic.h"
#include "kernel/core/percpu.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"
#include "kernel/core/timer_list.h"
#include "kernel/files/chrdev.h"
#include "kernel/files/node.h"
#include "kernel/irq_line.h"
#include "kernel/kthread.h"
#include "kernel/locking/rcu.h"
#include "kernel/module_list.h"
#include "kernel/sched/sched.h"
#include "kernel/wait_report.h"
#include "kernel/workqueue.h"
#include "kernel/workqueue_pool.h"
#include "lib/format.h"

#define PATIENCE_MS 2000
#define SITES       32
#define LINES       64
#define LINE_TEXT   (2 * PRINTK_LINE)

/* The report, in lines: those that print while it is made must not come in between. One that is too long is cut. */
static char (*lines)[LINE_TEXT];
static unsigned int n_left;

/* Note one thing. Any context, by one at a time. */
static void left(const char *fmt, ...) __printf(1, 2);
static void left(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (n_left < LINES && lines)
		vsnprintf(lines[n_left], LINE_TEXT, fmt, args);
	va_end(args);
	n_left++;
}

/* Whether a module lives on: it is in use, or its exit could not be called. */
static bool some_live;

/* Whether @code is of a module that should have nothing any more. What one that lives has is rightly there. */
static bool is_ours(const void *code)
{
	const struct module *module = module_of_code((unsigned long)code);
	const struct linked_module *linked;

	for (unsigned int i = 0; module && (linked = module_at(i)); i++) {
		if (linked->info.module == module)
			return linked->state != MODULE_LIVE;
	}
	return false;
}

static void look_for_live(void)
{
	const struct linked_module *linked;

	some_live = false;
	for (unsigned int i = 0; (linked = module_at(i)); i++)
		some_live |= linked->state == MODULE_LIVE;
}

/* ---- What has a function of the module's ---- */

static void look_at_timer(const struct timer_list *timer, void *unused)
{
	const struct delayed_work *dwork = container_of(timer, struct delayed_work, timer);
	unsigned int ms = jiffies_to_msecs(
		(unsigned long)max((long)(READ_ONCE(timer->expires) - jiffies), 0L));

	if (is_ours(timer->function))
		left("timer, due in %u ms, which will call %pS: timer_delete_sync() is missing", ms,
		     timer->function);
	else if (timer->function == delayed_work_timer_fn && is_ours(dwork->work.func))
		left("delayed work, due in %u ms, which will call %pS: "
		     "cancel_delayed_work_sync() is missing",
		     ms, dwork->work.func);
}

static void look_at_ktimer(const struct ktimer *ktimer, void *unused)
{
	const struct hrtimer *timer = hrtimer_of(ktimer);

	if (timer && is_ours(timer->function))
		left("hrtimer, due in %lld us, which will call %pS: hrtimer_cancel() is missing",
		     max(timer->_softexpires - ktime_get(), (ktime_t)0) / 1000, timer->function);
}

static void look_at_work(const struct work_use *use, void *unused)
{
	if (!use->func && is_ours((const void *)use->made_at))
		left("workqueue \"%s\", made at %pB: destroy_workqueue() is missing", use->queue,
		     (void *)use->made_at);
	else if (use->func && is_ours(use->func))
		left("work that %s in workqueue \"%s\", which calls %pS: cancel_work_sync() is missing",
		     use->runs ? "runs" : "is queued", use->queue, use->func);
}

/* ---- What has a name or a number ---- */

static void look_at_node(struct dentry *node, void *unused)
{
	if (node->undo && is_ours((const void *)node->made_at))
		left("%s, made at %pB: %s is missing", node->path, (void *)node->made_at,
		     node->undo);
}

static void look_at_number(dev_t first, const char *name, unsigned long made_at, const char *undo,
			   void *unused)
{
	if (is_ours((const void *)made_at))
		left("device number %u:%u%s%s, since %pB: %s is missing", MAJOR(first),
		     MINOR(first), *name ? " of " : "", name, (void *)made_at, undo);
}

static void look_at_irq(unsigned int irq, const char *name, unsigned long made_at)
{
	if (is_ours((const void *)made_at))
		left("interrupt %u of \"%s\", requested at %pB: free_irq() is missing", irq, name,
		     (void *)made_at);
}

/* ---- Threads ---- */

/* Those with a higher number than @pid are looked at; and @look is called, which may be NULL. */
struct threads {
	int pid;
	void (*look)(const struct task_struct *task);
	unsigned int n;
};

static void look_at_task(const struct task_struct *task, void *arg)
{
	struct threads *threads = arg;

	if (task->pid <= threads->pid || is_worker((struct task_struct *)task))
		return;
	if (some_live && !is_ours(kthread_func((struct task_struct *)task)))
		return;
	threads->n++;
	if (threads->look)
		threads->look(task);
}

static unsigned int walk_threads(int pid, void (*look)(const struct task_struct *task))
{
	struct threads threads = { pid, look, 0 };

	task_walk(look_at_task, &threads);
	return threads.n;
}

/* Whether it sleeps so that not even kthread_stop() would wake it. */
static bool is_stuck(const struct task_struct *task)
{
	return READ_ONCE(task->__state) == TASK_UNINTERRUPTIBLE && !READ_ONCE(task->on_cpu) &&
	       !READ_ONCE(task->wakes_at);
}

static bool some_stuck;

/* The list of threads is locked. */
static const char *what_it_waits_for(const struct task_struct *task)
{
	static char text[LINE_TEXT / 2];
	struct thread_wait wait;

	if (!wait_of((struct task_struct *)task, &wait))
		return "sleeps, and nobody wakes it: see where, below";
	wait_describe((struct task_struct *)task, text, sizeof(text));
	return text;
}

static void look_at_thread(const struct task_struct *task)
{
	struct held_lock held;

	bool dead = READ_ONCE(task->__state) == TASK_DEAD;
	bool holds = held_lock_of(task, &held);

	// One that ended with a lock is kept for the sake of that: it lacks nothing else.
	some_stuck |= is_stuck(task);
	if (is_stuck(task))
		left("thread %d \"%s\", which began at %pS: it has not ended, for it %s", task->pid,
		     task->comm, kthread_func((struct task_struct *)task), what_it_waits_for(task));
	else if (!dead || !holds)
		left("thread %d \"%s\", which began at %pS: %s is missing", task->pid, task->comm,
		     kthread_func((struct task_struct *)task),
		     dead ? "put_task_struct()" : "kthread_stop()");
	if (holds)
		left("lock \"%s\", held by thread %d, which took it at %pS", held.name, task->pid,
		     (void *)held.where);
}

static void look_at_threads(int pid)
{
	for (unsigned int waited = 0; waited < PATIENCE_MS && walk_threads(pid, NULL); waited += 10)
		msleep(10);
	walk_threads(pid, look_at_thread);
}

/* ---- Memory: the pieces that one place asked for are one thing ---- */

struct sites {
	unsigned int n;
	struct {
		const char *what;
		unsigned long where;
		size_t pieces, bytes;
	} site[SITES];
};

static void look_at_memory(const struct memory_use *use, void *arg)
{
	struct sites *sites = arg;
	unsigned int i = 0;

	if (!is_ours((const void *)use->where))
		return;
	while (i < sites->n && sites->site[i].where != use->where)
		i++;
	if (i == SITES)
		return;
	if (i == sites->n) {
		sites->n++;
		sites->site[i].what = use->what;
		sites->site[i].where = use->where;
	}
	sites->site[i].pieces++;
	sites->site[i].bytes += use->size;
}

static void look_at_percpu(size_t size, unsigned long where, void *unused)
{
	if (is_ours((const void *)where))
		left("per-CPU memory, %zu bytes for each CPU, allocated at %pB: free_percpu() is missing",
		     size, (void *)where);
}

static void look_at_all_memory(size_t before)
{
	static struct sites sites;

	percpu_walk(look_at_percpu, NULL);
	memory_walk(look_at_memory, &sites);
	for (unsigned int i = 0; i < sites.n; i++)
		left("memory, %zu bytes in %zu piece%s of %s, allocated at %pB",
		     sites.site[i].bytes, sites.site[i].pieces,
		     sites.site[i].pieces == 1 ? "" : "s", sites.site[i].what,
		     (void *)sites.site[i].where);
	if (!CONFIG_CHECKED && !some_live && kmalloc_in_use() > before)
		left("memory, %zu pieces; PROFILE=checked says where they were allocated",
		     kmalloc_in_use() - before);
}

/* ---- */

static void note_pid(const struct task_struct *task, void *arg)
{
	int *highest = arg;

	*highest = max(*highest, task->pid);
}

struct module_mark module_mark(void)
{
	struct module_mark mark;

	lines = lines ?: kcalloc(LINES, sizeof(*lines), GFP_KERNEL);
	mark = (struct module_mark){ .memory = kmalloc_in_use() };
	task_walk(note_pid, &mark.pid);
	return mark;
}

static void print_left(int pid)
{
	if (!n_left)
		return;
	report_begin();
	pr_emerg("module: what is left behind, now that exit has returned:");
	for (unsigned int i = 0; lines && i < min(n_left, (unsigned int)LINES); i++)
		pr_emerg("  %s", lines[i]);
	if (n_left > LINES)
		pr_emerg("  ... and %u things more", n_left - LINES);
	walk_threads(pid, task_print);
	if (some_stuck)
		wait_graph_report();
	pr_emerg("What to do: exit, and init when it fails, undo all that the module has done.");
	report_end();
}

unsigned int module_left(const struct module_mark *mark)
{
	n_left = 0;
	some_stuck = false;
	look_for_live();
	timer_list_walk(look_at_timer, NULL);
	timer_walk(look_at_ktimer, NULL);
	workqueue_walk(look_at_work, NULL);
	node_walk(look_at_node, NULL);
	chrdev_walk(look_at_number, NULL);
	irq_line_walk(look_at_irq);
	rcu_barrier();
	look_at_threads(mark->pid);
	memory_check_freed(is_ours);
	look_at_all_memory(mark->memory);
	print_left(mark->pid);
	return n_left;
}
