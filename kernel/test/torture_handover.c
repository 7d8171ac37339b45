/* torture_handover.c: completions and wait queues under torture: one token goes from hand to hand.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/panic.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/test/torture.h"
#include "lib/format.h"

#define TIMEOUT 2 /* jiffies: about as long as others are inside */

/* completion: an event is a token, which one at a time uses up */
static struct completion token;

static void token_begin(void)
{
	init_completion(&token);
	complete(&token);
}

static bool token_wait(struct torture_hold *hold)
{
	wait_for_completion(&token);
	return true;
}

static bool token_interruptible(struct torture_hold *hold)
{
	return wait_for_completion_interruptible(&token) == 0;
}

static bool token_killable(struct torture_hold *hold)
{
	return wait_for_completion_killable(&token) == 0;
}

static bool token_timeout(struct torture_hold *hold)
{
	return wait_for_completion_timeout(&token, TIMEOUT) > 0;
}

static bool token_interruptible_timeout(struct torture_hold *hold)
{
	return wait_for_completion_interruptible_timeout(&token, TIMEOUT) > 0;
}

static bool token_try(struct torture_hold *hold)
{
	return try_wait_for_completion(&token);
}

static void token_complete(struct torture_hold *hold)
{
	complete(&token);
}

static void token_describe(char *buf, size_t n)
{
	snprintf(buf, n, "%u events are not used up", READ_ONCE(token.done));
}

static bool token_ends_well(void)
{
	return token.done == 1 && list_empty(&token.wait.head);
}

static const struct torture_way token_ways[] = {
	TORTURE_WAY("wait_for_completion", token_wait, token_complete, WAY_WAITS),
	TORTURE_WAY("wait_for_completion_interruptible", token_interruptible, token_complete,
		    WAY_SIGNAL),
	TORTURE_WAY("wait_for_completion_killable", token_killable, token_complete, WAY_SIGNAL),
	TORTURE_WAY("wait_for_completion_timeout", token_timeout, token_complete, WAY_BY_ITSELF),
	TORTURE_WAY("wait_for_completion_interruptible_timeout", token_interruptible_timeout,
		    token_complete, WAY_BY_ITSELF),
	TORTURE_WAY("try_wait_for_completion", token_try, token_complete, WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_way token_irq_ways[] = {
	TORTURE_WAY("try_wait_for_completion", token_try, token_complete, WAY_BY_ITSELF),
	TORTURE_END,
};

static void token_complete_silently(struct torture_hold *hold)
{
	unsigned long flags;

	spin_lock_irqsave(&token.wait.lock, flags);
	token.done++;
	spin_unlock_irqrestore(&token.wait.lock, flags);
}

static const struct torture_way token_silent_ways[] = {
	TORTURE_WAY("wait_for_completion", token_wait, token_complete_silently, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_ops completion_twin = {
	.name = "completion",
	.broken = "complete() that forgets to wake",
	.writers = token_silent_ways,
	.init = token_begin,
};

TORTURE(completion) = {
	.name = "completion",
	.twin = &completion_twin,
	.writers = token_ways,
	.irq_writers = token_irq_ways,
	.init = token_begin,
	.describe = token_describe,
	.ends_well = token_ends_well,
};

/* wait_queue: a token that is there or not, and a queue of those who want it */
static DECLARE_WAIT_QUEUE_HEAD(queue);
static u32 there;

static void queue_begin(void)
{
	init_waitqueue_head(&queue);
	WRITE_ONCE(there, 1);
}

static bool take_there(void)
{
	return READ_ONCE(there) && xchg(&there, 0);
}

static bool queue_wait(struct torture_hold *hold)
{
	wait_event(queue, take_there());
	return true;
}

static bool queue_interruptible(struct torture_hold *hold)
{
	return wait_event_interruptible(queue, take_there()) == 0;
}

static bool queue_exclusive(struct torture_hold *hold)
{
	return wait_event_interruptible_exclusive(queue, take_there()) == 0;
}

static bool queue_killable(struct torture_hold *hold)
{
	return wait_event_killable(queue, take_there()) == 0;
}

static bool queue_timeout(struct torture_hold *hold)
{
	return wait_event_timeout(queue, take_there(), TIMEOUT) > 0;
}

static bool queue_try(struct torture_hold *hold)
{
	return take_there();
}

static void queue_give(struct torture_hold *hold)
{
	WARN_ON(xchg(&there, 1));
	wake_up(&queue);
}

static void queue_describe(char *buf, size_t n)
{
	snprintf(buf, n, "the token is %s", READ_ONCE(there) ? "there" : "gone");
}

static bool queue_ends_well(void)
{
	return there && list_empty(&queue.head);
}

static const struct torture_way queue_ways[] = {
	TORTURE_WAY("wait_event", queue_wait, queue_give, WAY_WAITS),
	TORTURE_WAY("wait_event_interruptible", queue_interruptible, queue_give, WAY_SIGNAL),
	TORTURE_WAY("wait_event_interruptible_exclusive", queue_exclusive, queue_give, WAY_SIGNAL),
	TORTURE_WAY("wait_event_killable", queue_killable, queue_give, WAY_SIGNAL),
	TORTURE_WAY("wait_event_timeout", queue_timeout, queue_give, WAY_BY_ITSELF),
	TORTURE_WAY("xchg", queue_try, queue_give, WAY_BY_ITSELF),
	TORTURE_END,
};

static const struct torture_way queue_irq_ways[] = {
	TORTURE_WAY("xchg", queue_try, queue_give, WAY_BY_ITSELF),
	TORTURE_END,
};

static void queue_give_silently(struct torture_hold *hold)
{
	xchg(&there, 1);
}

static const struct torture_way queue_silent_ways[] = {
	TORTURE_WAY("wait_event", queue_wait, queue_give_silently, WAY_WAITS),
	TORTURE_END,
};

static const struct torture_ops wait_queue_twin = {
	.name = "wait_queue",
	.broken = "a giver that forgets to wake",
	.writers = queue_silent_ways,
	.init = queue_begin,
};

TORTURE(wait_queue) = {
	.name = "wait_queue",
	.twin = &wait_queue_twin,
	.writers = queue_ways,
	.irq_writers = queue_irq_ways,
	.init = queue_begin,
	.describe = queue_describe,
	.ends_well = queue_ends_well,
};
