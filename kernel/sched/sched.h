/* sched.h: choosing, for each CPU, the thread that runs: what the rest of the kernel may ask for.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/barrier.h>
#include <arch/clock.h>

#include "kernel/locking/spin/spinlock.h"
#include "kernel/sched/task.h"

#define MAX_SCHEDULE_TIMEOUT ((long)(~0UL >> 1))

/*
 * set_current_state - say that this thread is about to sleep (or no longer).
 * Never sleeps. Thread context. A full barrier stands between this store and later loads [S]: who
 * sleeps says so and then looks at the condition, who wakes changes the condition and then looks at
 * the state [W in wake_up_state()], so one of the two sees the other.
 *
 *      sleeper                            waker
 *      state = TASK_INTERRUPTIBLE
 *      [S] barrier                        condition = true
 *      if (condition) don't sleep         [W] barrier
 *      schedule()                         if (state is a sleeping one) wake
 */
#define set_current_state(state)                                                                   \
	do {                                                                                       \
		note_state_change();                                                               \
		smp_store_mb(current->__state, (unsigned int)(state));                             \
	} while (0)
#define __set_current_state(state)                                                                 \
	do {                                                                                       \
		note_state_change();                                                               \
		WRITE_ONCE(current->__state, (unsigned int)(state));                               \
	} while (0)

#define get_current_state() READ_ONCE(current->__state)

/*
 * Who has set a sleeping state and calls something that may sleep loses the state, for that leaves it running;
 * and then schedule() does not sleep. The checked profile warns of it, and names the place of the store.
 * sched_annotate_sleep - it is known and meant: as in a condition that is looked at in a loop. Until the next store.
 */
#if CONFIG_CHECKED
#define note_state_change_at(where) WRITE_ONCE(current->task_state_change, (where))
#define note_state_change()         note_state_change_at(_THIS_IP_)
#define sched_annotate_sleep()      WRITE_ONCE(current->task_state_change, 0UL)
#else
#define note_state_change_at(where) ((void)(where))
#define note_state_change()         ((void)0)
#define sched_annotate_sleep()      ((void)0)
#endif

/*
 * set_special_state - the same for a state that no wake-up meant for an earlier one may undo.
 * Never sleeps. Thread context. A waker that saw the older state may be about to store TASK_RUNNING: it
 * holds wake_lock until it has, so under that lock this store comes before its look or after its store.
 */
void set_special_state(unsigned int state);

/*
 * schedule - let another thread run; return when this one is chosen again.
 * Sleeps, if the state says so: then somebody must wake it. Thread context, preemption and interrupts
 * on, no spinlock held: anything else is reported, and the thread runs on.
 * schedule_preempt_disabled - the same, called and left with preemption off. So the thread is not
 * preempted between the store of its state and its sleep: who sees that state waits a moment at most.
 */
void schedule(void);
void schedule_preempt_disabled(void);

/*
 * schedule_timeout - the same, at most @timeout jiffies (MAX_SCHEDULE_TIMEOUT: for ever).
 * Sleeps; set the state before. Thread context. Returns the jiffies left, 0 if the time is over. Of a negative
 *   @timeout, which some sum has come to, it warns; it does not sleep then, and returns 0.
 * schedule_until - the same up to clock_ns() == @deadline; returns false if the time is over.
 */
long schedule_timeout(long timeout);
bool schedule_until(u64 deadline);
long schedule_timeout_interruptible(long timeout);
long schedule_timeout_uninterruptible(long timeout);
long schedule_timeout_killable(long timeout);
long schedule_timeout_idle(long timeout);

/* Linux's accounting counts what is slept here as waiting for a device. There is none here. */
#define io_schedule()                schedule()
#define io_schedule_timeout(timeout) schedule_timeout(timeout)

/*
 * wake_up_process - wake @task if it sleeps in TASK_NORMAL or is new; wake_up_state - in one of @state.
 * Never sleep. Any context but NMI; caller makes sure that @task is not freed meanwhile.
 * Return whether they woke it. A full barrier comes before the look at the state [W].
 */
bool wake_up_process(struct task_struct *task);
bool wake_up_state(struct task_struct *task, unsigned int state);

/*
 * wait_task_inactive - wait until @task, which is in state @match_state, sleeps: is on no CPU and in no
 * queue. Sleeps. Thread context, not @task itself; caller makes sure that @task is not freed meanwhile.
 * Returns whether it does; false as soon as it is seen in another state.
 */
bool wait_task_inactive(struct task_struct *task, unsigned int match_state);

/*
 * yield - let others of this priority go first.
 * cond_resched - give up the CPU if that is wanted; returns whether it did. (_tasks_rcu_qs: Linux has one more RCU.)
 * May switch threads, never block. Thread context, as for schedule().
 */
void yield(void);
int cond_resched(void);
#define cond_resched_tasks_rcu_qs() cond_resched()

/*
 * cond_resched_lock - release the spinlock @lock for a moment, if the CPU or the lock is wanted; returns whether it did. May
 *   switch threads. Thread context. Called and left with @lock held, and nothing else: look again at what it protects.
 */
static inline int cond_resched_lock(spinlock_t *lock)
{
	if (!need_resched() && !spin_is_contended(lock))
		return 0;
	spin_unlock(lock);
	if (!cond_resched())
		cpu_relax();
	spin_lock(lock);
	return 1;
}

/* msleep, usleep_range, ssleep, fsleep (microseconds) - sleep at least that long, signals or not. Sleep. Thread context.
 * msleep_interruptible - returns the milliseconds left when a signal ended it. */
void msleep(unsigned int ms);
void ssleep(unsigned int s);
void usleep_range(unsigned long min_us, unsigned long max_us);
#define fsleep(us) usleep_range((us), 2 * (us))
unsigned long msleep_interruptible(unsigned int ms);

/* ndelay, udelay, mdelay - busy-wait at least that long. Never sleep. Any context. */
void ndelay(unsigned long ns);
void udelay(unsigned long us);
void mdelay(unsigned long ms);

/*
 * sched_set_normal - round robin at nice @nice (-20..19); sched_set_fifo - first-in-first-out in the
 *   middle of the real-time priorities; _low: nearly the least of them. sched_set_prio - any, 0..139.
 * set_user_nice - the nice value alone: a first-in-first-out thread stays one, and has it afterwards.
 * task_nice - the nice value.
 * Never sleep. Any context but NMI; caller makes sure that @task is not freed meanwhile. Take effect at
 * once, on the thread's own priority: what it is lent is lent still, and what it lends follows.
 */
void set_user_nice(struct task_struct *task, long nice);
void sched_set_normal(struct task_struct *task, int nice);
void sched_set_fifo(struct task_struct *task);
void sched_set_fifo_low(struct task_struct *task);
void sched_set_prio(struct task_struct *task, int prio);
int task_nice(const struct task_struct *task);

/* rt_prio, rt_task - whether a priority, or the one that @task runs at, is a real-time one. Any context. */
static inline int rt_prio(int prio)
{
	return prio < MAX_RT_PRIO;
}

static inline int rt_task(const struct task_struct *task)
{
	return rt_prio(READ_ONCE(task->prio));
}

/*
 * sched_set_boost - have @task run at least at @prio; MAX_PRIO: at its own. For locks that lend priority.
 * Never sleeps. Any context but NMI. Caller holds @task->pi_lock.
 * sched_register_prio_changed - who is told when a thread's own priority has changed; called with the
 *   caller's locks. Boot only.
 */
void sched_set_boost(struct task_struct *task, int prio);
void sched_register_prio_changed(void (*function)(struct task_struct *task));

/*
 * set_cpus_allowed_ptr - let @task run on the CPUs of @mask only.
 * Never sleeps. Thread context. If it runs elsewhere now it moves at its next switch, which is asked
 * for at once; if it is this thread, it has moved on return (then preemption must be on).
 * Returns 0, or -EINVAL if no CPU of @mask is online.
 */
int set_cpus_allowed_ptr(struct task_struct *task, const struct cpumask *mask);

/*
 * task_exit - end this thread. Thread context, nothing held. Does not return.
 * Its stack and its reference are given back by the next thread on this CPU.
 */
void task_exit(void) __noreturn;

/* sched_clock, local_clock, cpu_clock - clock_ns(), which is the same on all CPUs. Any context. */
#define sched_clock()    clock_ns()
#define local_clock()    clock_ns()
#define cpu_clock(which) clock_ns()

/* task_curr_on - the thread that CPU @cpu runs, for reports and tests. Any context. */
struct task_struct *task_curr_on(u32 cpu);

/* sched_nr_stolen - how many threads CPU @cpu took from other CPUs' queues. Any context. */
unsigned long sched_nr_stolen(u32 cpu);

/*
 * sched_init - make the boot CPU's running code its idle thread; run queues for all CPUs.
 * Boot CPU, interrupts off, after smp_prepare().
 * sched_start_cpu - the same on another CPU, which enters its idle loop: for smp_start_all().
 * sched_idle_loop - what a CPU does when nothing wants to run. Do not return.
 */
void sched_init(void);
void sched_start_cpu(void) __noreturn;
void sched_idle_loop(void) __noreturn;
