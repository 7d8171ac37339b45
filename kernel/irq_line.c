/* irq_line.c: interrupts that modules request.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/irq_line.h"

#include "kernel/base/atomic.h"
#include "kernel/base/hooks.h"
#include "kernel/core/irq_work.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/mutex.h"
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
	atomic_t woken;             /* [a] how often the thread is still to run */
	unsigned long made_at;      /* [I] */
};

static DEFINE_MUTEX(lock); /* held while handlers are called, too: so synchronize_irq() takes it */
static LIST_HEAD(actions); /* [l] */
static atomic_t disabled[IRQS];

/* ---- Requesting ---- */

static int thread_main(void *arg)
{
	struct action *action = arg;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop() && !atomic_read(&action->woken))
			break;
		if (!atomic_read(&action->woken)) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		atomic_dec(&action->woken);
		action->thread_fn((int)action->irq, action->dev);
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

/* Put it among the others. The caller holds lock. */
static int join(struct action *new)
{
	const struct action *action;

	list_for_each_entry(action, &actions, list) {
		if (action->irq == new->irq && !(action->flags & new->flags &IRQF_SHARED))
			return -EBUSY;
	}
	list_add_tail(&new->list, &actions);
	return 0;
}

int request_threaded_irq(unsigned int irq, irq_handler_t handler, irq_handler_t thread_fn,
			 unsigned long flags, const char *name, void *dev)
{
	struct action *action;
	int error;

	if (irq >= IRQS || (!handler && !thread_fn) || ((flags & IRQF_SHARED) && !dev))
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

const void *free_irq(unsigned int irq, void *dev)
{
	struct action *action, *found = NULL;
	const void *name;

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
	if (found->thread) {
		kthread_stop(found->thread);
		put_task_struct(found->thread);
	}
	name = found->name;
	kfree(found);
	return name;
}

void synchronize_irq(unsigned int irq)
{
	mutex_lock(&lock);
	mutex_unlock(&lock);
}

void disable_irq_nosync(unsigned int irq)
{
	if (irq < IRQS)
		atomic_inc(&disabled[irq]);
}

void disable_irq(unsigned int irq)
{
	disable_irq_nosync(irq);
	synchronize_irq(irq);
}

void enable_irq(unsigned int irq)
{
	if (irq < IRQS && atomic_dec_if_positive(&disabled[irq]) < 0)
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
	irqreturn_t result = IRQ_WAKE_THREAD;

	if (action->handler)
		result = action->handler((int)action->irq, action->dev);
	context_check(&before, "interrupt handler", action->handler);
	if (result == IRQ_WAKE_THREAD && action->thread) {
		atomic_inc(&action->woken);
		wake_up_process(action->thread);
	}
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

bool irq_line_raise(unsigned int irq)
{
	struct interrupt one = { .work = IRQ_WORK_INIT_HARD(interrupt), .irq = irq };
	const struct action *action;
	bool any = false;

	mutex_lock(&lock);
	list_for_each_entry(action, &actions, list)
		any |= action->irq == irq;
	if (any && irq < IRQS && !atomic_read(&disabled[irq])) {
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
