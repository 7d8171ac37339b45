/* timer_list.c: timers whose functions run in softirq context.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Each CPU has a base: a list of timers sorted by `expires`, and one ktimer (timer.h), its event, set
 *   to the first of them. The event's handler only raises TIMER_SOFTIRQ; the softirq calls what is due.
 *   So the list is worked on with interrupts on, and a late function delays no interrupt.
 *
 *   As with ktimers a timer is in at most one base, the one that timer->cpu names, and belongs to
 *   whoever holds that base's lock; lock_base_of() looks again after it has the lock. base->running is
 *   stored in the same step that takes the timer out of the list [T], so who holds the lock sees it
 *   pending, or running, or neither, and timer_delete_sync() waits for the last. A timer whose function
 *   runs is started again in the base where it runs: it never runs on two CPUs at once.
 *   Moving to this CPU's base, one lock at a time: the timer leaves its list, is given the new name, and
 *   the old lock is dropped. In between it is in no list, yet `pending`. Whoever comes then decides under
 *   the new lock, and so do we when we have it: start() asks its question anew each time around. A
 *   delete in between is one that came before our start; after one, mod_timer_pending() starts nothing.
 *   What is due is first moved to a second list, and only that is called. A function that starts its own
 *   timer for now, or for the past, puts it in the first list, which is due no sooner than the next jiffy:
 *   the loop ends. A timer in the second list is still pending, and can be deleted like any other.
 *
 *   Only a base's own CPU sets its event. Another CPU that puts a timer at its head sends an IPI, whose
 *   handler raises the softirq: that looks, finds nothing due, and sets the event.
 *   To the validator a timer is a lock that its function holds and timer_delete_sync() takes. So the order is
 *   known of that function's locks, and of those that are held where it is waited for.
 *   It does not: save an idle CPU from a deferrable timer, or keep thousands of timers well (insertion
 *   walks the list; Varghese and Lauck, "Hashed and hierarchical timing wheels", SOSP 1987, do).
 */
#include "kernel/core/timer_list.h"

#include <arch/smp.h>

#include "kernel/base/cpu.h"
#include "kernel/core/leak.h"
#include "kernel/core/panic.h"
#include "kernel/core/softirq.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/spin/raw_spinlock.h"

/* [b] under lock */
struct timer_base {
	raw_spinlock_t lock;
	u32 cpu;                    /* [I] */
	struct list_head timers;    /* [b] by expires; among equals, the first to come first */
	struct list_head due;       /* [b] what the softirq is about to call */
	struct timer_list *running; /* [b] whose function this CPU calls; only ever compared */
	struct ktimer event;        /* started by this CPU only */
};

static DEFINE_PER_CPU(struct timer_base, timer_bases);

/* Under what condition start() does something. */
enum start_how { START_ALWAYS, START_IF_PENDING, START_IF_EARLIER };

/* Lock the base that @timer is in, or was last. Interrupts off. */
static struct timer_base *lock_base_of(struct timer_list *timer)
{
	for (;;) {
		u32 cpu = READ_ONCE(timer->cpu);
		struct timer_base *base = per_cpu_ptr(&timer_bases, cpu);

		raw_spin_lock(&base->lock);
		if (likely(cpu == READ_ONCE(timer->cpu)))
			return base;
		raw_spin_unlock(&base->lock);
	}
}

static struct timer_list *first_of(const struct list_head *list)
{
	return list_first_entry_or_null(list, struct timer_list, entry);
}

/* clock_ns() at jiffy @expires; a century from now is as good as later. */
static u64 time_of(unsigned long expires)
{
	unsigned long now = jiffies;
	long delta = (long)(expires - now);

	return (now + (unsigned long)clamp(delta, 0L, 100L * 365 * 86400 * HZ)) * NSEC_PER_JIFFY;
}

/* Set the event to what the list needs, but not before jiffy @earliest. This CPU's base, locked. */
static void set_event(struct timer_base *base, unsigned long earliest)
{
	const struct timer_list *first = first_of(&base->timers);

	if (first)
		timer_start(&base->event, max(time_of(first->expires), time_of(earliest)));
}

/* See that the event is no later than a new first timer. Caller holds base->lock. */
static void hurry_event(struct timer_base *base)
{
	// Whoever calls functions sets the event when it is done with them.
	if (base->running)
		return;
	if (base == this_cpu_ptr(&timer_bases))
		set_event(base, jiffies);
	else
		smp_send_ipi(base->cpu, IPI_TIMER);
}

/* Caller holds base->lock, and @timer is in no list. */
static void insert(struct timer_base *base, struct timer_list *timer, unsigned long expires)
{
	struct list_head *before = base->timers.prev;

	while (before != &base->timers &&
	       time_after(list_entry(before, struct timer_list, entry)->expires, expires))
		before = before->prev;
	WRITE_ONCE(timer->expires, expires);
	WRITE_ONCE(timer->pending, true);
	list_add(&timer->entry, before);
	if (before == &base->timers)
		hurry_event(base);
}

/* Caller holds base->lock, of the base that @timer belongs to. */
static void detach(struct timer_list *timer)
{
	list_del_init(&timer->entry);
	WRITE_ONCE(timer->pending, false);
}

static bool is_to_start(const struct timer_list *timer, unsigned long expires, enum start_how how)
{
	if (!timer->function)
		return false;
	if (how == START_IF_PENDING)
		return timer->pending;
	return how == START_ALWAYS || !timer->pending || time_before(expires, timer->expires);
}

/* Start @timer in the base of CPU @cpu. Interrupts off. Returns whether it was pending. */
static bool start_on(struct timer_list *timer, unsigned long expires, enum start_how how, u32 cpu)
{
	if (unlikely(!READ_ONCE(timer->entry.next))) {
		misuse(NULL, "timer %p is started and was never set up: call timer_setup()", timer);
		return false;
	}
	for (;;) {
		struct timer_base *base = lock_base_of(timer);
		bool go = is_to_start(timer, expires, how);
		bool was_pending = timer->pending;

		if (go)
			list_del_init(&timer->entry);
		if (go && base->cpu != cpu && base->running != timer) {
			WRITE_ONCE(timer->cpu, cpu);
			raw_spin_unlock(&base->lock);
			continue;
		}
		if (go)
			insert(base, timer, expires);
		raw_spin_unlock(&base->lock);
		return was_pending;
	}
}

static bool start(struct timer_list *timer, unsigned long expires, enum start_how how)
{
	unsigned long flags = arch_local_irq_save();
	bool was_pending = start_on(timer, expires, how, raw_smp_processor_id());

	local_irq_restore(flags);
	return was_pending;
}

#if CONFIG_CHECKED
static void set_map(struct timer_list *timer, const char *name, const char *site)
{
	timer->dep_map = (struct lockdep_map){ name, site, site, .is_function = true };
}

/* A copy: the function may free the timer. */
static struct lockdep_map map_of(const struct timer_list *timer)
{
	return timer->dep_map;
}
#else
static void set_map(struct timer_list *timer, const char *name, const char *site)
{
}

static struct lockdep_map map_of(const struct timer_list *timer)
{
	return (struct lockdep_map){ .name = NULL };
}
#endif

void timer_setup_named(struct timer_list *timer, void (*function)(struct timer_list *), u32 flags,
		       const char *name, const char *site)
{
	timer_check_setup(timer, _RET_IP_);
	*timer = (struct timer_list){
		.entry = LIST_HEAD_INIT(timer->entry),
		.function = function,
		.flags = flags,
		.cpu = raw_smp_processor_id(),
	};
	set_map(timer, name, site);
}

void add_timer(struct timer_list *timer)
{
	BUG_ON(timer_pending(timer));
	start(timer, timer->expires, START_ALWAYS);
}

void add_timer_on(struct timer_list *timer, u32 cpu)
{
	unsigned long flags = arch_local_irq_save();

	BUG_ON(timer_pending(timer) || cpu >= nr_cpus || !READ_ONCE(cpu_by_id(cpu)->online));
	start_on(timer, timer->expires, START_ALWAYS, cpu);
	local_irq_restore(flags);
}

int mod_timer(struct timer_list *timer, unsigned long expires)
{
	return start(timer, expires, START_ALWAYS);
}

int mod_timer_pending(struct timer_list *timer, unsigned long expires)
{
	return start(timer, expires, START_IF_PENDING);
}

int timer_reduce(struct timer_list *timer, unsigned long expires)
{
	return start(timer, expires, START_IF_EARLIER);
}

/* Stop @timer, unless its function runs: then *@running is the base, if @running is not NULL. @shutdown: for good, running
 * or not. Returns whether it was pending. */
static bool stop(struct timer_list *timer, bool shutdown, struct timer_base **running)
{
	unsigned long flags = arch_local_irq_save();
	struct timer_base *base = lock_base_of(timer);
	bool was_pending = timer->pending;

	if (was_pending)
		detach(timer);
	if (shutdown)
		timer->function = NULL;
	// [T] pairs with [T] in call_first()
	if (running)
		*running = base->running == timer ? base : NULL;
	raw_spin_unlock_irqrestore(&base->lock, flags);
	return was_pending;
}

static bool stop_sync(struct timer_list *timer, bool shutdown, unsigned long where)
{
	struct lockdep_map map __maybe_unused = map_of(timer);
	bool was_pending = false, noted = false;
	struct timer_base *running;

	if (CONFIG_CHECKED && unlikely(in_hardirq() && !(timer->flags & TIMER_IRQSAFE))) {
		misuse(NULL,
		       "timer function %ps is waited for in an interrupt handler, which it may be below",
		       (void *)timer->function);
		return stop(timer, shutdown, &running);
	}
	for (;;) {
		was_pending |= stop(timer, shutdown, &running);
		// Its function cannot end while this CPU waits here, on top of it.
		if (running && running->cpu == raw_smp_processor_id() && in_interrupt()) {
			misuse(NULL, "timer_delete_sync() in %ps, which it would wait for",
			       (void *)timer->function);
			return was_pending;
		}
		if (!noted)
			lockdep_waits_for(&map, where);
		noted = true;
		if (!running)
			return was_pending;
		while (READ_ONCE(running->running) == timer)
			cpu_relax();
	}
}

int timer_delete(struct timer_list *timer)
{
	return stop(timer, false, NULL);
}

int timer_delete_sync(struct timer_list *timer)
{
	return stop_sync(timer, false, _RET_IP_);
}

int try_to_del_timer_sync(struct timer_list *timer)
{
	unsigned long flags = arch_local_irq_save();
	struct timer_base *base = lock_base_of(timer);
	int result = base->running == timer ? -1 : timer->pending;

	if (result > 0)
		detach(timer);
	raw_spin_unlock_irqrestore(&base->lock, flags);
	return result;
}

int timer_shutdown(struct timer_list *timer)
{
	return stop(timer, true, NULL);
}

int timer_shutdown_sync(struct timer_list *timer)
{
	return stop_sync(timer, true, _RET_IP_);
}

/* Call the first of what is due. Caller holds base->lock with interrupts off; it is dropped meanwhile. */
static void call_first(struct timer_base *base)
{
	struct timer_list *timer = first_of(&base->due);
	void (*function)(struct timer_list *) = timer->function;
	bool irqs_stay_off = timer->flags & TIMER_IRQSAFE;
	struct lockdep_map map __maybe_unused = map_of(timer);
	struct context_mark before;

	detach(timer);
	// [T] pairs with [T] in stop(): under the lock, so one step with the above.
	WRITE_ONCE(base->running, timer);
	raw_spin_unlock(&base->lock);
	if (!irqs_stay_off)
		local_irq_enable();
	before = context_begin("timer function", function);
	lock_map_acquire(&map);
	function(timer);
	lock_map_release(&map);
	context_check(&before, "timer function", function);
	local_irq_disable();
	raw_spin_lock(&base->lock);
	WRITE_ONCE(base->running, NULL);
}

/* TIMER_SOFTIRQ. It may be early, and for timers that are gone. */
static void call_due(void)
{
	struct timer_base *base = this_cpu_ptr(&timer_bases);
	unsigned long now = jiffies;
	struct timer_list *timer;

	raw_spin_lock_irq(&base->lock);
	while ((timer = first_of(&base->timers)) && timer_check_pending(timer, &base->timers) &&
	       time_after_eq(now, timer->expires))
		list_move_tail(&timer->entry, &base->due);
	while (!list_empty(&base->due))
		call_first(base);
	set_event(base, now + 1);
	raw_spin_unlock_irq(&base->lock);
}

void timer_list_walk(void (*fn)(const struct timer_list *timer, void *arg), void *arg)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		struct timer_base *base = per_cpu_ptr(&timer_bases, cpu);
		const struct timer_list *timer;
		unsigned long flags;

		raw_spin_lock_irqsave(&base->lock, flags);
		list_for_each_entry(timer, &base->timers, entry)
			fn(timer, arg);
		raw_spin_unlock_irqrestore(&base->lock, flags);
	}
}

static void kicked(void)
{
	raise_softirq_irqoff(TIMER_SOFTIRQ);
}

static void event_fired(struct ktimer *event)
{
	kicked();
}

void timer_list_init_cpu(u32 cpu)
{
	struct timer_base *base = per_cpu_ptr(&timer_bases, cpu);

	raw_spin_lock_init_unwatched(&base->lock);
	base->cpu = cpu;
	INIT_LIST_HEAD(&base->timers);
	INIT_LIST_HEAD(&base->due);
	timer_init(&base->event, event_fired);
}

void timer_list_init(void)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		timer_list_init_cpu(cpu);
	open_softirq(TIMER_SOFTIRQ, call_due);
	smp_ipi_register(IPI_TIMER, kicked);
}
