/* irq_line.c: interrupts that modules request.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/irq_line.h"

#include "kernel/base/atomic.h"
#include "kernel/base/hooks.h"
#include "kernel/core/irq_work.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/wait.h"
#include "lib/err.h"
#include "lib/list.h"
#include "lib/string.h"

#define IRQS 256u

/* [I] set when it is requested  [a] atomic  [l] under lock */
struct action {
	struct list_head list; /* [l] */
	unsigned int irq;      /* [I] */
	irq_handler_t handler; /* [I] */
	irq_handler_t thread_fn;
	unsigned long flags;        /* [I] */
	const char *name;           /* [I] */
	void *dev;                  /* [I] */
	struct task_struct *thread; /* [I] or NULL */
	atomic_t woken;             /* [a] 1: the thread is to run */
	unsigned long made_at;      /* [I] */
};

static DEFINE_MUTEX(lock); /* held while handlers are called, too: so synchronize_irq() takes it */
static LIST_HEAD(actions); /* [l] */

/* [a] Of each interrupt: how often it is disabled; and how many threads are to run, or run, their function. */
static struct line {
	atomic_t disabled, busy;
} lines[IRQS];
static DECLARE_WAIT_QUEUE_HEAD(not_busy); /* of any */

#define FUNCTIONS_MAX 8 /* of one interrupt that the validator is told of */

/* For the validator: held while the function runs, waited for by who waits for the interrupt. */
static struct lockdep_map handler_map(const struct action *action)
{
	return LOCKDEP_FUNCTION_MAP("interrupt handler", action->handler);
}

static struct lockdep_map thread_fn_map(const struct action *action)
{
	return LOCKDEP_FUNCTION_MAP("interrupt thread", action->thread_fn);
}

/* ---- Requesting ---- */

/* A function of a thread is run, or need not be. */
static void ends(unsigned int irq)
{
	if (atomic_dec_and_test(&lines[irq].busy))
		wake_up_all(&not_busy);
}

static void run_thread_fn(struct action *action)
{
	struct context_mark before = context_begin("interrupt thread", action->thread_fn);
	struct lockdep_map map __maybe_unused = thread_fn_map(action);

	lock_map_acquire(&map);
	action->thread_fn((int)action->irq, action->dev);
	lock_map_release(&map);
	context_check(&before, "interrupt thread", action->thread_fn);
	ends(action->irq);
}

static int thread_main(void *arg)
{
	struct action *action = arg;

	for (;;) {
		bool stop;

		set_current_state(TASK_INTERRUPTIBLE);
		stop = __kthread_should_stop(); // Before the look at woken: what was raised before is done.
		if (atomic_xchg(&action->woken, 0)) {
			__set_current_state(TASK_RUNNING);
			run_thread_fn(action);
		} else if (stop) {
			break;
		} else {
			schedule();
		}
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int make_thread(struct action *action)
{
	struct task_struct *thread;

	if (!action->thread_fn)
		return 0;
	thread = kthread_create(thread_main, action, "irq/%u-%s", action->irq, action->name);
	if (IS_ERR(thread))
		return (int)PTR_ERR(thread);
	sched_set_fifo(thread);
	action->thread = get_task_struct(thread);
	wake_up_process(thread);
	return 0;
}

/* The caller holds lock. */
static struct action *first_of(unsigned int irq)
{
	struct action *action;

	list_for_each_entry(action, &actions, list) {
		if (action->irq == irq)
			return action;
	}
	return NULL;
}

/* Whether both may have the same interrupt. The trigger is the hardware's unless one says it. */
static bool agree(const struct action *a, const struct action *b)
{
	unsigned long trigger = IRQF_TRIGGER_MASK;

	if (!(a->flags & trigger) || !(b->flags & trigger))
		trigger = 0;
	return (a->flags & b->flags & IRQF_SHARED) &&
	       !((a->flags ^ b->flags) & (trigger | IRQF_ONESHOT));
}

/* Put it among the others. The first finds the interrupt enabled. The caller holds lock. */
static int join(struct action *new)
{
	const struct action *action;

	list_for_each_entry(action, &actions, list) {
		if (action->irq == new->irq && !agree(action, new)) {
			pr_err("Flags mismatch irq %u. %08lx (%s) vs. %08lx (%s)\n", new->irq,
			       new->flags, new->name, action->flags, action->name);
			return -EBUSY;
		}
	}
	if (!first_of(new->irq))
		atomic_set(&lines[new->irq].disabled, 0);
	list_add_tail(&new->list, &actions);
	return 0;
}

static bool is_possible(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
			unsigned long flags, const char *name, const void *dev)
{
	if (irq >= IRQS || (!handler && !thread_fn) || ((flags & IRQF_SHARED) && !dev))
		return false;
	if (!handler && !(flags & IRQF_ONESHOT)) {
		pr_err("Threaded irq requested with handler=NULL and !ONESHOT for %s (irq %u)\n",
		       name, irq);
		return false;
	}
	return true;
}

int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
			 unsigned long flags, const char *name, void *dev)
{
	struct action *action;
	int error;

	if (!is_possible(irq, handler, thread_fn, flags, name, dev))
		return -EINVAL;
	if (!irq)
		return -EBUSY; // The timer's.
	action = kmalloc(sizeof(*action), GFP_KERNEL);
	if (!action)
		return -ENOMEM;
	*action = (struct action){ .irq = irq,
				   .handler = handler,
				   .thread_fn = thread_fn,
				   .flags = flags,
				   .name = name ?: "",
				   .dev = dev,
				   .made_at = _RET_IP_ };
	mutex_lock(&lock);
	error = make_thread(action) ?: join(action);
	mutex_unlock(&lock);
	if (error && action->thread) {
		kthread_stop(action->thread);
		put_task_struct(action->thread);
	}
	if (error)
		kfree(action);
	return error;
}

/* Add the functions of @action. */
static u32 add_maps(const struct action *action, struct lockdep_map *maps, u32 n)
{
	if (action->handler && n < FUNCTIONS_MAX)
		maps[n++] = handler_map(action);
	if (action->thread_fn && n < FUNCTIONS_MAX)
		maps[n++] = thread_fn_map(action);
	return n;
}

static void note_waits(struct lockdep_map *maps, u32 n, unsigned long where)
{
	for (u32 i = 0; i < n; i++)
		lockdep_sleeps_for(&maps[i], where);
}

/* Whether @what, called at @where, may wait; if not, that is reported. */
static bool may_wait(const char *what, unsigned long where)
{
	might_sleep_at(what, NULL, where);
	return !CONFIG_CHECKED || preemptible();
}

const void *free_irq(unsigned int irq, void *dev)
{
	struct lockdep_map maps[FUNCTIONS_MAX];
	struct action *action, *found = NULL;
	const void *name;

	if (!may_wait(__func__, _RET_IP_))
		return NULL;
	mutex_lock(&lock);
	list_for_each_entry(action, &actions, list) {
		if (action->irq == irq && action->dev == dev)
			found = action;
	}
	if (found)
		list_del(&found->list);
	mutex_unlock(&lock);
	if (!found) {
		warn_report("Trying to free already-free IRQ %u", irq);
		return NULL;
	}
	note_waits(maps, add_maps(found, maps, 0), _RET_IP_);
	if (found->thread) {
		kthread_stop(found->thread);
		put_task_struct(found->thread);
	}
	name = found->name;
	kfree(found);
	return name;
}

static void synchronize(unsigned int irq, const char *what, unsigned long where)
{
	struct lockdep_map maps[FUNCTIONS_MAX];
	const struct action *action;
	u32 n = 0;

	if (!may_wait(what, where))
		return;
	mutex_lock(&lock);
	list_for_each_entry(action, &actions, list) {
		if (action->irq == irq)
			n = add_maps(action, maps, n);
	}
	mutex_unlock(&lock);
	note_waits(maps, n, where);
	if (irq < IRQS)
		wait_event(not_busy, !atomic_read(&lines[irq].busy));
}

void synchronize_irq(unsigned int irq)
{
	synchronize(irq, __func__, _RET_IP_);
}

void disable_irq_nosync(unsigned int irq)
{
	if (irq < IRQS)
		atomic_inc(&lines[irq].disabled);
}

void disable_irq(unsigned int irq)
{
	disable_irq_nosync(irq);
	synchronize(irq, __func__, _RET_IP_);
}

void enable_irq(unsigned int irq)
{
	if (irq < IRQS && atomic_dec_if_positive(&lines[irq].disabled) < 0)
		warn_report("Unbalanced enable for IRQ %u", irq);
}

/* ---- Raising ---- */

/* The interrupt that an irq_work is: it looks like the device's. */
struct interrupt {
	struct irq_work work;
	unsigned int irq;
};

static void call(struct action *action)
{
	struct context_mark before = context_begin("interrupt handler", action->handler);
	struct lockdep_map map __maybe_unused = handler_map(action);
	irqreturn_t result = IRQ_WAKE_THREAD;

	lock_map_acquire(&map);
	if (action->handler)
		result = action->handler((int)action->irq, action->dev);
	lock_map_release(&map);
	context_check(&before, "interrupt handler", action->handler);
	if (result != IRQ_WAKE_THREAD || !action->thread)
		return;
	// Counted before the thread, which may be at its look, can find that it is woken.
	atomic_inc(&lines[action->irq].busy);
	if (atomic_xchg(&action->woken, 1))
		ends(action->irq);
	else
		wake_up_process(action->thread);
}

/* The raiser holds lock. */
static void interrupt(struct irq_work *work)
{
	unsigned int irq = container_of(work, struct interrupt, work)->irq;
	struct action *action;

	list_for_each_entry(action, &actions, list) {
		if (action->irq == irq)
			call(action);
	}
}

/* Whether the interrupt must wait for a thread. The caller holds lock. */
static bool is_masked(unsigned int irq)
{
	const struct action *action = first_of(irq);

	return action && (action->flags & IRQF_ONESHOT) && atomic_read(&lines[irq].busy);
}

bool irq_line_raise(unsigned int irq)
{
	struct interrupt one = { .work = IRQ_WORK_INIT_HARD(interrupt), .irq = irq };
	bool any;

	mutex_lock(&lock);
	while (is_masked(irq)) {
		mutex_unlock(&lock);
		if (wait_event_interruptible(not_busy, !atomic_read(&lines[irq].busy)))
			return true;
		mutex_lock(&lock);
	}
	any = first_of(irq);
	if (any && !atomic_read(&lines[irq].disabled)) {
		irq_work_queue(&one.work);
		irq_work_sync(&one.work);
	}
	mutex_unlock(&lock);
	return any;
}

void irq_line_walk(void (*look)(unsigned int irq, const char *name, unsigned long made_at))
{
	const struct action *action;

	mutex_lock(&lock);
	list_for_each_entry(action, &actions, list)
		look(action->irq, action->name, action->made_at);
	mutex_unlock(&lock);
}
