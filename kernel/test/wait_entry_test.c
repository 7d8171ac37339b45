/* wait_entry_test.c: wait queues by hand: entries of every kind, functions of one's own, and wait_woken().
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/wait.h"

#include "kernel/sched/signal.h"
#include "kernel/test/lock_test.h"
#include "kernel/wait_woken.h"

/* An entry without a thread, whose function notes that it was called. */
struct bell {
	wait_queue_entry_t entry;
	unsigned int *rung; /* by all bells of the queue; under its lock */
	unsigned int place; /* which of them it was, the last time */
	void *key;
	int answer;
};

static int ring(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	struct bell *bell = container_of(entry, struct bell, entry);

	EXPECT_EQ(mode, TASK_NORMAL);
	EXPECT_EQ(flags, 0);
	bell->place = ++*bell->rung;
	bell->key = key;
	return bell->answer;
}

#define BELLS 4

struct tower {
	wait_queue_head_t wq;
	unsigned int rung;
	struct bell bells[BELLS];
};

static void tower_init(struct tower *tower, int answer)
{
	*tower = (struct tower){ .rung = 0 };
	init_waitqueue_head(&tower->wq);
	for (unsigned int i = 0; i < BELLS; i++) {
		init_waitqueue_func_entry(&tower->bells[i].entry, ring);
		tower->bells[i].rung = &tower->rung;
		tower->bells[i].answer = answer;
	}
}

/* The places in which the bells rang at the last wake-up, 0 for those that did not. */
static void expect_places(struct tower *tower, unsigned int a, unsigned int b, unsigned int c,
			  unsigned int d)
{
	unsigned int places[BELLS] = { a, b, c, d };

	for (unsigned int i = 0; i < BELLS; i++) {
		EXPECT_EQ(tower->bells[i].place, places[i]);
		tower->bells[i].place = 0;
	}
	tower->rung = 0;
}

static void hang_bells(struct tower *tower)
{
	add_wait_queue_exclusive(&tower->wq, &tower->bells[0].entry);
	EXPECT(wq_has_single_sleeper(&tower->wq));
	add_wait_queue(&tower->wq, &tower->bells[1].entry);
	EXPECT(!wq_has_single_sleeper(&tower->wq));
	spin_lock_irq(&tower->wq.lock);
	__add_wait_queue_exclusive(&tower->wq, &tower->bells[2].entry);
	__add_wait_queue(&tower->wq, &tower->bells[3].entry);
	spin_unlock_irq(&tower->wq.lock);
	EXPECT(wq_has_sleeper(&tower->wq));
}

static void take_bells_down(struct tower *tower)
{
	for (unsigned int i = 0; i < BELLS; i++)
		remove_wait_queue(&tower->wq, &tower->bells[i].entry);
	EXPECT(!wq_has_sleeper(&tower->wq));
}

TEST(wait_entries_with_functions)
{
	struct tower tower;

	tower_init(&tower, 1);
	hang_bells(&tower);
	wake_up(&tower.wq);
	expect_places(&tower, 3, 2, 0, 1);
	wake_up_nr(&tower.wq, 2);
	expect_places(&tower, 3, 2, 4, 1);
	wake_up_all(&tower.wq);
	expect_places(&tower, 3, 2, 4, 1);
	__wake_up(&tower.wq, TASK_NORMAL, 1, &tower);
	EXPECT(tower.bells[0].key == &tower);
	expect_places(&tower, 3, 2, 0, 1);

	spin_lock_irq(&tower.wq.lock);
	wake_up_locked(&tower.wq);
	expect_places(&tower, 3, 2, 0, 1);
	wake_up_all_locked(&tower.wq);
	expect_places(&tower, 3, 2, 4, 1);
	__wake_up_locked_key(&tower.wq, TASK_NORMAL, &tower.rung);
	EXPECT(tower.bells[3].key == &tower.rung);
	expect_places(&tower, 3, 2, 0, 1);
	spin_unlock_irq(&tower.wq.lock);
	take_bells_down(&tower);
}

/* One that woke nobody does not count; one that says so ends the wake-up. */
TEST(wait_functions_answers)
{
	struct tower tower;

	tower_init(&tower, 0);
	hang_bells(&tower);
	wake_up(&tower.wq);
	expect_places(&tower, 3, 2, 4, 1);
	tower.bells[1].answer = -1;
	wake_up_all(&tower.wq);
	expect_places(&tower, 0, 2, 0, 1);
	take_bells_down(&tower);
}

/* A function that wakes its thread only for the key that it waits for. */
struct fussy {
	wait_queue_head_t wq;
	int *wanted;
	bool woken;
};

static int wake_if_wanted(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	return key && *(int *)key == 7 ? autoremove_wake_function(entry, mode, flags, key) : 0;
}

static int wait_fussily(void *arg)
{
	struct fussy *fussy = arg;
	DEFINE_WAIT_FUNC(wait, wake_if_wanted);

	EXPECT(prepare_to_wait_exclusive(&fussy->wq, &wait, TASK_UNINTERRUPTIBLE));
	schedule();
	// The wake-up took the entry out.
	EXPECT(list_empty(&wait.entry));
	finish_wait(&fussy->wq, &wait);
	return 0;
}

TEST(wait_function_of_a_thread)
{
	struct fussy fussy = { .woken = false };
	struct actor actor;
	int six = 6, seven = 7;

	init_waitqueue_head(&fussy.wq);
	REQUIRE(actor_start(&actor, wait_fussily, &fussy, ANY_CPU));
	actor_sleeps(&actor);
	wake_up(&fussy.wq);
	__wake_up(&fussy.wq, TASK_NORMAL, 1, &six);
	EXPECT(actor_is_asleep(&actor, TASK_NORMAL));
	__wake_up(&fussy.wq, TASK_INTERRUPTIBLE, 1, &seven);
	EXPECT(actor_is_asleep(&actor, TASK_NORMAL));
	EXPECT(waitqueue_active(&fussy.wq));
	__wake_up(&fussy.wq, TASK_NORMAL, 1, &seven);
	EXPECT(!waitqueue_active(&fussy.wq));
	actor_join(&actor);
}

TEST(wait_exclusive_is_told_whether_it_is_first)
{
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(wq);
	DEFINE_WAIT(first);
	DEFINE_WAIT(second);

	EXPECT(prepare_to_wait_exclusive(&wq, &first, TASK_INTERRUPTIBLE));
	EXPECT_EQ(READ_ONCE(current->__state), TASK_INTERRUPTIBLE);
	EXPECT(!prepare_to_wait_exclusive(&wq, &first, TASK_INTERRUPTIBLE));
	EXPECT(!prepare_to_wait_exclusive(&wq, &second, TASK_INTERRUPTIBLE));
	finish_wait(&wq, &first);
	EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
	EXPECT(wq_has_single_sleeper(&wq));
	finish_wait(&wq, &second);
	EXPECT(!waitqueue_active(&wq));
}

/* DECLARE_WAITQUEUE: an entry that stays in the queue until it is taken out. */
struct loop {
	wait_queue_head_t wq;
	unsigned int rounds; /* the waiter has been woken so often, and found its condition */
	unsigned int wanted;
	bool with_woken; /* by wait_woken(): the condition may sleep */
};

static void wait_in_loop(struct loop *loop, unsigned int round)
{
	DECLARE_WAITQUEUE(wait, current);

	add_wait_queue(&loop->wq, &wait);
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(loop->wanted) > round)
			break;
		schedule();
		EXPECT(waitqueue_active(&loop->wq));
	}
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(&loop->wq, &wait);
}

static void wait_in_sleepy_loop(struct loop *loop, unsigned int round)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	bool there;

	add_wait_queue(&loop->wq, &wait);
	for (;;) {
		there = READ_ONCE(loop->wanted) > round;
		// The wake-up may come while the look at the condition sleeps.
		usleep_range(1, 50);
		if (there)
			break;
		wait_woken(&wait, TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
		EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
	}
	remove_wait_queue(&loop->wq, &wait);
}

static int run_loop(void *arg)
{
	struct loop *loop = arg;

	for (unsigned int round = 0; READ_ONCE(loop->wanted) != ~0u; round++) {
		if (loop->with_woken)
			wait_in_sleepy_loop(loop, round);
		else
			wait_in_loop(loop, round);
		WRITE_ONCE(loop->rounds, round + 1);
	}
	return 0;
}

/* Wake the waiter at any moment of its round, and wait until it has noticed: no wake-up is lost. */
static void check_loop(bool with_woken)
{
	struct loop loop = { .with_woken = with_woken };
	struct effort effort = effort_of(100, 20, 1);
	struct rand_state rand = test_seed();
	struct actor waiter;

	init_waitqueue_head(&loop.wq);
	REQUIRE(actor_start(&waiter, run_loop, &loop, ANY_CPU));
	for (unsigned int i = 0; effort_goes_on(&effort, i); i++) {
		if (rand_below(&rand, 2))
			usleep_range(1, 1 + rand_below(&rand, 60));
		WRITE_ONCE(loop.wanted, i + 1);
		wake_up(&loop.wq);
		if (!EXPECT(WAIT_UNTIL(READ_ONCE(loop.rounds) == i + 1)))
			break;
	}
	WRITE_ONCE(loop.wanted, ~0u);
	wake_up(&loop.wq);
	actor_join(&waiter);
	EXPECT(!waitqueue_active(&loop.wq));
}

TEST(wait_entry_stays_in_queue)
{
	check_loop(false);
}

TEST(wait_woken_remembers)
{
	check_loop(true);
}

/* The forms of its end: the time, a signal, a mark that was there before. */
static int woken_rules(void *unused)
{
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(wq);
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(&wq, &wait);
	EXPECT_EQ(wait_woken(&wait, TASK_UNINTERRUPTIBLE, 1), 0);
	wake_up(&wq);
	EXPECT_EQ(wait_woken(&wait, TASK_UNINTERRUPTIBLE, 1000 * HZ), 1000 * HZ);
	EXPECT_EQ(wait_woken(&wait, TASK_UNINTERRUPTIBLE, 1), 0); // The mark is used up.
	allow_signal(SIGINT);
	send_sig(SIGINT, current, 0);
	EXPECT(wait_woken(&wait, TASK_INTERRUPTIBLE, 1000 * HZ) > 0);
	flush_signals(current);
	remove_wait_queue(&wq, &wait);
	return 0;
}

TEST(wait_woken_rules)
{
	test_run_threads(1, woken_rules, NULL);
}

/* kthread_stop() ends it, although it comes before the sleep and not through the queue. */
static int wait_to_be_stopped(void *arg)
{
	bool *at_work = arg;
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(wq);
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(&wq, &wait);
	WRITE_ONCE(*at_work, true);
	EXPECT(SPIN_UNTIL(kthread_should_stop()));
	wait_woken(&wait, TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
	remove_wait_queue(&wq, &wait);
	return 3;
}

/* The same for kthread_park(), which here the thread itself asks for. */
static int wait_to_be_parked(void *arg)
{
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(wq);
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	EXPECT_EQ(kthread_park(current), 0);
	add_wait_queue(&wq, &wait);
	EXPECT_EQ(wait_woken(&wait, TASK_UNINTERRUPTIBLE, 10 * HZ), 10 * HZ);
	remove_wait_queue(&wq, &wait);
	kthread_unpark(current);
	return 4;
}

TEST(wait_woken_ends_for_kthread_park)
{
	EXPECT_EQ(test_run_threads(1, wait_to_be_parked, NULL), 4);
}

TEST(wait_woken_ends_for_kthread_stop)
{
	bool at_work = false;
	struct task_struct *task = kthread_run(wait_to_be_stopped, &at_work, "woken");

	REQUIRE(!IS_ERR(task));
	EXPECT(WAIT_UNTIL(READ_ONCE(at_work)));
	EXPECT_EQ(kthread_stop(task), 3);
}

static void wake_all(void *wq)
{
	wake_up_all((wait_queue_head_t *)wq);
}

/* An entry that was left in the queue, and whose stack is another function's by now. */
TEST(wait_entry_is_gone)
{
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(wq);
	wait_queue_entry_t entry;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not look");
	init_waitqueue_entry(&entry, current);
	add_wait_queue(&wq, &entry);
	entry.func = (wait_queue_func_t)&entry;
	EXPECT_EQ(test_warnings(wake_all, &wq, "finish_wait() was missing"), 1);
	EXPECT(!waitqueue_active(&wq));
}
