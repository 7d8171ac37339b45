/* wait_event_test.c: the forms of wait_event(): what ends them, and what they return then.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/wait.h"

#include "kernel/sched/signal.h"
#include "kernel/test/lock_test.h"
#include "lib/errno.h"

#define LONG_TIME (1000 * HZ)

struct event {
	wait_queue_head_t wq;
	spinlock_t lock; /* the forms with a lock hold it */
	bool happened;
	long timeout;
	long (*wait)(struct event *event);
};

static long wait_plain(struct event *event)
{
	wait_event(event->wq, READ_ONCE(event->happened));
	return 0;
}

static long wait_interruptible(struct event *event)
{
	return wait_event_interruptible(event->wq, READ_ONCE(event->happened));
}

static long wait_exclusive(struct event *event)
{
	return wait_event_interruptible_exclusive(event->wq, READ_ONCE(event->happened));
}

static long wait_killable(struct event *event)
{
	return wait_event_killable(event->wq, READ_ONCE(event->happened));
}

static long wait_idle(struct event *event)
{
	wait_event_idle(event->wq, READ_ONCE(event->happened));
	return 0;
}

static long wait_killable_exclusive(struct event *event)
{
	return wait_event_killable_exclusive(event->wq, READ_ONCE(event->happened));
}

static long wait_idle_exclusive(struct event *event)
{
	wait_event_idle_exclusive(event->wq, READ_ONCE(event->happened));
	return 0;
}

/* Around every sleep the two statements are run, in turn. */
static long wait_cmd(struct event *event)
{
	int before = 0, after = 0;

	wait_event_cmd(event->wq, READ_ONCE(event->happened), EXPECT_EQ(before++, after),
		       EXPECT_EQ(before, ++after));
	EXPECT_EQ(before, after);
	return 0;
}

/* The forms with a lock look at the condition with it held, and come back with it held. */
static bool happened_locked(struct event *event)
{
	EXPECT_CONTEXT(true, 1);
	return READ_ONCE(event->happened);
}

static long leave_locked(struct event *event, long result)
{
	happened_locked(event);
	spin_unlock_irq(&event->lock);
	EXPECT_CONTEXT(false, 0);
	return result;
}

static long wait_lock_irq(struct event *event)
{
	spin_lock_irq(&event->lock);
	wait_event_lock_irq(event->wq, happened_locked(event), event->lock);
	return leave_locked(event, 0);
}

static long wait_lock_irq_cmd(struct event *event)
{
	spin_lock_irq(&event->lock);
	wait_event_lock_irq_cmd(event->wq, happened_locked(event), event->lock,
				EXPECT_CONTEXT(false, 0));
	return leave_locked(event, 0);
}

static long wait_interruptible_lock_irq(struct event *event)
{
	spin_lock_irq(&event->lock);
	return leave_locked(event, wait_event_interruptible_lock_irq(
					   event->wq, happened_locked(event), event->lock));
}

static long wait_lock_irq_timeout(struct event *event)
{
	spin_lock_irq(&event->lock);
	return leave_locked(event, wait_event_lock_irq_timeout(event->wq, happened_locked(event),
							       event->lock, event->timeout));
}

static long wait_interruptible_lock_irq_timeout(struct event *event)
{
	spin_lock_irq(&event->lock);
	return leave_locked(
		event, wait_event_interruptible_lock_irq_timeout(event->wq, happened_locked(event),
								 event->lock, event->timeout));
}

/* With the queue's own lock, which a wake-up takes as well. */
static long wait_locked(struct event *event)
{
	long result;

	spin_lock(&event->wq.lock);
	result = wait_event_interruptible_locked(event->wq, READ_ONCE(event->happened));
	spin_unlock(&event->wq.lock);
	return result;
}

static long wait_exclusive_locked_irq(struct event *event)
{
	long result;

	spin_lock_irq(&event->wq.lock);
	result = wait_event_interruptible_exclusive_locked_irq(event->wq, happened_locked(event));
	spin_unlock_irq(&event->wq.lock);
	return result;
}

static long wait_hrtimeout(struct event *event)
{
	return wait_event_hrtimeout(event->wq, READ_ONCE(event->happened),
				    event->timeout * (s64)NSEC_PER_MSEC);
}

static long wait_interruptible_hrtimeout(struct event *event)
{
	return wait_event_interruptible_hrtimeout(event->wq, READ_ONCE(event->happened),
						  event->timeout * (s64)NSEC_PER_MSEC);
}

static long wait_killable_timeout(struct event *event)
{
	return wait_event_killable_timeout(event->wq, READ_ONCE(event->happened), event->timeout);
}

static long wait_idle_timeout(struct event *event)
{
	return wait_event_idle_timeout(event->wq, READ_ONCE(event->happened), event->timeout);
}

static long wait_idle_exclusive_timeout(struct event *event)
{
	return wait_event_idle_exclusive_timeout(event->wq, READ_ONCE(event->happened),
						 event->timeout);
}

static long wait_timeout(struct event *event)
{
	return wait_event_timeout(event->wq, READ_ONCE(event->happened), event->timeout);
}

static long wait_interruptible_timeout(struct event *event)
{
	return wait_event_interruptible_timeout(event->wq, READ_ONCE(event->happened),
						event->timeout);
}

typedef long (*wait_form)(struct event *event);

static const wait_form without_timeout[] = {
	wait_plain,
	wait_interruptible,
	wait_exclusive,
	wait_killable,
	wait_idle,
	wait_killable_exclusive,
	wait_idle_exclusive,
	wait_cmd,
	wait_lock_irq,
	wait_lock_irq_cmd,
	wait_interruptible_lock_irq,
	wait_locked,
	wait_exclusive_locked_irq,
	wait_hrtimeout,
	wait_interruptible_hrtimeout,
};
static const wait_form with_timeout[] = {
	wait_timeout,
	wait_interruptible_timeout,
	wait_killable_timeout,
	wait_idle_timeout,
	wait_idle_exclusive_timeout,
	wait_lock_irq_timeout,
	wait_interruptible_lock_irq_timeout,
};
static const wait_form with_hrtimeout[] = { wait_hrtimeout, wait_interruptible_hrtimeout };

static int wait_for_event(void *arg)
{
	struct event *event = arg;
	long result;

	allow_signal(SIGINT);
	allow_signal(SIGKILL);
	result = event->wait(event);
	EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
	EXPECT(!waitqueue_active(&event->wq));
	return (int)result;
}

static void event_init(struct event *event, wait_form wait)
{
	*event = (struct event){ .wait = wait, .timeout = LONG_TIME };
	init_waitqueue_head(&event->wq);
	spin_lock_init(&event->lock);
}

static void happen(struct event *event, struct actor *waiter)
{
	spin_lock_irq(&event->lock);
	WRITE_ONCE(event->happened, true);
	spin_unlock_irq(&event->lock);
	wake_up(&event->wq);
}

static void wake_in_vain(struct event *event, struct actor *waiter)
{
	wake_up_all(&event->wq);
}

static void interrupt(struct event *event, struct actor *waiter)
{
	EXPECT_EQ(send_sig(SIGINT, waiter->task, 0), 0);
}

static void kill(struct event *event, struct actor *waiter)
{
	EXPECT_EQ(send_sig(SIGKILL, waiter->task, 0), 0);
}

/* A signal that it does not listen to. */
static void interrupt_in_vain(struct event *event, struct actor *waiter)
{
	EXPECT_EQ(send_sig(SIGTERM, waiter->task, 0), 0);
	EXPECT_EQ(send_sig(_NSIG + 1, waiter->task, 0), -EINVAL);
	EXPECT_EQ(send_sig(0, waiter->task, 0), 0);
}

/* It wakes for the signal and finds the event. */
static void happen_and_interrupt(struct event *event, struct actor *waiter)
{
	WRITE_ONCE(event->happened, true);
	interrupt(event, waiter);
}

typedef void (*stimulus)(struct event *event, struct actor *waiter);

/* Wait in a thread; do @what to it as soon as it sleeps. Returns what the wait returned. */
static long wait_until(wait_form wait, stimulus what)
{
	struct event event;
	struct actor waiter;

	event_init(&event, wait);
	if (!actor_start(&waiter, wait_for_event, &event, ANY_CPU))
		return 0;
	actor_sleeps(&waiter);
	what(&event, &waiter);
	return actor_join(&waiter);
}

/* The same, but @what must not end it. */
static void wait_in_spite_of(wait_form wait, stimulus what)
{
	struct event event;
	struct actor waiter;

	event_init(&event, wait);
	if (!actor_start(&waiter, wait_for_event, &event, ANY_CPU))
		return;
	actor_sleeps(&waiter);
	what(&event, &waiter);
	actor_sleeps(&waiter);
	EXPECT(!READ_ONCE(waiter.ended));
	happen(&event, &waiter);
	EXPECT(actor_join(&waiter) >= 0);
}

TEST(wait_event_that_happened)
{
	struct event event;

	for (unsigned int i = 0; i < ARRAY_SIZE(without_timeout); i++) {
		event_init(&event, without_timeout[i]);
		event.happened = true;
		EXPECT_EQ(event.wait(&event), 0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(with_timeout); i++) {
		event_init(&event, with_timeout[i]);
		event.happened = true;
		EXPECT_EQ(event.wait(&event), LONG_TIME);
		event.timeout = 0;
		EXPECT_EQ(event.wait(&event), 1);
	}
}

TEST(wait_event_that_happens)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(without_timeout); i++) {
		EXPECT_EQ(wait_until(without_timeout[i], happen), 0);
		wait_in_spite_of(without_timeout[i], wake_in_vain);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(with_timeout); i++) {
		long left = wait_until(with_timeout[i], happen);

		EXPECT(left >= 1 && left <= LONG_TIME);
		wait_in_spite_of(with_timeout[i], wake_in_vain);
	}
}

TEST(wait_event_that_does_not_happen)
{
	static const long timeouts[] = { 0, 1, 2 };
	struct event event;

	for (unsigned int i = 0; i < ARRAY_SIZE(with_timeout); i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(timeouts); j++) {
			event_init(&event, with_timeout[i]);
			event.timeout = timeouts[j];
			EXPECT_EQ(event.wait(&event), 0);
			EXPECT(!waitqueue_active(&event.wq));
		}
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(with_hrtimeout); i++) {
		for (long timeout = -1; timeout < 3; timeout++) {
			event_init(&event, with_hrtimeout[i]);
			event.timeout = timeout;
			EXPECT_EQ(event.wait(&event), -ETIME);
			EXPECT(!waitqueue_active(&event.wq));
		}
	}
}

/* A time that the clock does not last is for ever. */
TEST(wait_event_longest_hrtimeout)
{
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(wq);
	unsigned int looks = 0;

	EXPECT_EQ(wait_event_hrtimeout(wq, ++looks > 1, S64_MAX), 0);
	EXPECT_EQ(looks, 2);
	EXPECT(__wait_deadline(S64_MAX) == S64_MAX);
	EXPECT(__wait_deadline(S64_MIN) <= clock_ns());
}

TEST(wait_event_and_signals)
{
	EXPECT_EQ(wait_until(wait_interruptible, interrupt), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_exclusive, interrupt), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_interruptible_timeout, interrupt), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_interruptible, kill), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_killable, kill), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_killable_exclusive, kill), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_killable_timeout, kill), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_interruptible_lock_irq, interrupt), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_interruptible_lock_irq_timeout, interrupt), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_interruptible_hrtimeout, interrupt), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_locked, interrupt), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_exclusive_locked_irq, interrupt), -ERESTARTSYS);
	EXPECT_EQ(wait_until(wait_interruptible, happen_and_interrupt), 0);
	EXPECT_EQ(wait_until(wait_exclusive, happen_and_interrupt), 0);
	EXPECT(wait_until(wait_interruptible_timeout, happen_and_interrupt) >= 1);

	wait_in_spite_of(wait_plain, interrupt);
	wait_in_spite_of(wait_plain, kill);
	wait_in_spite_of(wait_timeout, kill);
	wait_in_spite_of(wait_killable, interrupt);
	wait_in_spite_of(wait_killable_exclusive, interrupt);
	wait_in_spite_of(wait_killable_timeout, interrupt);
	wait_in_spite_of(wait_idle, kill);
	wait_in_spite_of(wait_idle_timeout, kill);
	wait_in_spite_of(wait_cmd, kill);
	wait_in_spite_of(wait_lock_irq, kill);
	wait_in_spite_of(wait_lock_irq_timeout, kill);
	wait_in_spite_of(wait_hrtimeout, kill);
	wait_in_spite_of(wait_interruptible, interrupt_in_vain);
}
