/* task.c: threads as objects: made, counted, listed, freed.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/sched/task.h"

#include <arch/trap.h>

#include "kernel/base/cpumask_ops.h"
#include "kernel/base/held.h"
#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"
#include "kernel/sched/runqueue.h"
#include "lib/format.h"
#include "lib/string.h"

#define BACKTRACE_DEPTH 16
#define REPORT_TRIES    10000000

static struct kmem_cache *task_cache;
static raw_spinlock_t all_tasks_lock = RAW_SPIN_LOCK_UNLOCKED;
LIST_HEAD(all_tasks);         /* under all_tasks_lock; idle threads too */
static unsigned int nr_tasks; /* under all_tasks_lock; idle threads not */
#define FREED_KEPT 32
static struct task_struct *freed[FREED_KEPT]; /* under all_tasks_lock; the last that were freed */
static unsigned int nr_freed;                 /* under all_tasks_lock */
static atomic_t next_pid = ATOMIC_INIT(1);
struct task_struct init_task __aligned(64); /* the boot CPU's idle thread, which never ends */

static bool is_bound(void)
{
	return cpumask_weight(&current->cpus_allowed) == 1;
}

void task_init(void)
{
	stays_here_register(is_bound);
	task_cache = kmem_cache_create("task_struct", sizeof(struct task_struct), 64,
				       SLAB_PANIC | SLAB_TYPESAFE_BY_RCU, NULL);
}

static void all_tasks_add(struct task_struct *task)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&all_tasks_lock, flags);
	list_add_tail(&task->all_entry, &all_tasks);
	if (task->pid)
		nr_tasks++;
	raw_spin_unlock_irqrestore(&all_tasks_lock, flags);
}

static void task_fill(struct task_struct *task, const char *name)
{
	memset(task, 0, sizeof(*task));
	strscpy(task->comm, name, sizeof(task->comm));
	task->__state = TASK_NEW;
	task->prio = DEFAULT_PRIO;
	task->normal_prio = DEFAULT_PRIO;
	task->static_prio = DEFAULT_PRIO;
	task->boost_prio = MAX_PRIO;
	INIT_LIST_HEAD(&task->pi_waiters);
	cpumask_setall(&task->cpus_allowed);
	INIT_LIST_HEAD(&task->run_entry);
	task->flags = PF_KTHREAD;
	task->group_leader = task;
	task->parent = task->real_parent = &init_task;
}

struct task_struct *task_create(const char *name, void (*entry)(void *arg), void *arg)
{
	struct task_struct *task = kmem_cache_alloc(task_cache, GFP_KERNEL);

	if (!task)
		return NULL;
	task_fill(task, name);
	task->stack = stack_alloc();
	if (!task->stack) {
		kmem_cache_free(task_cache, task);
		return NULL;
	}
	task->entry = entry;
	task->arg = arg;
	context_init(&task->context, (char *)task->stack + STACK_SIZE, sched_task_start, task);
	task->pid = atomic_fetch_add(1, &next_pid);
	task->tgid = task->pid;
	task->cpu = raw_smp_processor_id();
	atomic_set(&task->refs, 2);
	trace_thread(task->pid, task->comm);
	all_tasks_add(task);
	return task;
}

struct task_struct *task_create_idle(u32 cpu)
{
	struct task_struct *task =
		list_empty(&all_tasks) ? &init_task : kmem_cache_alloc(task_cache, GFP_KERNEL);

	if (!task)
		return NULL;
	task_fill(task, "idle");
	snprintf(task->comm, sizeof(task->comm), "swapper/%u", cpu);
	task->__state = TASK_RUNNING;
	task->on_cpu = 1;
	task->on_rq = ON_RQ_QUEUED;
	task->prio = IDLE_PRIO;
	task->normal_prio = IDLE_PRIO;
	task->flags |= PF_IDLE;
	task->cpu = cpu;
	task->cpus_allowed = cpumask_of_cpu(cpu);
	atomic_set(&task->refs, 1);
	all_tasks_add(task);
	return task;
}

/* It ends, and holds that. The lock stays held, and has its address; so what is there stays, too. */
static __cold void report_holder(struct task_struct *task, const char *name, const void *lock,
				 unsigned long where)
{
	misuse(NULL, "thread %d \"%s\" ends and holds the lock \"%s\" (%p), which it took at %pS",
	       task->pid, task->comm, name, lock, (void *)where);
	get_task_struct(task);
}

#if CONFIG_CHECKED
/* Locks that spin have a CPU and no thread; but the validator knows what this thread has taken. */
static void check_depth(struct task_struct *task)
{
	const struct lockdep_held *held = task->lockdep.held;

	if (unlikely(task->lockdep.depth))
		report_holder(task, held->map->name, held->map, held->where);
}

void task_check_awake(const char *what, unsigned long where)
{
	struct task_struct *task = current;
	unsigned long changed;

	if (likely(!task || READ_ONCE(task->__state) == TASK_RUNNING))
		return;
	changed = xchg(&task->task_state_change, 0);
	if (changed)
		warn_report("%s() may sleep, and is called at %pS by a thread in state %#x, set at "
			    "%pS: do not call blocking ops when !TASK_RUNNING",
			    what, (void *)where, READ_ONCE(task->__state), (void *)changed);
}
#else
static void check_depth(struct task_struct *task)
{
}
#endif

void task_check_exit(struct task_struct *task)
{
	struct held_lock held;

	if (unlikely(held_lock_of(task, &held)))
		report_holder(task, held.name, held.lock, held.where);
	else
		check_depth(task);
}

void task_release_stack(struct task_struct *task)
{
	stack_free(task->stack);
	WRITE_ONCE(task->stack, NULL);
}

void task_free(struct task_struct *task)
{
	struct task_struct **place, *oldest;
	unsigned long flags;

	ASSERT(!task->on_cpu && !task->on_rq);
	raw_spin_lock_irqsave(&all_tasks_lock, flags);
	list_del(&task->all_entry);
	nr_tasks--;
	raw_spin_unlock_irqrestore(&all_tasks_lock, flags);
	if (task->stack) // It never ran: the last reference went before the first wake-up.
		task_release_stack(task);
	kfree(task->kthread);
	raw_spin_lock_irqsave(&all_tasks_lock, flags);
	place = &freed[nr_freed++ % FREED_KEPT];
	oldest = *place;
	*place = task;
	raw_spin_unlock_irqrestore(&all_tasks_lock, flags);
	if (oldest)
		kmem_cache_free(task_cache, oldest);
}

unsigned int task_count(void)
{
	return READ_ONCE(nr_tasks);
}

static const char *state_name(const struct task_struct *task)
{
	unsigned int state = READ_ONCE(task->__state);

	if (READ_ONCE(task->on_cpu))
		return "running";
	if (state & TASK_DEAD)
		return "dead";
	if (state & TASK_NEW)
		return "new";
	if (state & TASK_UNINTERRUPTIBLE)
		return state & TASK_WAKEKILL ? "sleeping (killable)" :
		       state & TASK_NOLOAD   ? "sleeping (for work)" :
					       "sleeping";
	if (state & TASK_PARKED)
		return "parked";
	if (state & TASK_INTERRUPTIBLE)
		return "sleeping (interruptible)";
	return READ_ONCE(task->on_rq) == ON_RQ_QUEUED ? "runnable" : "runnable, in no queue";
}

const char *task_kind_name(enum blocked_kind kind)
{
	static const char *const names[] = {
		[BLOCKED_MUTEX] = "mutex",
		[BLOCKED_READ] = "rwsem, to read,",
		[BLOCKED_WRITE] = "rwsem, to write,",
		[BLOCKED_RT_MUTEX] = "rt_mutex",
		[BLOCKED_READERS] = "percpu_rwsem, to write,",
		[BLOCKED_SEMAPHORE] = "semaphore",
		[BLOCKED_COMPLETION] = "completion",
		[BLOCKED_QUEUE] = "wait queue",
	};

	return (u32)kind < ARRAY_SIZE(names) ? names[kind] : "something";
}

void task_describe(const struct task_struct *task, char *buf, size_t n)
{
	const void *lock = READ_ONCE(task->blocked_on);
	const char *name = READ_ONCE(task->blocked_name);
	int used = scnprintf(buf, n, "thread %d \"%s\", prio %d, cpu%u, %s", task->pid, task->comm,
			     READ_ONCE(task->prio), READ_ONCE(task->cpu), state_name(task));

	if (lock)
		scnprintf(buf + used, n - (size_t)used, ", waits for %s %s%s%s(%px)",
			  task_kind_name(READ_ONCE(task->blocked_kind)), name ? "\"" : "",
			  name ?: "", name ? "\" " : "", lock);
}

/* A thread that runs elsewhere has its registers in its CPU: then there is no backtrace of it. */
void task_print_backtrace(const struct task_struct *task)
{
	unsigned long addresses[BACKTRACE_DEPTH];
	unsigned int n;

	if (READ_ONCE(task->on_cpu) || !READ_ONCE(task->stack))
		return;
	n = backtrace(context_frame(&task->context), addresses, BACKTRACE_DEPTH);
	for (unsigned int i = 0; i < n; i++)
		printk(KERN_EMERG "    %pB\n", (void *)addresses[i]);
}

void task_print(const struct task_struct *task)
{
	char line[160];

	task_describe(task, line, sizeof(line));
	printk(KERN_EMERG "%s\n", line);
	task_print_backtrace(task);
}

char task_state_to_char(const struct task_struct *task)
{
	unsigned int state = READ_ONCE(task->__state);

	if (state == TASK_RUNNING || state == TASK_NEW)
		return 'R';
	if (state & TASK_DEAD)
		return 'X';
	if (state & TASK_PARKED)
		return 'P';
	if (state & TASK_INTERRUPTIBLE)
		return 'S';
	return state & TASK_NOLOAD ? 'I' : 'D';
}

struct task_struct *task_after(int pid)
{
	struct task_struct *task, *found = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&all_tasks_lock, flags);
	list_for_each_entry(task, &all_tasks, all_entry) {
		if (task->pid > pid && (!found || task->pid < found->pid))
			found = task;
	}
	raw_spin_unlock_irqrestore(&all_tasks_lock, flags);
	return found;
}

void task_walk(void (*fn)(const struct task_struct *task, void *arg), void *arg)
{
	const struct task_struct *task;
	unsigned long flags;

	raw_spin_lock_irqsave(&all_tasks_lock, flags);
	list_for_each_entry(task, &all_tasks, all_entry)
		fn(task, arg);
	raw_spin_unlock_irqrestore(&all_tasks_lock, flags);
}

/* A report must come out even if a CPU was stopped with the lock in its hands. */
bool task_list_lock(unsigned long *flags)
{
	local_irq_save(*flags);
	for (unsigned int tries = 0; tries < REPORT_TRIES; tries++) {
		if (raw_spin_trylock(&all_tasks_lock))
			return true;
		cpu_relax();
	}
	local_irq_restore(*flags);
	return false;
}

void task_list_unlock(unsigned long flags)
{
	raw_spin_unlock_irqrestore(&all_tasks_lock, flags);
}

void task_print_all(void)
{
	struct task_struct *task;
	unsigned long flags;

	if (!task_list_lock(&flags)) {
		printk(KERN_EMERG "the list of threads is locked by a CPU that does not go on\n");
		return;
	}
	for_each_task(task)
	{
		task_print(task);
	}
	task_list_unlock(flags);
}
