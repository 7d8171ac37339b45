/* workqueue.h: functions called in threads, for what an interrupt or a busy thread leaves for later.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. INIT_WORK() once, before the first use. Then a work is queued, runs once, and can be queued again.
 *   2. The function may sleep, queue its own work again, and free it. It never runs twice at the same time:
 *      queued while it runs, it runs once more afterwards. (In another queue, at once: that is your choice.)
 *   3. Do not wait in a function for what only another work of the same queue can do, unless max_active
 *      leaves room for both. Do not flush, from a work, the work itself or its queue.
 *   4. Before a work's memory goes: cancel_work_sync(), or cancel_delayed_work_sync(), with no lock held
 *      that the function takes, and nobody who queues it again. Nor is it flushed with one held: the
 *      validator reports both, whether or not the function runs just then.
 *   5. destroy_workqueue() runs what is queued first. Delayed works whose time has not come are not: cancel
 *      them before.
 */
#pragma once

#include "kernel/core/timer_list.h"
#include "lib/list.h"

struct work_struct;
struct workqueue_struct;
struct work_pool;

typedef void (*work_func_t)(struct work_struct *work);

/* Where a work is. */
enum work_state {
	WORK_IDLE,   /* nowhere; its function may run */
	WORK_TIMED,  /* a delayed work, which waits for its time */
	WORK_QUEUED, /* in a pool's list */
};

/* [q] under the lock of the base that `home` names  [I] set by INIT_WORK() */
struct work_struct {
	struct list_head entry; /* [q] in a pool's list, if it is queued */
	work_func_t func;       /* [I] */
	u32 home;               /* [q] the CPU whose base it belongs to */
	enum work_state state;  /* [q] */
	bool strayed;           /* [q] it may run in another base than its own as well */
	int disabled;           /* [q] how many keep it from being queued */
	struct work_pool *pool; /* [q] if it is queued: whose */
	s64 ticket;             /* [q] if it is queued: its place among all that ever were */
#if CONFIG_CHECKED
	struct lockdep_map dep_map; /* [I] held while the function runs, taken by who waits for it */
#endif
};

/* [q] as above */
struct delayed_work {
	struct work_struct work;
	struct timer_list timer;
	struct workqueue_struct *wq; /* [q] where to queue it when its time has come */
	unsigned int cpu;            /* [q] and on which CPU */
};

#define __WORK_INITIALIZER(name, fn)                                                               \
	{                                                                                          \
		.entry = LIST_HEAD_INIT((name).entry), .func = (fn),                               \
		DEP_MAP_INIT_COPIED("work " #fn)                                                   \
	}
#define __DELAYED_WORK_INITIALIZER(name, fn)                                                       \
	{                                                                                          \
		.work = __WORK_INITIALIZER((name).work, fn),                                       \
		.timer = __TIMER_INITIALIZER((name).timer, delayed_work_timer_fn, TIMER_IRQSAFE)   \
	}
#define DECLARE_WORK(name, fn) struct work_struct name = __WORK_INITIALIZER(name, fn)
#define DECLARE_DELAYED_WORK(name, fn)                                                             \
	struct delayed_work name = __DELAYED_WORK_INITIALIZER(name, fn)
#define DECLARE_DEFERRABLE_WORK(name, fn) DECLARE_DELAYED_WORK(name, fn)

/* INIT_WORK, INIT_DELAYED_WORK - make it idle. Nobody may use it. _ONSTACK: cancel or flush it before the
 * stack is left. Never sleep. Any context. */
void init_work(struct work_struct *work, work_func_t func, const char *name, const char *site);
void init_delayed_work(struct delayed_work *dwork, work_func_t func, const char *name,
		       const char *site);
void delayed_work_timer_fn(struct timer_list *timer);
#define __INIT_WORK(init, work, func)          init((work), (func), "work " #func, LOCK_SITE("work " #func))
#define INIT_WORK(work, func)                  __INIT_WORK(init_work, work, func)
#define INIT_WORK_ONSTACK(work, func)          __INIT_WORK(init_work, work, func)
#define INIT_DELAYED_WORK(dwork, func)         __INIT_WORK(init_delayed_work, dwork, func)
#define INIT_DELAYED_WORK_ONSTACK(dwork, func) __INIT_WORK(init_delayed_work, dwork, func)
#define INIT_DEFERRABLE_WORK(dwork, func)      __INIT_WORK(init_delayed_work, dwork, func)
#define destroy_work_on_stack(work)            ((void)(work))
#define destroy_delayed_work_on_stack(dwork)   ((void)(dwork))

static inline struct delayed_work *to_delayed_work(struct work_struct *work)
{
	return container_of(work, struct delayed_work, work);
}

/* Flags of alloc_workqueue(). */
#define WQ_UNBOUND 0x02u /* its threads run on any CPU */
#define WQ_FREEZABLE                                                                               \
	0x04u /* Linux: rests while the machine is suspended, which this one never is */
#define WQ_MEM_RECLAIM                                                                             \
	0x08u /* Linux: goes on without memory. Here creating a thread is tried again. */
#define WQ_HIGHPRI         0x10u    /* its threads have nice -20 */
#define WQ_CPU_INTENSIVE   0x20u    /* Linux: does not hold up others. Here none does. */
#define WQ_SYSFS           0x40u    /* Linux: shown to the administrator */
#define WQ_POWER_EFFICIENT 0x80u    /* Linux: may be unbound to save power */
#define __WQ_ORDERED       0x20000u /* one at a time, in order */

#define WQ_MAX_ACTIVE 512
#define WQ_DFL_ACTIVE (WQ_MAX_ACTIVE / 2)

/* On the CPU that queues it. */
#define WORK_CPU_UNBOUND NR_CPUS

/*
 * alloc_workqueue - a queue named by @fmt, of which at most @max_active works run at the same time, on each
 *   CPU or, if it is WQ_UNBOUND, altogether; 0: WQ_DFL_ACTIVE. May sleep. Thread context.
 *   Returns NULL when there is no memory.
 * alloc_ordered_workqueue - unbound, one work at a time in the order queued.
 * destroy_workqueue - run what is queued, end its threads, free it. Sleeps. Thread context; rule 5.
 */
struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...)
	__printf(1, 4);
void destroy_workqueue(struct workqueue_struct *wq);

#define alloc_ordered_workqueue(fmt, flags, ...)                                                   \
	alloc_workqueue(fmt, WQ_UNBOUND | __WQ_ORDERED | (flags), 1, ##__VA_ARGS__)
#define create_workqueue(name)              alloc_workqueue("%s", WQ_MEM_RECLAIM, 1, name)
#define create_singlethread_workqueue(name) alloc_ordered_workqueue("%s", WQ_MEM_RECLAIM, name)
#define create_freezable_workqueue(name)                                                           \
	alloc_workqueue("%s", WQ_FREEZABLE | WQ_UNBOUND | WQ_MEM_RECLAIM, 1, name)

/* The queues for whoever needs none of his own: [I] created at boot. */
extern struct workqueue_struct *system_wq;
extern struct workqueue_struct *system_long_wq; /* for works that take their time: the same here */
extern struct workqueue_struct *system_unbound_wq;
extern struct workqueue_struct *system_highpri_wq;
/* Linux has more for machines that are suspended, or save power: this one is not, and does not. */
#define system_freezable_wq                 system_wq
#define system_power_efficient_wq           system_wq
#define system_freezable_power_efficient_wq system_wq

/* Those that rest while the machine is suspended, or where that saves power, do neither here. */
#define system_freezable_wq                 system_wq
#define system_power_efficient_wq           system_wq
#define system_freezable_power_efficient_wq system_wq

/*
 * queue_work_on - have @work run on CPU @cpu, which is online (of an unbound queue: on any).
 * queue_work - on this CPU. schedule_work, schedule_work_on - of system_wq.
 * Never sleep. Any context but NMI. Return false, with nothing done, if it is pending (then it runs, once,
 * after this call), or disabled. What was stored before is seen by the function.
 */
bool queue_work_on(unsigned int cpu, struct workqueue_struct *wq, struct work_struct *work);

static inline bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return queue_work_on(WORK_CPU_UNBOUND, wq, work);
}

static inline bool schedule_work(struct work_struct *work)
{
	return queue_work(system_wq, work);
}

static inline bool schedule_work_on(unsigned int cpu, struct work_struct *work)
{
	return queue_work_on(cpu, system_wq, work);
}

/*
 * queue_delayed_work_on, queue_delayed_work, schedule_delayed_work, schedule_delayed_work_on - the same,
 *   after @delay jiffies; until then it is pending as well.
 * mod_delayed_work_on, mod_delayed_work - after @delay jiffies from now, pending or not. Returns whether it
 *   was pending.
 */
bool queue_delayed_work_on(unsigned int cpu, struct workqueue_struct *wq,
			   struct delayed_work *dwork, unsigned long delay);
bool mod_delayed_work_on(unsigned int cpu, struct workqueue_struct *wq, struct delayed_work *dwork,
			 unsigned long delay);

static inline bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork,
				      unsigned long delay)
{
	return queue_delayed_work_on(WORK_CPU_UNBOUND, wq, dwork, delay);
}

static inline bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork,
				    unsigned long delay)
{
	return mod_delayed_work_on(WORK_CPU_UNBOUND, wq, dwork, delay);
}

static inline bool schedule_delayed_work(struct delayed_work *dwork, unsigned long delay)
{
	return queue_delayed_work(system_wq, dwork, delay);
}

static inline bool schedule_delayed_work_on(unsigned int cpu, struct delayed_work *dwork,
					    unsigned long delay)
{
	return queue_delayed_work_on(cpu, system_wq, dwork, delay);
}

/*
 * cancel_work, cancel_delayed_work - take it back if it is pending. Its function may run. Never sleep. Any
 *   context but NMI.
 * cancel_work_sync, cancel_delayed_work_sync - the same, and wait for a function that runs; meanwhile
 *   nobody can queue it, its own function neither. Sleep. Thread context; rule 4.
 * Return whether it was pending.
 */
bool cancel_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *dwork);
bool cancel_delayed_work_sync(struct delayed_work *dwork);

/*
 * disable_work, disable_work_sync - the same, and nobody can queue it until the matching enable_work(), which
 * returns whether it was the last. The context is that of cancel_work(), cancel_work_sync().
 */
bool disable_work(struct work_struct *work);
bool disable_work_sync(struct work_struct *work);
bool enable_work(struct work_struct *work);

/* A work that is queued, or runs; or, if func is NULL, a queue. */
struct work_use {
	work_func_t func;
	bool runs;
	const char *queue;     /* the queue's name */
	unsigned long made_at; /* the code that asked for the queue */
};

/*
 * workqueue_walk - call @fn for each queue, and for each work that is queued or runs in it. Never sleeps, nor may @fn: it
 * is called under locks. Thread context.
 */
void workqueue_walk(void (*fn)(const struct work_use *use, void *arg), void *arg);

/*
 * flush_work - wait until @work has run, if it is queued or runs: the run that was queued last before this.
 * flush_delayed_work - the same, without waiting for its time. Return whether there was one.
 * flush_workqueue - wait until all that was queued in @wq before this has run.
 * drain_workqueue - wait until @wq is empty, while only its own works may queue more.
 * flush_scheduled_work - flush_workqueue() of system_wq.
 * Sleep. Thread context; rule 3.
 */
bool flush_work(struct work_struct *work);
bool flush_delayed_work(struct delayed_work *dwork);
void __flush_workqueue(struct workqueue_struct *wq);
void drain_workqueue(struct workqueue_struct *wq);
#define flush_workqueue(wq)    __flush_workqueue(wq)
#define flush_scheduled_work() __flush_workqueue(system_wq)

/* work_pending, delayed_work_pending - whether it waits to run: old at once. Any context. */
static inline bool work_pending(const struct work_struct *work)
{
	return READ_ONCE(work->state) != WORK_IDLE;
}

static inline bool delayed_work_pending(const struct delayed_work *dwork)
{
	return work_pending(&dwork->work);
}

#define WORK_BUSY_PENDING 1u
#define WORK_BUSY_RUNNING 2u

/* work_busy - both, in one moment, old at once. current_work - the work that this thread runs, or NULL.
 * Never sleep. Any context but NMI. */
unsigned int work_busy(struct work_struct *work);
struct work_struct *current_work(void);

void workqueue_init(void); /* the first thread */
