/* rtmutex_pi_test.c: who is lent what, by whom, and for how long.
 * SPDX-License-Identifier: MIT
 *
 * A thread that sleeps for an rt_mutex has lent what it lends, all along its chain, before it sleeps;
 * and what sched_set_prio() changes is changed when it returns. So nothing here depends on time.
 */
#include "kernel/test/rtmutex_test.h"

#include "kernel/sched/signal.h"
#include "lib/errno.h"

static void interrupt(struct locker *locker)
{
	send_sig(SIGINT, locker->actor.task, 0);
	EXPECT_EQ(locker_end(locker), -EINTR);
}

TEST(rt_mutex_lends_the_best)
{
	DEFINE_RT_MUTEX(lock);
	struct locker owner = LOCKER(&lock, NULL, 120);
	struct locker a = LOCKER(NULL, &lock, 60), b = LOCKER(NULL, &lock, 40);
	struct locker c = LOCKER(NULL, &lock, 130);

	REQUIRE(locker_start(&owner) && locker_start(&a) && locker_start(&b) && locker_start(&c));
	EXPECT(locker_waits(&c));
	expect_prios(&owner, 120, 120);
	EXPECT(locker_waits(&a));
	expect_prios(&owner, 60, 120);
	EXPECT(locker_waits(&b));
	expect_prios(&owner, 40, 120);
	interrupt(&b);
	expect_prios(&owner, 60, 120);
	EXPECT_EQ(locker_end(&owner), 0);
	EXPECT_EQ(owner.prio_last, 120);
	EXPECT_EQ(locker_end(&a), 0);
	EXPECT_EQ(locker_end(&c), 0);
	expect_rt_mutex_free(&lock);
}

/* Each next owner borrows from those who still wait. */
TEST(rt_mutex_new_owner_borrows)
{
	DEFINE_RT_MUTEX(lock);
	DEFINE_RT_MUTEX(gate);
	struct locker first = LOCKER(NULL, &lock, 60), second = LOCKER(NULL, &lock, 70);

	rt_mutex_lock(&lock);
	if (locker_start(&first) && locker_start(&second) && locker_waits(&first) &&
	    locker_waits(&second)) {
		EXPECT_EQ(current->prio, 60);
		interrupt(&first);
		EXPECT_EQ(current->prio, 70);
	}
	rt_mutex_unlock(&lock);
	expect_no_loan(current);
	EXPECT_EQ(locker_end(&second), 0);
}

/* Who waits with a loan waits, and lends, at what he has borrowed: before one whose own priority is better than his. */
TEST(rt_mutex_waits_at_what_is_borrowed)
{
	DEFINE_RT_MUTEX(inner);
	DEFINE_RT_MUTEX(outer);
	struct locker owner = LOCKER(&inner, NULL, 120), other = LOCKER(NULL, &inner, 60);
	struct locker borrower = LOCKER(&outer, &inner, 110), lender = LOCKER(NULL, &outer, 40);

	REQUIRE(locker_start(&owner) && locker_start(&other) && locker_start(&borrower) &&
		locker_start(&lender));
	EXPECT(locker_waits(&other) && locker_waits(&lender));
	expect_prios(&borrower, 40, 110);
	expect_prios(&owner, 60, 120);
	EXPECT(locker_waits(&borrower));
	expect_prios(&owner, 40, 120);
	EXPECT(rt_mutex_top_waiter(&inner)->task == borrower.actor.task);
	EXPECT_EQ(locker_end(&owner), 0);
	EXPECT_EQ(locker_end(&borrower), 0);
	EXPECT_EQ(locker_end(&lender), 0);
	EXPECT_EQ(locker_end(&other), 0);
}

#define LINKS 5

/* chain[0] holds lock 0; chain[i] holds lock i and waits for lock i-1. */
static bool chain_start(struct locker *chain, struct rt_mutex *locks)
{
	bool all = true;

	for (u32 i = 0; i < LINKS; i++) {
		init_unordered(&locks[i]);
		chain[i] = (struct locker)LOCKER(&locks[i], i ? &locks[i - 1] : NULL,
						 100 + (int)i * 5);
		all = locker_start(&chain[i]) && (!i || locker_waits(&chain[i])) && all;
	}
	return all;
}

/* From the far end: each lets the next have what it wants. */
static void chain_end(struct locker *chain)
{
	for (u32 i = 0; i < LINKS; i++) {
		EXPECT_EQ(locker_end(&chain[i]), 0);
		EXPECT_EQ(chain[i].prio_last, READ_ONCE(chain[i].actor.task->normal_prio));
	}
}

static void expect_chain(struct locker *chain, int lent)
{
	for (u32 i = 0; i < LINKS; i++)
		EXPECT_EQ(READ_ONCE(chain[i].actor.task->prio), min(lent, 100 + (int)i * 5));
}

TEST(rt_mutex_lends_along_chains)
{
	struct rt_mutex locks[LINKS];
	struct locker chain[LINKS];
	struct locker best = LOCKER(NULL, &locks[LINKS - 1], 30);
	bool all = chain_start(chain, locks);

	expect_chain(chain, MAX_PRIO);
	if (all && locker_start(&best) && locker_waits(&best)) {
		expect_chain(chain, 30);
		sched_set_prio(best.actor.task, 20);
		expect_chain(chain, 20);
		sched_set_prio(best.actor.task, 110);
		expect_chain(chain, 110);
		set_user_nice(best.actor.task, -20);
		expect_chain(chain, 100);
		sched_set_fifo(best.actor.task);
		expect_chain(chain, MAX_RT_PRIO / 2 - 1);
		interrupt(&best);
	}
	expect_chain(chain, MAX_PRIO);
	chain_end(chain);
}

/* In the middle of a chain one gives up: those beyond it get nothing more, those before it still do. */
TEST(rt_mutex_chain_breaks)
{
	struct rt_mutex locks[LINKS];
	struct locker chain[LINKS];
	struct locker best = LOCKER(NULL, &locks[LINKS - 1], 30);
	u32 middle = LINKS / 2;

	if (chain_start(chain, locks) && locker_start(&best) && locker_waits(&best)) {
		send_sig(SIGINT, chain[middle].actor.task, 0);
		EXPECT(WAIT_UNTIL(!READ_ONCE(chain[middle].actor.task->pi_blocked_on) &&
				  READ_ONCE(chain[0].actor.task->prio) == 100));
		for (u32 i = 0; i < LINKS; i++)
			EXPECT_EQ(READ_ONCE(chain[i].actor.task->prio),
				  i < middle ? 100 + (int)i * 5 : 30);
		interrupt(&best);
	}
	for (u32 i = 0; i < LINKS; i++)
		EXPECT_EQ(locker_end(&chain[i]), i == middle ? -EINTR : 0);
}

TEST(rt_mutex_two_loans)
{
	DEFINE_RT_MUTEX(one);
	DEFINE_RT_MUTEX(two);
	struct locker a = LOCKER(NULL, &one, 60), b = LOCKER(NULL, &two, 50);
	int own = current->prio;

	rt_mutex_lock(&one);
	rt_mutex_lock(&two);
	if (locker_start(&a) && locker_start(&b) && locker_waits(&a) && locker_waits(&b)) {
		EXPECT_EQ(current->prio, 50);
		rt_mutex_unlock(&two);
		EXPECT_EQ(current->prio, 60);
		rt_mutex_lock(&two);
		EXPECT_EQ(locker_end(&b), 0);
	}
	rt_mutex_unlock(&one);
	EXPECT_EQ(current->prio, own);
	rt_mutex_unlock(&two);
	EXPECT_EQ(locker_end(&a), 0);
}

/* sched_set_*() changes what is a thread's own, and neither ends nor outlives a loan. */
TEST(rt_mutex_loan_and_own_priority)
{
	DEFINE_RT_MUTEX(lock);
	struct locker owner = LOCKER(&lock, NULL, 120), waiter = LOCKER(NULL, &lock, 60);

	REQUIRE(locker_start(&owner) && locker_start(&waiter));
	EXPECT(locker_waits(&waiter));
	set_user_nice(owner.actor.task, 10);
	expect_prios(&owner, 60, 130);
	EXPECT_EQ(task_nice(owner.actor.task), 10);
	sched_set_prio(owner.actor.task, 50);
	expect_prios(&owner, 50, 50);
	set_user_nice(owner.actor.task, 5); // for later: it is first-in-first-out now
	expect_prios(&owner, 50, 50);
	EXPECT_EQ(task_nice(owner.actor.task), 5);
	sched_set_prio(owner.actor.task, 70);
	expect_prios(&owner, 60, 70);
	sched_set_normal(owner.actor.task, -3);
	expect_prios(&owner, 60, 117);
	EXPECT_EQ(locker_end(&owner), 0);
	EXPECT_EQ(owner.prio_last, 117);
	EXPECT_EQ(locker_end(&waiter), 0);
}

/* ---- At the end of a loan the waiter is next --------------------------------------------------------- */

static struct noter between;
static u32 between_ran;

static int lock_and_look(struct rt_mutex *lock)
{
	rt_mutex_lock(lock);
	between_ran = noter_runs(&between);
	return 0;
}

static void unlock_below(void *arg)
{
	DEFINE_RT_MUTEX(lock);
	struct locker waiter = LOCKER(NULL, &lock, FIFO_HIGH);
	u32 cpu = *(u32 *)arg;

	waiter.lock = lock_and_look;
	waiter.cpu = cpu;
	rt_mutex_lock(&lock);
	if (EXPECT(noter_start(&between, cpu, FIFO_MID)) && locker_start(&waiter) &&
	    locker_waits(&waiter)) {
		noter_wake(&between);
		EXPECT_EQ(noter_runs(&between), 0);
		between_ran = 1;
		rt_mutex_unlock(&lock);
		EXPECT_EQ(between_ran, 0);
		EXPECT_EQ(noter_runs(&between), 1);
	}
	EXPECT_EQ(locker_end(&waiter), 0);
	noter_end(&between);
}

/* All on one CPU: who is better than the owner, and worse than the waiter, runs after the waiter. */
TEST(rt_mutex_waiter_runs_before_those_between)
{
	u32 cpu = test_cpu(num_online_cpus() - 1);

	run_at(cpu, FIFO_LOW, unlock_below, &cpu);
}

/* ---- A loan that ends costs no turn ----------------------------------------------------------------- */

#define QUEUED 3

struct queued {
	struct actor actor;
	u32 *order;
	u32 place;
};

static int take_number(void *arg)
{
	struct queued *queued = arg;

	sched_set_prio(current, FIFO_LOW);
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
	queued->place = ++*queued->order;
	return 0;
}

/* All wait for this CPU, which a better thread has, in order; what is done to one puts it at @place. */
static void expect_turns(u32 cpu, void (*change)(struct task_struct *task), u32 which, u32 place)
{
	struct queued queued[QUEUED];
	u32 order = 0;

	for (u32 i = 0; i < QUEUED; i++) {
		queued[i] = (struct queued){ .order = &order };
		EXPECT(actor_start(&queued[i].actor, take_number, &queued[i], cpu));
		EXPECT(WAIT_UNTIL(READ_ONCE(queued[i].actor.task->prio) == FIFO_LOW &&
				  actor_is_asleep(&queued[i].actor, TASK_NORMAL)));
	}
	for (u32 i = 0; i < QUEUED; i++)
		EXPECT(wake_up_process(queued[i].actor.task));
	change(queued[which].actor.task);
	for (u32 i = 0; i < QUEUED; i++)
		actor_join(&queued[i].actor);
	EXPECT_EQ(queued[which].place, place);
}

static void lend_and_take_back(struct task_struct *task)
{
	boost(task, FIFO_MID);
	EXPECT_EQ(task->prio, FIFO_MID);
	boost(task, MAX_PRIO);
	EXPECT_EQ(task->prio, FIFO_LOW);
}

static void lend_nothing(struct task_struct *task)
{
	boost(task, FIFO_LOW + 1);
	boost(task, MAX_PRIO);
	sched_set_prio(task, FIFO_LOW);
}

static void become_better(struct task_struct *task)
{
	sched_set_prio(task, FIFO_LOW + 1);
	boost(task, FIFO_LOW);
	sched_set_prio(task, FIFO_LOW);
	boost(task, MAX_PRIO);
}

static void turns(void *cpu)
{
	expect_turns(*(u32 *)cpu, lend_and_take_back, 0, 1);
	expect_turns(*(u32 *)cpu, lend_and_take_back, 1, 1);
	expect_turns(*(u32 *)cpu, lend_nothing, 1, 2);
	expect_turns(*(u32 *)cpu, become_better, 0, 3);
}

TEST(sched_boost_keeps_turns)
{
	u32 cpu = test_cpu(num_online_cpus() - 1);

	run_at(cpu, FIFO_HIGH, turns, &cpu);
}
