/* lockdep.c: the lock validator: what every acquisition and release goes through.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A deadlock needs bad luck to happen, but no luck to be seen: if one thread ever takes A before B, and
 *   another, or the same, ever B before A, at whatever times, then they can meet. So the validator keeps
 *   what has ever been done with locks, by class (lockdep_class.c): in what order (lockdep_graph.c), and in
 *   which context (lockdep_usage.c), and judges each acquisition by all that was seen before.
 *   It promises: of the rules that it knows, every breach is reported the first time that the last step to
 *   it is taken, on whatever CPU; nothing that cannot deadlock is reported, if classes are what they
 *   say; and it goes on after a report.
 *
 *   Each thread keeps a stack of what it holds, in struct lockdep_task; interrupt handlers push on top of
 *   whom they interrupt. What a thread holds in one context is a chain. Nearly always the chain is one that
 *   was seen before (lockdep_chain.c), and then an acquisition is a few loads. Else, under the graph lock:
 *
 *      lock_acquire(C), holding A and B
 *         its class           is there another of this class below? with no word on the order: recursion
 *         its usage           taken in a handler? with interrupts on? new bits are judged
 *         its chain           A, B, C: new: the edge B -> C is judged and added
 *      then the lock is waited for
 *
 *   A lock is noted before it is waited for, so that what hangs has been reported. Locks are released in any
 *   order: those above move down, and their chain is computed anew; no new order comes of it.
 *   Measured (`make bench`, gcc 12): a spinlock inside another, known chain, takes 839 instructions to take and
 *   release with 10, 100 and 1000 classes alike, and 10 in the fast profile; a new order 5,300 to 83,500, once.
 *   Interrupts are off inside, and the thread's `off` is not 0, so that a lock taken by a report is not
 *   looked at. The graph lock is a bare word: it is not noted among the CPU's.
 *
 *   A completion has no owner to wait for. But who completes it with a lock held has got that lock before:
 *
 *      thread 1                          thread 2
 *      mutex_lock(M)                     mutex_lock(M): waits
 *      wait_for_completion(C): waits     complete(C)
 *
 *   So the wait is an edge M -> C, and complete() an edge C -> M: C waits for what takes M. Locks that were tried, and that
 *   were given back before complete(), make none: that they are needed for it cannot be told. (Linux had
 *   "crossrelease" in 4.14, which counted the latter too, and took it out, because of its false alarms.) Nor does the
 *   work, the timer or the queue whose function completes: another one may. A wait with a time limit ends by itself, and
 *   makes no edge. Who completes under a lock what only he himself, or one who has got that lock after him, waits for
 *   under it, is right, and is told: lockdep_set_novalidate_class(&completion) leaves it out. Semaphores: lockdep_unit.c.
 *   It does not: look at raw spinlocks without a name, which its own callers use; or see what NMI handlers do.
 *   Sources: I. Molnar and A. van de Ven, Linux 2.6.18, whose names these are; its design documents.
 */
#include "kernel/locking/lockdep.h"

#include <arch/atomic.h>

#include "kernel/base/held.h"
#include "kernel/base/irqflags.h"
#include "kernel/locking/lockdep_internal.h"
#include "kernel/locking/lockstat.h"
#include "kernel/locking/spin/word.h"

int debug_locks = 1;
int debug_locks_silent;
unsigned int force_read_lock_recursive;

#if CONFIG_CHECKED

#define CHAIN_START 1 /* the key of a chain of nothing */

struct lock_class_key lockdep_no_validate;

static spin_word_t graph_lock = SPIN_WORD_FREE;
static void (*print_report)(const struct lockdep_report *report); /* [I] */

void lockdep_graph_lock(void)
{
	spin_word_lock(&graph_lock);
}

void lockdep_graph_unlock(void)
{
	spin_word_unlock(&graph_lock);
}

int debug_locks_off(void)
{
	return xchg(&debug_locks, 0);
}

void lockdep_register_report(void (*print)(const struct lockdep_report *report))
{
	WRITE_ONCE(print_report, print);
}

void lockdep_complain(const struct lockdep_report *report)
{
	if (READ_ONCE(debug_locks_silent))
		debug_locks_off();
	else if (READ_ONCE(print_report))
		print_report(report);
}

/* ---- What a thread holds ------------------------------------------------------------------------- */

/* The key of the chain that @held joins. */
static u64 chain_below(const struct lockdep_task *task, const struct lockdep_held *held)
{
	if (held == task->held || held[-1].context != held->context)
		return CHAIN_START;
	return lockdep_chain_next(held[-1].prev_key, &held[-1]);
}

void lockdep_renew_chains(struct lockdep_task *task, u32 i)
{
	for (; i < task->depth; i++)
		task->held[i].prev_key = chain_below(task, &task->held[i]);
}

static u8 context_now(void)
{
	return (u8)((in_hardirq() ? 2 : 0) | (in_serving_softirq() ? 1 : 0));
}

/* ---- Acquiring ------------------------------------------------------------------------------------ */

static void report_recursion(const struct lockdep_task *task, const struct lockdep_held *prev,
			     const struct lockdep_held *next)
{
	lockdep_graph_lock();
	if (lockdep_refuse(task, prev, next))
		lockdep_complain(&(struct lockdep_report){ .problem = LOCKDEP_RECURSION,
							   .task = task,
							   .held = prev,
							   .next = next,
							   .where = next->where });
	lockdep_graph_unlock();
}

/* How many of those held, from the bottom, are ordered before @next: all, if none of its class is held that it would
 * wait for; those below the first of its class, if their order is free; none, if that was reported. */
static u32 check_recursion(struct lockdep_task *task, const struct lockdep_held *next)
{
	const struct lockdep_held *outer = next->nest ? lockdep_find_held(task, next->nest) : NULL;
	bool nested = false;

	for (u32 i = 0; i < task->depth; i++) {
		const struct lockdep_held *prev = &task->held[i];

		nested |= prev == outer || prev->map == next->nest;
		if (prev->class != next->class || !prev->checked)
			continue;
		if (next->read == LOCKDEP_READ_REC && prev->read)
			continue;
		if (!nested) {
			report_recursion(task, prev, next);
			return 0;
		}
		if (prev->context == next->context)
			return i;
	}
	return task->depth;
}

static void check_nest(struct lockdep_task *task, const struct lockdep_held *next)
{
	if (!lockdep_find_held(task, next->nest))
		lockdep_complain(&(struct lockdep_report){ .problem = LOCKDEP_NOT_HELD,
							   .task = task,
							   .next = next,
							   .what = next->nest->name,
							   .where = next->where });
}

static void judge(struct lockdep_task *task, struct lockdep_held *held)
{
	u32 below;

	lockdep_mark_taken(task, held);
	if (held->trylock)
		return;
	if (unlikely(task->n_sections))
		lockdep_section_note(task, held);
	if (held->nest)
		check_nest(task, held);
	below = check_recursion(task, held);
	held->partial = below < task->depth;
	// The key of a chain does not say under which outer lock.
	if (held->partial || lockdep_chain_is_new(lockdep_chain_next(held->prev_key, held))) {
		lockdep_graph_lock();
		lockdep_add_edges(task, held, below);
		lockdep_graph_unlock();
	}
}

void lockdep_judge_again(struct lockdep_task *task, u32 i)
{
	u32 depth = task->depth;

	lockdep_renew_chains(task, i);
	for (task->depth = i; task->depth < depth; task->depth++) {
		if (task->held[task->depth].checked)
			judge(task, &task->held[task->depth]);
	}
}

/* One more of a class whose locks are all held under one outer lock, with nothing to learn: they share an entry. */
static bool joins_top(struct lockdep_task *task, const struct lockdep_held *next)
{
	struct lockdep_held *top = task->depth ? &task->held[task->depth - 1] : NULL;

	if (!next->nest || !top || top->class != next->class || top->nest != next->nest ||
	    top->context != next->context || (top->trylock && !next->trylock))
		return false;
	top->references = (u16)(max_t(u16, top->references, 1) + 1);
	return true;
}

static void push(struct lockdep_task *task, const struct lockdep_held *next)
{
	static int told;
	struct lockdep_held *held = &task->held[task->depth];

	if (joins_top(task, next))
		return;
	if (task->depth == MAX_LOCK_DEPTH) {
		if (!xchg(&told, 1))
			lockdep_complain(&(struct lockdep_report){
				.problem = LOCKDEP_FULL,
				.task = task,
				.what = "MAX_LOCK_DEPTH too low: this thread holds too many locks" });
		return;
	}
	*held = *next;
	held->prev_key = chain_below(task, held);
	if (held->checked)
		judge(task, held);
	task->depth++;
}

noinline void lock_acquire(struct lockdep_map *map, unsigned int subclass, int trylock, int read,
			   int check, const struct lockdep_map *nest, unsigned long where)
{
	unsigned long flags;
	struct lockdep_task *task;
	u16 class;

	trace_note(TRACE_ACQUIRE, map, map->name, (u32)where,
		   (u32)read | (trylock ? TRACE_TRY : 0));
	task = lockdep_enter(&flags);
	if (!task)
		return;
	class = lockdep_class_of(map, subclass ?: map->subclass);
	if (class) {
		struct lockdep_held next = { .map = map,
					     .nest = nest,
					     .where = where,
					     .class = class,
					     .read = (u8)read,
					     .trylock = trylock,
					     .checked = check && map->key != &lockdep_no_validate,
					     .context = context_now(),
					     .irqs_on = !irqs_disabled_flags(flags),
					     .softirqs_on = !softirq_count() };
		push(task, &next);
	}
	lockdep_leave(task, flags);
}

/* ---- Completing ------------------------------------------------------------------------------------- */

/* Whether what this context holds, and completes @done with, was all waited for. */
static bool all_waited_for(const struct lockdep_task *task, const struct lockdep_held *done)
{
	for (u32 i = task->depth; i > 0 && task->held[i - 1].context == done->context; i--) {
		if (task->held[i - 1].trylock)
			return false;
	}
	return true;
}

static void learn_completion(struct lockdep_task *task, struct lockdep_held *done)
{
	u64 key = lockdep_chain_next(chain_below(task, done), done);

	// The key of a chain does not say what was tried in it.
	if (all_waited_for(task, done) && !lockdep_chain_is_new(key))
		return;
	done->read = LOCKDEP_EXCLUSIVE;
	lockdep_graph_lock();
	for (u32 i = task->depth; i > 0 && task->held[i - 1].context == done->context; i--) {
		const struct lockdep_held *held = &task->held[i - 1];

		if (held->checked && !held->trylock && !held->map->is_function)
			lockdep_add_edge(task, done, held);
	}
	lockdep_graph_unlock();
}

noinline void lockdep_completes(struct lockdep_map *map, unsigned long where)
{
	unsigned long flags;
	struct lockdep_task *task = lockdep_enter(&flags);
	u16 class;

	if (!task)
		return;
	if ((task->depth || task->n_sections) && task->depth < MAX_LOCK_DEPTH &&
	    map->key != &lockdep_no_validate) {
		struct lockdep_held *done = &task->held[task->depth];

		class = lockdep_class_of(map, map->subclass);
		*done = (struct lockdep_held){ .map = map,
					       .where = where,
					       .class = class,
					       .read = LOCKDEP_COMPLETES,
					       .context = context_now() };
		if (class) {
			lockdep_section_note(task, done);
			if (task->depth)
				learn_completion(task, done);
		}
	}
	lockdep_leave(task, flags);
}

/* ---- Releasing -------------------------------------------------------------------------------------- */

noinline void lock_release(struct lockdep_map *map, unsigned long where)
{
	unsigned long flags;
	struct lockdep_task *task;
	struct lockdep_held *held;

	trace_note(TRACE_RELEASE, map, map->name, (u32)where, 0);
	task = lockdep_enter_always(&flags); // What was noted while it was on, is no more.
	if (!task)
		return;
	held = lockdep_find_held(task, map);
	if (held && held->references > 1) {
		held->references--;
	} else if (held) {
		u32 i = (u32)(held - task->held);

		if (unlikely(held->stat))
			lockstat_released(held);
		task->depth--;
		for (u32 at = i; at < task->depth; at++)
			task->held[at] = task->held[at + 1];
		lockdep_renew_chains(task, i);
	}
	lockdep_leave(task, flags);
}

/* ---- Interrupts and softirqs turned on ---------------------------------------------------------------- */

/* @softirqs: these are, and not interrupts. */
static void turned_on(bool softirqs, unsigned long where)
{
	unsigned long flags;
	struct lockdep_task *task = lockdep_enter(&flags);

	if (!task)
		return;
	if (!softirqs)
		lockdep_mark_enabled(task, USAGE_HARDIRQ, where);
	if (softirqs ? !irqs_disabled_flags(flags) : !softirq_count())
		lockdep_mark_enabled(task, USAGE_SOFTIRQ, where);
	lockdep_leave(task, flags);
}

void lockdep_init(void)
{
	hook_register_turned_on(turned_on);
}

#endif
