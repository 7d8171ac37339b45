/* lockdep_usage.c: locks that interrupt handlers and softirqs take.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A lock that a handler takes (it is *safe*: it must be) may never be held with interrupts on (then it is
 *   *unsafe*): the handler could interrupt its holder on the same CPU, and wait for it for ever. The
 *   same with softirqs. One use is enough to know each half, whenever they happen:
 *
 *        in a handler:   lock(A)                     A is USED_IN_HARDIRQ
 *        in a thread:    lock(A), interrupts on      A is ENABLED_HARDIRQ: reported
 *
 *   The same goes over other locks. If A is safe, B is unsafe, and somebody takes B while holding A, then A
 *   waits for B's holder, who may be interrupted by who wants A:
 *
 *        CPU 0                         CPU 1
 *        lock(B), interrupts on
 *                                      lock(A) with interrupts off, as it must
 *                                      lock(B): waits
 *        interrupt: lock(A): waits
 *
 *   So no strong path may lead from a safe class to an unsafe one. Three things can complete such a path: a
 *   class turns out to be safe (search forwards for an unsafe one), or unsafe (search backwards), or a new
 *   edge joins the two (both). Bits are of readers or of writers. On the class itself, readers inside and
 *   outside of handlers do not mind each other; at the ends of a path they count if the way there does not
 *   end in a recursive reader.
 *   A lock is unsafe if it is taken with interrupts on, or held when they are turned on. A trylock in a
 *   handler does not wait, so it makes no lock safe.
 *   A bit that is reported is not set: what follows from it would be reported again and again. And a class of which it is
 *   told that a handler takes it counts as unsafe no more: with interrupts off, as it must be, it will not be.
 */
#include "kernel/locking/lockdep_internal.h"

#if CONFIG_CHECKED

/* The bits that must not meet these at the two ends of a path: the other direction, readers and writers. */
static u32 opposite(u32 mask)
{
	u32 turned = (mask & USAGE_MASK_USED_IN) << 2 | (mask & ~USAGE_MASK_USED_IN) >> 2;
	u32 writers = (turned | turned >> 1) & USAGE_MASK_WRITE;

	return writers | writers << 1;
}

/* A function's class, or NULL: where it runs is that of what it takes, which was just looked at. [g] */
static const struct lock_class *left_out;

static u32 visible(const struct lock_class *class, bool only_recursive)
{
	u32 told = opposite(class->refused & USAGE_MASK_USED_IN);

	if (class == left_out)
		return 0;
	return class->usage & ~told & (only_recursive ? USAGE_MASK_WRITE : ~0U);
}

bool lockdep_match_usage(const struct lock_class *class, bool only_recursive, u32 mask)
{
	return (visible(class, only_recursive) & mask) != 0;
}

/* For a search that visits all: the usage of what it has seen. [g] */
static u32 gathered;

static bool gather_usage(const struct lock_class *class, bool only_recursive, u32 mask)
{
	gathered |= visible(class, only_recursive) & mask;
	return false;
}

static u32 lowest_bit(u32 mask)
{
	return (u32)__builtin_ctz(mask);
}

/* The bit of the pair that is at the unsafe end, and at the safe one. */
static void note_ends(struct lockdep_report *report, u16 safe, u32 safe_bit, u16 unsafe,
		      u32 unsafe_bit)
{
	report->safe = safe;
	report->safe_bit = safe_bit;
	report->unsafe = unsafe;
	report->unsafe_bit = unsafe_bit;
}

/* A class on its own: is it used as it must not? */
static bool check_class(struct lockdep_report *report, const struct lockdep_held *held, u32 bit)
{
	const struct lock_class *class = &lockdep_classes[held->class];
	u32 writer = (bit ^ USAGE_ENABLED) & ~USAGE_READ;
	u32 conflicts = BIT(writer) | (bit & USAGE_READ ? 0 : BIT(writer | USAGE_READ));
	u32 both = class->usage & conflicts;

	if (!both)
		return true;
	report->problem = LOCKDEP_USAGE;
	if (bit & USAGE_ENABLED)
		note_ends(report, held->class, lowest_bit(both), held->class, bit);
	else
		note_ends(report, held->class, bit, held->class, lowest_bit(both));
	return false;
}

/* The paths that begin, or end, at a class: do they lead to one of the opposite usage? */
static bool check_paths(struct lockdep_report *report, const struct lockdep_held *held, u32 bit)
{
	bool backwards = bit & USAGE_ENABLED;
	bool only = backwards ? held->read != LOCKDEP_EXCLUSIVE : held->read == LOCKDEP_READ_REC;
	u32 mask = opposite(BIT(bit));
	struct lockdep_end end;
	u32 other;

	if (!lockdep_search(held->class, only, !backwards, lockdep_match_usage, mask))
		return true;
	report->problem = LOCKDEP_INVERSION;
	end = lockdep_found(report);
	other = lowest_bit(visible(&lockdep_classes[end.class], end.only_recursive) & mask);
	if (backwards)
		note_ends(report, end.class, other, held->class, bit);
	else
		note_ends(report, held->class, bit, end.class, other);
	return false;
}

static u32 known_usage(const struct lock_class *class)
{
	return READ_ONCE(class->usage) | READ_ONCE(class->refused);
}

static void mark(const struct lockdep_task *task, const struct lockdep_held *held, u32 bit,
		 unsigned long where)
{
	struct lock_class *class = &lockdep_classes[held->class];

	lockdep_graph_lock();
	if (!((class->usage | class->refused) & BIT(bit))) {
		struct lockdep_report report = { .task = task, .next = held, .where = where };

		class->traces[bit] = lockdep_save_trace(task->frame);
		if (check_class(&report, held, bit) && check_paths(&report, held, bit)) {
			WRITE_ONCE(class->usage, class->usage | BIT(bit));
		} else {
			WRITE_ONCE(class->refused, class->refused | BIT(bit));
			lockdep_complain(&report);
		}
	}
	lockdep_graph_unlock();
}

/* Give the class the bits of @mask that it does not have. */
static void mark_new(const struct lockdep_task *task, const struct lockdep_held *held, u32 mask,
		     unsigned long where)
{
	u32 new = mask & ~known_usage(&lockdep_classes[held->class]);

	while (unlikely(new)) {
		mark(task, held, lowest_bit(new), where);
		new &= new - 1;
	}
}

void lockdep_mark_taken(const struct lockdep_task *task, const struct lockdep_held *held)
{
	u32 mask = 0;

	if (!held->trylock && (held->context & 2))
		mask |= BIT(USAGE_HARDIRQ);
	if (!held->trylock && (held->context & 1))
		mask |= BIT(USAGE_SOFTIRQ);
	if (held->irqs_on)
		mask |= BIT(USAGE_HARDIRQ | USAGE_ENABLED);
	if (held->irqs_on && held->softirqs_on)
		mask |= BIT(USAGE_SOFTIRQ | USAGE_ENABLED);
	mark_new(task, held, held->read ? mask << USAGE_READ : mask, held->where);
}

void lockdep_mark_enabled(const struct lockdep_task *task, u32 state, unsigned long where)
{
	for (u32 i = 0; i < task->depth; i++) {
		const struct lockdep_held *held = &task->held[i];
		u32 bit = state | USAGE_ENABLED | (held->read ? USAGE_READ : 0);

		if (held->checked)
			mark_new(task, held, BIT(bit), where);
	}
}

static bool check_order(const struct lockdep_task *task, const struct lockdep_held *prev,
			const struct lockdep_held *next)
{
	struct lockdep_report report = { .problem = LOCKDEP_UNSAFE,
					 .task = task,
					 .held = prev,
					 .next = next,
					 .where = next->where };
	struct lockdep_end safe, unsafe;
	u32 unsafe_bits, safe_bits;

	gathered = 0;
	lockdep_search(prev->class, prev->read != LOCKDEP_EXCLUSIVE, false, gather_usage,
		       USAGE_MASK_USED_IN);
	if (!gathered || !lockdep_search(next->class, next->read == LOCKDEP_READ_REC, true,
					 lockdep_match_usage, opposite(gathered)))
		return true;
	unsafe = lockdep_found(&report);
	unsafe_bits = visible(&lockdep_classes[unsafe.class], unsafe.only_recursive) &
		      opposite(gathered);
	report.split = report.length;
	lockdep_search(prev->class, prev->read != LOCKDEP_EXCLUSIVE, false, lockdep_match_usage,
		       opposite(unsafe_bits));
	safe = lockdep_found(&report);
	safe_bits = visible(&lockdep_classes[safe.class], safe.only_recursive) &
		    opposite(unsafe_bits);
	note_ends(&report, safe.class, lowest_bit(safe_bits), unsafe.class,
		  lowest_bit(unsafe_bits & opposite(BIT(lowest_bit(safe_bits)))));
	lockdep_complain(&report);
	return false;
}

/* A unit of a semaphore that is given back has no map any more. */
static bool is_function(const struct lockdep_held *held)
{
	return held->map && held->map->is_function;
}

bool lockdep_check_order(const struct lockdep_task *task, const struct lockdep_held *prev,
			 const struct lockdep_held *next)
{
	bool right;

	if (is_function(prev) && !is_function(next) && !next->trylock)
		left_out = &lockdep_classes[prev->class];
	right = check_order(task, prev, next);
	left_out = NULL;
	return right;
}

#endif
