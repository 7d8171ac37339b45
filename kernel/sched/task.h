/* task.h: a thread.
 * SPDX-License-Identifier: MIT
 *
 * A thread runs on its own stack until its function returns. It is freed by reference count: one
 * reference is the running thread's own and is dropped by the thread that runs after it, when it
 * stands on its stack no more; others are taken with get_task_struct().
 * The last few that were freed are not used anew yet: a pointer that somebody has kept too long still says whose it was.
 * Task structures are type-stable: a freed one is only ever another thread. So the optimistic
 * spinners of a mutex may look at an owner that is about to go (see mutex.c).
 */
#pragma once

#include <arch/atomic.h>
#include <arch/clock.h>
#include <arch/context.h>

#include "kernel/base/cpumask.h"
#include "kernel/base/race_context.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "lib/list.h"
#include "lib/string.h"

#define TASK_COMM_LEN 16

/* What a thread does, in __state. A sleeping state says which wake-ups reach it. */
#define TASK_RUNNING         0x0000u /* runs, or waits for a CPU */
#define TASK_INTERRUPTIBLE   0x0001u /* sleeps; any wake-up, or a signal */
#define TASK_UNINTERRUPTIBLE 0x0002u /* sleeps; wake-ups only */
#define TASK_PARKED          0x0040u /* sleeps in kthread_parkme(); kthread_unpark() only */
#define TASK_DEAD            0x0080u /* will never run again */
#define TASK_WAKEKILL        0x0100u /* a fatal signal wakes it */
#define TASK_NOLOAD          0x0400u /* waits for work: may do so for ever */
#define TASK_NEW             0x0800u /* created; wake_up_process() starts it */
#define TASK_KILLABLE        (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE            (TASK_NOLOAD | TASK_UNINTERRUPTIBLE)
#define TASK_NORMAL          (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

/* Priorities, as in Linux: 0..99 first-in-first-out, 100..139 round robin (nice -20..19), 140 idle.
 * A lower number runs first, always: a runnable thread keeps every lower one off its CPU. */
#define MAX_RT_PRIO  100
#define DEFAULT_PRIO 120
#define MAX_PRIO     140
#define IDLE_PRIO    140

#define MIN_NICE           (-20)
#define MAX_NICE           19
#define NICE_TO_PRIO(nice) ((nice) + DEFAULT_PRIO)
#define PRIO_TO_NICE(prio) ((prio)-DEFAULT_PRIO)

/* on_rq: is it in the hands of a run queue? */
#define ON_RQ_NO        0 /* sleeps, is new or is dead */
#define ON_RQ_QUEUED    1 /* waits in its queue, or runs */
#define ON_RQ_MIGRATING 2 /* on its way from one queue to another */

/* flags */
#define PF_IDLE    0x00000002u /* the idle thread of a CPU */
#define PF_KTHREAD 0x00200000u /* runs in the kernel only: all do */

struct run_queue;
struct mm_struct;

/* Signals, a bit each. */
#define _NSIG       64
#define _NSIG_WORDS 1
typedef struct {
	unsigned long sig[_NSIG_WORDS];
} sigset_t;

/* What kind of thing a blocked thread waits for. */
enum blocked_kind {
	BLOCKED_MUTEX,
	BLOCKED_READ,  /* a rw_semaphore, for reading */
	BLOCKED_WRITE, /* and for writing */
	BLOCKED_RT_MUTEX,
	BLOCKED_READERS, /* the readers of a percpu_rw_semaphore */
	BLOCKED_SEMAPHORE,
	BLOCKED_COMPLETION,
	BLOCKED_QUEUE, /* an event, in a wait queue: nobody knows from whom */
};

/* What those who look for hangs know of a thread: [l] under all_tasks_lock (task_list_lock()). */
struct task_watch {
	unsigned long switches; /* [l] its switches, when it was looked at last */
	unsigned long spin;     /* [l] and the spinning that it was at; 0: none */
	u64 still_ns;           /* [l] for how long, as far as looks tell, both have been these */
	bool stuck;             /* [l] it cannot go on by itself */
	bool told_circle;       /* [l] this has been reported */
	bool told_hung;         /* [l] */
	unsigned int walk;      /* [l] the walk that passed it */
};

/*
 * [I] set once  [a] atomic  [q] under its run queue's lock  [w] under wake_lock  [s] the thread itself
 * [p] under pi_lock
 */
struct task_struct {
	unsigned int __state; /* [a] TASK_*; written by itself, and by its waker under [w] */
	int on_cpu;           /* [a] 1 while it runs, or its registers are still being saved */
	union {
		unsigned long signals; /* [a] a bit a pending signal */
		struct {
			sigset_t signal;
		} pending; /* the same, as Linux calls it */
	};
	int on_rq;       /* [q] ON_RQ_* */
	u32 cpu;         /* [q] whose run queue it is in, or was last */
	int prio;        /* [q] and [w] what it runs at: the better of the next two */
	int normal_prio; /* [q] and [w] its own */
	int boost_prio;  /* [q] and [w] lent by who waits for it; MAX_PRIO: nobody */
	int static_prio; /* [w] its nice value, which counts while it is round robin */
	bool yielded;    /* [q] goes to the tail of its priority at the next switch */
	u64 run_start;   /* [q] when it was last given the CPU */
	u64 slice_used; /* [q] of its turn, before that: it may have been interrupted by better ones */
	u64 sleep_start;             /* [q] when it last went to sleep: for debuggers */
	struct list_head run_entry;  /* [q] in its run queue; not while it runs */
	struct cpumask cpus_allowed; /* [q] and [w] */

	raw_spinlock_t wake_lock; /* serializes those who would wake it */
	struct context context;   /* [q] its registers, while it does not run */
	void (*entry)(void *arg); /* [I] what it runs */
	void *arg;                /* [I] */
	void *stack;              /* [I] lowest usable address; NULL: a CPU's boot stack */
	atomic_t refs;            /* [a] see above */
	int pid;                  /* [I] 0: an idle thread */
	int tgid;                 /* [I] the same: a kernel thread is a process of its own */
	char comm[TASK_COMM_LEN]; /* [I] */
	unsigned int flags;       /* [I] PF_* */
	/* Linux has families of threads. Here each is alone, and a child of the first. */
	struct task_struct *group_leader;         /* [I] the thread itself */
	struct task_struct *parent, *real_parent; /* [I] &init_task */
	struct list_head all_entry;               /* under all_tasks_lock */

	/* Priority inheritance. The scheduler does not look at these: they belong to rtmutex.c, above. */
	raw_spinlock_t pi_lock;
	struct list_head
		pi_waiters;  /* [p] the best waiter of each rt_mutex that it holds, best first */
	void *pi_blocked_on; /* [p] its place in the queue of an rt_mutex, or NULL */

#if CONFIG_CHECKED
	struct lockdep_task lockdep; /* [s] what it holds, for the validator */
	unsigned long
		task_state_change; /* [s] where it set its state last; 0: it may sleep all the same */
#endif

	sigset_t blocked;               /* [I] none: an ignored signal is never pending */
	unsigned long signals_allowed;  /* [s] those that it listens to */
	const void *blocked_on;         /* [s] the lock it waits for, read by reports; or NULL */
	const char *blocked_name;       /* [s] its name; fast: NULL */
	u64 blocked_since;              /* [s] when it began to wait for it */
	enum blocked_kind blocked_kind; /* [s] */
	u64 wakes_at; /* [s] when it will wake by itself, at the latest; 0: never */
	struct task_watch watch;
	struct mm_struct *mm; /* [I] NULL: a kernel thread has no memory of its own */
	void *kthread;        /* [I] what kthread.c knows of it */
	int exit_code;        /* [s] what a kernel thread ended with */

	struct race_context
		race; /* [s] what the race detector knows of it; empty in other profiles */

	unsigned long nvcsw;         /* [q] switches by its own will: it slept or yielded */
	unsigned long nivcsw;        /* [q] switches against it: it was preempted */
	unsigned long nr_migrations; /* [q] times it changed its CPU: after `cpu`, before it runs */
};

/*
 * task_create - a new thread that will run @entry(@arg), which must not return but call task_exit().
 * Never sleeps. Thread or boot context. It is in state TASK_NEW until the first wake_up_process().
 * Returns it with two references, its own and the caller's; NULL when there is no memory.
 */
struct task_struct *task_create(const char *name, void (*entry)(void *arg), void *arg);

/*
 * task_create_idle - make what runs on this CPU now the idle thread of CPU @cpu.
 * Never sleeps. That CPU while it boots. Returns NULL when there is no memory.
 */
struct task_struct *task_create_idle(u32 cpu);

/*
 * task_blocks_on - this thread is about to sleep for the lock @lock, called @name. task_blocks_no_more - it
 *   has the lock, or has given up. Never sleep. Thread context.
 */
static inline void task_blocks_on(enum blocked_kind kind, const void *lock, const char *name)
{
	WRITE_ONCE(current->blocked_kind, kind);
	WRITE_ONCE(current->blocked_name, name);
	WRITE_ONCE(current->blocked_since, clock_ns());
	WRITE_ONCE(current->blocked_on, lock);
}

static inline void task_blocks_no_more(void)
{
	WRITE_ONCE(current->blocked_on, NULL);
}

/* get_task_struct, put_task_struct - take and drop a reference. Never sleep. Any context but NMI. */
static inline struct task_struct *get_task_struct(struct task_struct *task)
{
	atomic_inc(&task->refs);
	return task;
}

void task_free(struct task_struct *task);

static inline void put_task_struct(struct task_struct *task)
{
	if (atomic_dec_and_test(&task->refs))
		task_free(task);
}

/* What Linux's modules ask a thread for. Any context; what can change is old at once. */
#define task_pid_nr(task)     ((task)->pid)
#define task_pid_vnr(task)    ((task)->pid)
#define task_tgid_nr(task)    ((task)->tgid)
#define task_tgid_vnr(task)   ((task)->tgid)
#define task_cpu(task)        READ_ONCE((task)->cpu)
#define task_is_running(task) (READ_ONCE((task)->__state) == TASK_RUNNING)

/*
 * for_each_process - go through all threads but the idle ones, in the order of their numbers. Each thread is a process
 *   of its own: for_each_thread() finds just that, and so does do_each_thread().
 * task_after - the thread with the next higher number than @pid, or NULL. next_task - that of @task; after the last one
 *   init_task, the boot CPU's idle thread, of number 0. Never sleep. Any context but NMI. A thread may have ended
 * when the caller looks at it; its memory is a thread's all the same.
 */
struct task_struct *task_after(int pid);
#define for_each_process(process)                                                                  \
	for ((process) = task_after(0); (process); (process) = task_after((process)->pid))
extern struct task_struct init_task;
static inline struct task_struct *next_task(const struct task_struct *task)
{
	struct task_struct *next = task_after(task->pid);

	return next ? next : &init_task;
}
#define for_each_thread(process, thread) for ((thread) = (process); (thread); (thread) = NULL)
#define for_each_process_thread(process, thread)                                                   \
	for_each_process(process) for_each_thread(process, thread)
#define do_each_thread(process, thread)                                                            \
	for_each_process(process)                                                                  \
	{                                                                                          \
		(thread) = (process);                                                              \
		do
#define while_each_thread(process, thread)                                                         \
	while (((thread) = NULL))                                                                  \
		;                                                                                  \
	}
#define thread_group_leader(task) ((void)(task), true)
#define get_nr_threads(task)      ((void)(task), 1)
#define next_thread(task)         (task)
#define same_thread_group(a, b)   ((a) == (b))
#define is_idle_task(task)        ((task)->pid == 0)
#define task_ppid_nr(task)        ((task)->real_parent->pid)

/* task_state_to_char - what @task does, as ps shows it: R, S, D, I, P, X. Old at once. Any context. */
char task_state_to_char(const struct task_struct *task);

/* get_task_comm - copy the name of @task into the array @buf, which is returned. */
#define get_task_comm(buf, task)                                                                   \
	({                                                                                         \
		static_assert(sizeof(buf) == TASK_COMM_LEN, "an array of TASK_COMM_LEN");          \
		strscpy((buf), (task)->comm, sizeof(buf));                                         \
		(buf);                                                                             \
	})

/* task_check_exit - checked: report if @task, which is about to end, holds a lock.
 * task_check_awake - checked: warn if this thread, for which @what may sleep, is in a sleeping state. */
#if CONFIG_CHECKED
void task_check_awake(const char *what, unsigned long where);
#endif
void task_check_exit(struct task_struct *task);

/* task_take_locks - the validator goes on with what @task holds, on this CPU. Interrupts off. */
#if CONFIG_CHECKED
static inline void task_take_locks(struct task_struct *task)
{
	lockdep_switch(&task->lockdep);
}
#else
static inline void task_take_locks(struct task_struct *task)
{
}
#endif

/* task_release_stack - the thread is off its stack for good: give that back. Never sleeps. */
void task_release_stack(struct task_struct *task);

/*
 * task_count - threads there are, idle ones not counted.
 * task_print - print a thread that cannot go away: state, CPU, what it waits for, backtrace.
 * task_print_all - the same of every thread.
 * task_describe - one line on a thread into @buf, without locks: for panics. task_kind_name - in words.
 * task_print_backtrace - the calls of a thread that does not run.
 * Never sleep. Any context.
 */
unsigned int task_count(void);
void task_print(const struct task_struct *task);
void task_print_all(void);
void task_describe(const struct task_struct *task, char *buf, size_t n);
const char *task_kind_name(enum blocked_kind kind);
void task_print_backtrace(const struct task_struct *task);

/*
 * task_list_lock - all threads stay in the list, and in memory, until task_list_unlock(). It gives up, and
 *   returns false, when a CPU that has it does not go on. Never sleep. Any context but NMI.
 * for_each_task - every thread, idle ones too. Caller has the list locked.
 */
extern struct list_head all_tasks;
bool task_list_lock(unsigned long *flags);
void task_list_unlock(unsigned long flags);
#define for_each_task(task) list_for_each_entry(task, &all_tasks, all_entry)

/* task_walk - call @fn for each thread, idle ones too. Never sleeps, nor may @fn: it is called under a raw lock. Any context
 * but NMI. */
void task_walk(void (*fn)(const struct task_struct *task, void *arg), void *arg);

void task_init(void); /* boot CPU, after slab_init() */

/* task_debug_init - let a debugger find the threads (kernel/debug/gdbstub.h). Boot CPU. */
void task_debug_init(void);
