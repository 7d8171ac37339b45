/* rcu_callback.c: functions that are called after a grace period.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Each CPU has a list of callbacks without a lock: call_rcu() adds at the head with a compare-exchange,
 *   the callback thread takes the whole of it with an exchange. So call_rcu() may be called with
 *   whatever lock held, in whatever interrupt, and waits for nobody. A list that is only ever taken whole
 *   has no ABA problem. Who finds the list empty wakes the thread; who does not knows that somebody does:
 *
 *      CPU 0                          CPU 1                         the thread
 *      finds its list empty, adds     .                             state = sleeping  [S]
 *      wakes the thread       [W]     .                             looks at all lists
 *      adds: not empty                finds its list empty, ...     schedule()
 *
 *   Between the adding and the waking nobody preempts, or others would rely on a wake-up that waits.
 *   A batch is: take all lists, wait for one grace period, call all. It serves all that were queued before,
 *   however many. What is queued meanwhile is in the next one.
 *
 *   rcu_barrier() waits for a whole batch that begins after it: that takes what was queued before it, on
 *   every CPU, and the batch before has ended when it begins. Queueing a callback and waiting for that
 *   would not do: there is no order between the lists of two CPUs.
 *
 *   Linux calls them in a softirq. Here a thread does, which between two of them can be preempted; but inside one the
 *   preempt count says that a softirq is served. So one that sleeps is found, and a lock that a callback takes, and a
 *   thread without _bh. SRCU's run, as on Linux, in a thread that keeps softirqs off.
 *   In the checked profile a head in a list bears a mark, which is its own address and a constant; a head
 *   that has it when it is queued is queued already. A fresh one has it by a chance of 1 in 2^64.
 */
#include "kernel/base/bh.h"
#include "kernel/base/preempt.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/locking/rcu.h"
#include "kernel/locking/rcu_head.h"
#include "kernel/locking/rcu_rounds.h"
#include "kernel/locking/sleep/wait.h"

#define QUEUED_MARK 0x7c0ffee5ca11bac4UL

static DEFINE_PER_CPU(struct rcu_head *, callbacks); /* [a] the newest first */

static struct rounds batches;
static struct task_struct *callback_thread; /* [a] NULL until it begins */
static DECLARE_WAIT_QUEUE_HEAD(batch_is_over);

#if CONFIG_CHECKED
static bool mark_queued(struct rcu_head *head, rcu_callback_t func, unsigned long where)
{
	unsigned long mark = (unsigned long)head ^ QUEUED_MARK;

	if (likely(xchg(&head->queued, mark) != mark))
		return true;
	misuse(NULL, "rcu_head %p is queued twice: by %pS, with callback %pS", head, (void *)where,
	       func);
	return false;
}

static void mark_free(struct rcu_head *head)
{
	WRITE_ONCE(head->queued, 0);
}
#else
static bool mark_queued(struct rcu_head *head, rcu_callback_t func, unsigned long where)
{
	return true;
}

static void mark_free(struct rcu_head *head)
{
}
#endif

bool rcu_head_take_in(struct rcu_head *head, rcu_callback_t func, unsigned long where)
{
	if (unlikely(!mark_queued(head, func, where)))
		return false;
	head->func = func;
	return true;
}

bool rcu_func_check(rcu_callback_t func, const char *call, unsigned long where)
{
	if (likely((unsigned long)func >= KFREE_RCU_OFFSETS))
		return true;
	misuse(NULL, "%s() at %pS: %p is no function", call, (void *)where, func);
	return false;
}

static void wake_thread(void)
{
	struct task_struct *task = READ_ONCE(callback_thread);

	// Before there is one nobody waits: it looks at the lists when it starts.
	if (task)
		wake_up_process(task);
}

static void enqueue(struct rcu_head *head, rcu_callback_t func, unsigned long where)
{
	struct rcu_head **list, *newest;

	if (unlikely(!rcu_head_take_in(head, func, where)))
		return;
	preempt_disable();
	list = this_cpu_ptr(&callbacks);
	newest = READ_ONCE(*list);
	do {
		head->next = newest;
	} while (!try_cmpxchg(list, &newest, head)); // [C] pairs with [T] in take()
	if (!newest)
		wake_thread();
	preempt_enable();
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	if (likely(rcu_func_check(func, "call_rcu", _RET_IP_)))
		enqueue(head, func, _RET_IP_);
}

/* The offset stands in the function's place. */
void kfree_rcu_at(struct rcu_head *head, size_t offset)
{
	enqueue(head, (rcu_callback_t)offset, _RET_IP_);
}

/* For an object that has no rcu_head: one beside it. */
struct free_later {
	struct rcu_head head;
	const void *ptr;
};

static void free_both(struct rcu_head *head)
{
	struct free_later *later = container_of(head, struct free_later, head);

	kfree(later->ptr);
	kfree(later);
}

void kfree_rcu_sleep(const void *ptr)
{
	struct free_later *later;

	might_sleep_here();
	if (!ptr)
		return;
	later = kmalloc(sizeof(*later), GFP_KERNEL);
	if (!later) {
		synchronize_rcu();
		kfree(ptr);
		return;
	}
	later->ptr = ptr;
	call_rcu(&later->head, free_both);
}

struct rcu_head *rcu_heads_in_order(struct rcu_head *newest, struct rcu_head *rest)
{
	while (newest) {
		struct rcu_head *next = newest->next;

		newest->next = rest;
		rest = newest;
		newest = next;
	}
	return rest;
}

/* The callbacks queued on @cpu, put before @rest, the oldest first. */
static struct rcu_head *take(u32 cpu, struct rcu_head *rest)
{
	struct rcu_head **list = per_cpu_ptr(&callbacks, cpu);

	return rcu_heads_in_order(xchg(list, NULL), rest); // [T] pairs with [C] in enqueue()
}

struct rcu_head *rcu_take_callbacks(void)
{
	struct rcu_head *list = NULL;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		list = take(cpu, list);
	return list;
}

static bool any_queued(void)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		struct rcu_head **list = per_cpu_ptr(&callbacks, cpu);

		if (READ_ONCE(*list))
			return true;
	}
	return false;
}

void rcu_head_call(struct rcu_head *head)
{
	rcu_callback_t func = head->func;
	struct context_mark before;

	mark_free(head);
	if ((unsigned long)func < KFREE_RCU_OFFSETS) {
		kfree((char *)head - (unsigned long)func);
		return;
	}
	local_bh_disable();
	before = context_begin("RCU callback", func);
	func(head);
	context_check(&before, "RCU callback", func);
	local_bh_enable();
}

static void call_as_softirq(struct rcu_head *head)
{
	local_bh_disable();
	preempt_count_add(SOFTIRQ_OFFSET);
	rcu_head_call(head);
	preempt_count_sub(SOFTIRQ_OFFSET);
	local_bh_enable(); // Here those run that were raised meanwhile.
}

static void run_batch(void)
{
	struct rcu_head *list = rcu_take_callbacks();

	if (list)
		synchronize_rcu();
	while (list) {
		struct rcu_head *next = list->next;

		call_as_softirq(list);
		list = next;
	}
}

void rcu_callbacks_turn(void)
{
	// A barrier: whoever adds after we looked sees that we sleep, and wakes us.
	set_current_state(TASK_IDLE);
	if (!any_queued() && !rounds_wanted(&batches))
		schedule();
	__set_current_state(TASK_RUNNING);
	rounds_begin(&batches);
	run_batch();
	rounds_end(&batches);
	wake_up_all(&batch_is_over);
}

void rcu_callbacks_begin(void)
{
	WRITE_ONCE(callback_thread, current);
}

static void callbacks_run(void *unused)
{
	rcu_callbacks_begin();
	for (;;)
		rcu_callbacks_turn();
}

void rcu_barrier(void)
{
	unsigned long cookie = rounds_snap(&batches);

	might_sleep_here();
	// Which was said: as in synchronize_rcu(). It may be a callback, which would wait for its own end.
	if (CONFIG_CHECKED && unlikely(!preemptible()))
		return;
	rounds_want(&batches, cookie);
	wake_thread();
	wait_event(batch_is_over, rounds_done(&batches, cookie));
}

void rcu_callbacks_init(void)
{
	struct task_struct *task = task_create("rcu_callbacks", callbacks_run, NULL);

	if (!task)
		panic("no memory for RCU's callback thread");
	wake_up_process(task);
}
