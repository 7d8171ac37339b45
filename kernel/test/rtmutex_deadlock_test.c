/* rtmutex_deadlock_test.c: circles of waiting threads, and misuse: both are found, and named.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/rtmutex_test.h"

#include "kernel/sched/signal.h"
#include "lib/errno.h"

/* ---- One thread closes the circle -------------------------------------------------------------------- */

#define LONGEST 5

struct circle {
	struct rt_mutex locks[LONGEST];
	struct locker chain[LONGEST];
	u32 n;
};

/* This thread holds lock 0; thread i holds lock i and waits for lock i-1. */
static bool circle_start(struct circle *circle, u32 n)
{
	bool all = true;

	circle->n = n;
	for (u32 i = 0; i < n; i++)
		init_unordered(&circle->locks[i]);
	rt_mutex_lock(&circle->locks[0]);
	for (u32 i = 1; i < n; i++) {
		circle->chain[i] = (struct locker)LOCKER(&circle->locks[i], &circle->locks[i - 1],
							 100 + (int)i);
		all = locker_start(&circle->chain[i]) && locker_waits(&circle->chain[i]) && all;
	}
	return all;
}

static void circle_end(struct circle *circle)
{
	// What this thread wanted and did not get has left nothing behind.
	for (u32 i = 1; i < circle->n; i++) {
		EXPECT_EQ(READ_ONCE(circle->locks[i].owner) & ~RT_MUTEX_HAS_WAITERS,
			  (unsigned long)circle->chain[i].actor.task);
		expect_prios(&circle->chain[i], 100 + (int)i, 100 + (int)i);
	}
	EXPECT(!current->pi_blocked_on && !READ_ONCE(current->blocked_on));
	rt_mutex_unlock(&circle->locks[0]);
	for (u32 i = 1; i < circle->n; i++)
		EXPECT_EQ(locker_end(&circle->chain[i]), 0);
	for (u32 i = 0; i < circle->n; i++)
		expect_rt_mutex_free(&circle->locks[i]);
	expect_no_loan(current);
}

static void close_circles(void *unused)
{
	struct circle circle;

	for (u32 n = 1; n <= LONGEST; n++) {
		if (circle_start(&circle, n)) {
			EXPECT_EQ(rt_mutex_lock_interruptible(&circle.locks[n - 1]), -EDEADLK);
			EXPECT_EQ(rt_mutex_lock_killable(&circle.locks[n - 1]), -EDEADLK);
			EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
		}
		circle_end(&circle);
	}
}

/* Whether this thread lends anything or not, being better or worse than the others. */
TEST(rt_mutex_circle_is_refused)
{
	run_at(ANY_CPU, FIFO_MID, close_circles, NULL);
	run_at(ANY_CPU, MAX_PRIO - 1, close_circles, NULL);
}

/* Not rt_mutex_lock() itself: test_panics() has preemption off, and that says so first. */
static void close_plainly(void *lock)
{
	rt_mutex_lock_slow(lock, TASK_UNINTERRUPTIBLE);
}

TEST(rt_mutex_circle_is_named)
{
	struct circle circle;

	if (circle_start(&circle, 1))
		EXPECT(test_panics(close_plainly, &circle.locks[0], "closes the circle"));
	circle_end(&circle);
	if (circle_start(&circle, 3)) {
		struct rt_mutex *wanted = &circle.locks[2];

		EXPECT(test_panics(close_plainly, wanted, "\"actor\" holds, who waits for"));
		EXPECT(test_panics(close_plainly, wanted, "holds, who closes the circle"));
		if (CONFIG_CHECKED)
			EXPECT(test_panics(close_plainly, wanted,
					   "waits for \"&circle->locks[i]\""));
	}
	circle_end(&circle);
}

/* A chain that ends at this thread's lock is no circle while this thread wants something else. */
TEST(rt_mutex_chain_is_no_circle)
{
	struct circle circle;
	DEFINE_RT_MUTEX(other);
	struct locker owner = LOCKER(&other, NULL, 110);

	circle_start(&circle, 3);
	if (locker_start(&owner)) {
		WRITE_ONCE(owner.leave, true);
		EXPECT_EQ(rt_mutex_lock_interruptible(&other), 0);
		rt_mutex_unlock(&other);
		locker_end(&owner);
	}
	circle_end(&circle);
}

/* ---- All close it at the same time ------------------------------------------------------------------- */

#define RING 3

struct ring {
	struct rt_mutex locks[RING];
	atomic_t holding;
	atomic_t refused;
	int prios[RING];
};

struct ring_member {
	struct ring *ring;
	u32 number;
	struct actor actor;
};

static int ring_run(void *arg)
{
	struct ring_member *me = arg;
	struct ring *ring = me->ring;
	struct rt_mutex *next = &ring->locks[(me->number + 1) % RING];
	int error;

	sched_set_prio(current, ring->prios[me->number]);
	rt_mutex_lock(&ring->locks[me->number]);
	atomic_inc(&ring->holding);
	EXPECT(YIELD_UNTIL(atomic_read(&ring->holding) == RING));
	error = rt_mutex_lock_killable(next);
	if (!error)
		rt_mutex_unlock(next);
	else if (EXPECT_EQ(error, -EDEADLK))
		atomic_inc(&ring->refused);
	rt_mutex_unlock(&ring->locks[me->number]);
	expect_no_loan(current);
	return 0;
}

/* Each holds one before any wants the next: so the circle is closed, by exactly one of them. */
TEST(rt_mutex_one_of_the_ring_is_refused)
{
	struct rand_state rand = test_seed();
	struct ring_member members[RING];
	struct ring ring;

	FOR_A_WHILE(round, 10, 500, 200) {
		atomic_set(&ring.holding, 0);
		atomic_set(&ring.refused, 0);
		for (u32 i = 0; i < RING; i++) {
			init_unordered(&ring.locks[i]);
			ring.prios[i] = 100 + (int)rand_below(&rand, 40);
			// While one yields for the others, a better one would keep a worse one from coming.
			if (num_online_cpus() < RING)
				ring.prios[i] = 120;
		}
		for (u32 i = 0; i < RING; i++) {
			members[i] = (struct ring_member){ .ring = &ring, .number = i };
			EXPECT(actor_start(&members[i].actor, ring_run, &members[i], test_cpu(i)));
		}
		for (u32 i = 0; i < RING; i++)
			actor_join(&members[i].actor);
		if (!EXPECT_EQ(atomic_read(&ring.refused), 1))
			break;
	}
}

/* ---- The walk of one that did not close it -------------------------------------------------------------- */

static void queue_here(struct rt_mutex *lock, struct rt_mutex_waiter *waiter,
		       struct rt_mutex_link *link)
{
	raw_spin_lock_irq(&lock->wait_lock);
	set_bit(0, &lock->owner);
	*link = rt_chain_join(lock, waiter);
	raw_spin_unlock_irq(&lock->wait_lock);
}

static void leave_here(struct rt_mutex *lock, struct rt_mutex_waiter *waiter)
{
	struct rt_mutex_link link;

	preempt_disable();
	raw_spin_lock_irq(&lock->wait_lock);
	link = rt_chain_leave(lock, waiter);
	raw_spin_unlock_irq(&lock->wait_lock);
	EXPECT_EQ(rt_chain_walk(link, NULL), 0);
	preempt_enable();
}

static bool closer_waits, closer_may_leave, closer_is_last;

/* A wait that has not looked for a circle yet, and may have begun after all others. */
static int wait_and_not_look(struct rt_mutex *lock)
{
	struct rt_mutex_waiter waiter;
	struct rt_mutex_link link;

	preempt_disable();
	queue_here(lock, &waiter, &link);
	raw_spin_lock_irq(&current->pi_lock);
	if (closer_is_last)
		waiter.ticket = ~0ULL;
	raw_spin_unlock_irq(&current->pi_lock);
	EXPECT_EQ(rt_chain_walk(link, NULL), 0);
	preempt_enable();
	WRITE_ONCE(closer_waits, true);
	EXPECT(WAIT_UNTIL(READ_ONCE(closer_may_leave)));
	leave_here(lock, &waiter);
	return -EDEADLK;
}

/* Have @closer do that. */
static void closer_goes(struct locker *closer, bool is_last)
{
	WRITE_ONCE(closer_is_last, is_last);
	WRITE_ONCE(closer_waits, false);
	WRITE_ONCE(closer_may_leave, false);
	WRITE_ONCE(closer->go, true);
	EXPECT(WAIT_UNTIL(READ_ONCE(closer_waits)));
}

static void walk_past_the_closer(void *unused)
{
	DEFINE_RT_MUTEX(mine);
	DEFINE_RT_MUTEX(theirs);
	DEFINE_RT_MUTEX(last);
	struct locker first = LOCKER(&theirs, &mine, 110);
	struct locker closer = LOCKER(&last, &theirs, 120);
	struct rt_mutex_waiter waiter;
	struct rt_mutex_link link;

	closer.lock = wait_and_not_look;
	rt_mutex_lock(&mine);
	if (locker_start(&first) && locker_waits(&first) && locker_start(&closer)) {
		closer_goes(&closer, true);
		preempt_disable();
		queue_here(&last, &waiter, &link);
		EXPECT(link.task == closer.actor.task);
		EXPECT_EQ(rt_chain_walk(link, &waiter), 0);
		preempt_enable();
		// It carried the priority on all the same, round to this thread.
		expect_prios(&closer, FIFO_MID, 120);
		expect_prios(&first, FIFO_MID, 110);
		leave_here(&last, &waiter);
	}
	WRITE_ONCE(closer_may_leave, true);
	rt_mutex_unlock(&mine);
	EXPECT_EQ(locker_end(&closer), -EDEADLK);
	EXPECT_EQ(locker_end(&first), 0);
	expect_no_loan(current);
}

/* The circle is the closer's to report. Whoever comes by and only carries a priority on leaves it to it. */
TEST(rt_mutex_circle_is_its_closers_to_report)
{
	run_at(ANY_CPU, FIFO_MID, walk_past_the_closer, NULL);
}

static void walk_into_a_circle(void *unused)
{
	DEFINE_RT_MUTEX(one);
	DEFINE_RT_MUTEX(two);
	struct locker first = LOCKER(&one, &two, 110), closer = LOCKER(&two, &one, 120);
	struct rt_mutex_waiter waiter;
	struct rt_mutex_link link;

	closer.lock = wait_and_not_look;
	if (locker_start(&first) && locker_start(&closer) && locker_waits(&first)) {
		closer_goes(&closer, false);
		preempt_disable();
		queue_here(&one, &waiter, &link);
		EXPECT(link.task == first.actor.task);
		EXPECT_EQ(rt_chain_walk(link, &waiter), 0);
		preempt_enable();
		expect_prios(&first, FIFO_MID, 110);
		expect_prios(&closer, FIFO_MID, 120);
		leave_here(&one, &waiter);
	}
	WRITE_ONCE(closer_may_leave, true);
	EXPECT_EQ(locker_end(&closer), -EDEADLK);
	EXPECT_EQ(locker_end(&first), 0);
}

/* A circle of others, which one of them is about to report, does not lead a walk round for ever. */
TEST(rt_mutex_walk_leaves_a_circle_of_others)
{
	run_at(ANY_CPU, FIFO_MID, walk_into_a_circle, NULL);
}

/* A wait that was noted, and is another by now, is no link of a circle. */
TEST(rt_mutex_walk_ends_at_another_wait)
{
	DEFINE_RT_MUTEX(mine);
	DEFINE_RT_MUTEX(other);
	struct locker owner = LOCKER(&other, NULL, 110), follower = LOCKER(NULL, &mine, 120);
	struct rt_mutex_waiter waiter;
	struct rt_mutex_link link;

	rt_mutex_lock(&mine);
	if (locker_start(&owner) && locker_start(&follower) && locker_waits(&follower)) {
		preempt_disable();
		queue_here(&other, &waiter, &link);
		link = (struct rt_mutex_link){ get_task_struct(follower.actor.task), 0 };
		EXPECT_EQ(rt_chain_walk(link, &waiter), 0);
		preempt_enable();
		leave_here(&other, &waiter);
	}
	rt_mutex_unlock(&mine);
	EXPECT_EQ(locker_end(&owner), 0);
	EXPECT_EQ(locker_end(&follower), 0);
}

/* Who was woken to take it, and is refused it after all, calls the next. */
TEST(rt_mutex_refused_first_calls_the_next)
{
	DEFINE_RT_MUTEX(lock);
	struct locker owner = LOCKER(&lock, NULL, 120), next = LOCKER(NULL, &lock, 130);
	struct rt_mutex_waiter first;
	struct rt_mutex_link link;

	REQUIRE(locker_start(&owner) && locker_start(&next));
	EXPECT(locker_waits(&next));
	sched_set_prio(current, FIFO_MID);
	queue_here(&lock, &first, &link);
	EXPECT_EQ(locker_end(&owner), 0);
	EXPECT_EQ(READ_ONCE(lock.owner), RT_MUTEX_HAS_WAITERS);
	leave_here(&lock, &first);
	sched_set_normal(current, 0);
	EXPECT_EQ(locker_end(&next), 0);
	expect_rt_mutex_free(&lock);
}

/* ---- Misuse ------------------------------------------------------------------------------------------- */

static void trylock(void *lock)
{
	EXPECT(!rt_mutex_trylock(lock));
}

static void lock_with_preemption_off(void *lock)
{
	rt_mutex_lock(lock);
}

static void unlock(void *lock)
{
	rt_mutex_unlock(lock);
}

static void destroy(void *lock)
{
	rt_mutex_destroy(lock);
}

static void end_thread(void *unused)
{
	task_exit();
}

TEST(rt_mutex_misuse)
{
	struct rt_mutex never = { .owner = 0 };
	DEFINE_RT_MUTEX(lock);
	DEFINE_RT_MUTEX(others);
	struct locker owner = LOCKER(&others, NULL, 110);

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check this");
	EXPECT(test_panics(trylock, &never, "not initialized"));
	EXPECT(test_panics(destroy, &never, "never initialized"));
	EXPECT(test_panics(lock_with_preemption_off, &lock, "may sleep"));
	EXPECT(test_panics(unlock, &lock, "its owner is \"nobody\""));
	REQUIRE(locker_start(&owner));
	EXPECT(test_panics(unlock, &others, "its owner is \"actor\""));
	EXPECT(rt_mutex_is_locked(&others));
	locker_end(&owner);
	rt_mutex_lock(&lock);
	EXPECT(test_panics(destroy, &lock, "while it is held"));
	EXPECT(test_panics(end_thread, NULL, "ends and holds the lock \"lock\""));
	rt_mutex_unlock(&lock);
	expect_rt_mutex_free(&lock);
	rt_mutex_destroy(&lock);
	EXPECT(test_panics(trylock, &lock, "not initialized"));
}
