/* torture_wait.c: who waits: that all come out, and that nobody goes before who came first.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/test/torture_body.h"

/* Whether @thread sleeps inside the way that it takes the lock by. A way that returns by itself does
 * not count: it will. */
static bool waits_asleep(const struct torture_thread *thread)
{
	u64 at = smp_load_acquire(&thread->at); // [Q] pairs with [P] in say()
	u64 phase = at & AT_PHASE;

	return (phase == AT_WAITS || phase == AT_SIGNAL) &&
	       actor_is_asleep(&thread->actor, TASK_NORMAL) && READ_ONCE(thread->at) == at;
}

static bool is_out(const struct torture_thread *thread)
{
	return smp_load_acquire(&thread->parked) == READ_ONCE(thread->who.torture->round);
}

/* One look at all threads. @moves: a number that grows when one of those that wait runs. */
struct look {
	unsigned int out, waiting;
	u64 moves;
};

static struct look look_at_all(const struct torture *torture)
{
	struct look look = { .out = 0 };

	for (unsigned int i = 0; i < torture_nr_threads(torture); i++) {
		const struct torture_thread *thread = &torture->threads[i];
		const struct task_struct *task = thread->actor.task;

		if (is_out(thread)) {
			look.out++;
			continue;
		}
		look.moves +=
			READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw) + READ_ONCE(thread->at);
		look.waiting += waits_asleep(thread);
	}
	return look;
}

/*
 * Whether threads are stuck. Nobody but they could wake one of them. Each look takes time; but who
 * sleeps in both and has not run in between has slept throughout, so between the two all slept at the
 * same time, and that can never end:
 *
 *      first look    A sleeps ... B sleeps
 *                                      here both do
 *      second look                         A sleeps, not switched in since ... B sleeps, the same
 */
static bool is_stuck(const struct torture *torture)
{
	unsigned int all = torture_nr_threads(torture);
	struct look first = look_at_all(torture);
	struct look second;

	if (!first.waiting || first.out + first.waiting != all)
		return false;
	smp_mb();
	second = look_at_all(torture);
	return second.out == first.out && second.waiting == first.waiting &&
	       second.moves == first.moves;
}

static void describe(const struct torture *torture, char *buf, size_t n)
{
	buf[0] = '\0';
	if (torture->ops->describe)
		torture->ops->describe(buf, n);
}

/* Name the lock, and who waits for it in vain; then let them go. */
static void free_the_stuck(struct torture *torture)
{
	char lock[96];

	describe(torture, lock, sizeof(lock));
	for (unsigned int i = 0; i < torture_nr_threads(torture); i++) {
		struct torture_thread *thread = &torture->threads[i];

		if (is_out(thread))
			continue;
		if (atomic_fetch_add(1, &torture->lost) == 0)
			torture_fail(
				torture,
				"lost wake-up: %s (pid %d) sleeps in %s(), all others have left, "
				"and %s: %s",
				thread->who.name, thread->actor.task->pid, READ_ONCE(thread->way),
				torture->ops->name, lock);
		wake_up_process(thread->actor.task);
	}
	if (torture->ops->rescue)
		torture->ops->rescue();
}

#define RESCUES 5 /* in a row, with no operation in between: then there is no hope */

/* How far all have come. */
static u64 progress(const struct torture *torture)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < torture_nr_threads(torture); i++)
		sum += READ_ONCE(torture->threads[i].at);
	return sum;
}

static void rescue(struct torture *torture)
{
	u64 now = progress(torture);

	torture->stuck = now == torture->stuck_at ? torture->stuck + 1 : 0;
	torture->stuck_at = now;
	if (torture->stuck == RESCUES)
		panic("%s-torture: threads wait for it for ever; the note above names one",
		      torture->ops->name);
	free_the_stuck(torture);
}

static bool all_out(const struct torture *torture)
{
	for (unsigned int i = 0; i < torture_nr_threads(torture); i++)
		if (!is_out(&torture->threads[i]))
			return false;
	return true;
}

#define PATIENCE_NS (60 * NSEC_PER_SEC)

void torture_come_out(struct torture *torture)
{
	u64 limit = clock_ns() + PATIENCE_NS;

	while (!all_out(torture)) {
		if (is_stuck(torture))
			rescue(torture);
		if (clock_ns() > limit)
			panic("%s-torture: after %llu s threads have not come out of the lock",
			      torture->ops->name, PATIENCE_NS / NSEC_PER_SEC);
		usleep_range(50, 100);
	}
}

/*
 * Order of arrival. The holder of the only unit keeps all others where they are: one that it sees asleep
 * in a plain wait is in the lock's queue, and stays there until it is served.
 */
static void note_waiters(struct torture_thread *self)
{
	struct torture *torture = self->who.torture;

	for (unsigned int i = 0; i < torture_nr_threads(torture); i++) {
		struct torture_thread *thread = &torture->threads[i];
		u64 at = READ_ONCE(thread->at);

		if (thread->seen_at == at || (at & AT_PHASE) != AT_WAITS || !waits_asleep(thread) ||
		    READ_ONCE(thread->at) != at)
			continue;
		thread->seen_at = at;
		thread->seen = (u64)atomic64_inc_return(&torture->stamp);
	}
}

/* We are inside: nobody who was seen to wait when we had not even begun may wait still. Whoever was
 * served before us said so before it released, which we have seen. */
static void check_order(struct torture_thread *self)
{
	struct torture *torture = self->who.torture;

	for (unsigned int i = 0; i < torture_nr_threads(torture); i++) {
		struct torture_thread *thread = &torture->threads[i];

		if (thread != self && thread->seen && thread->seen < self->started &&
		    thread->seen_at == READ_ONCE(thread->at))
			torture_fail(torture, "%s, which came later, goes before %s",
				     self->who.name, thread->who.name);
	}
}

void torture_order(struct torture_thread *self)
{
	check_order(self);
	note_waiters(self);
}
