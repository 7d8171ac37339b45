/* rtmutex_race_test.c: many threads, many rt_mutexes, signals and changes of priority, all at once.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/rtmutex_test.h"

#include "kernel/sched/signal.h"
#include "lib/errno.h"
#include "lib/string.h"

/* ---- Exclusion --------------------------------------------------------------------------------------- */

static struct {
	struct rt_mutex lock;
	struct guarded data;
	struct effort effort;
	atomic_t number;
} shared;

static bool take_somehow(u32 how)
{
	switch (how % 4) {
	case 0:
		rt_mutex_lock(&shared.lock);
		return true;
	case 1:
		return rt_mutex_lock_interruptible(&shared.lock) == 0;
	case 2:
		return rt_mutex_lock_killable(&shared.lock) == 0;
	default:
		return rt_mutex_trylock(&shared.lock);
	}
}

/* Returns how often it made an update. */
static int update(void *unused)
{
	u32 number = (u32)atomic_fetch_add(1, &shared.number);
	int updates = 0;

	sched_set_prio(current, 110 + (int)number % 20);
	for (u32 round = 0; effort_goes_on(&shared.effort, round); round++) {
		if (!take_somehow(number + round))
			continue;
		guarded_update(&shared.data);
		updates++;
		if (round % 8 == 0)
			yield();
		rt_mutex_unlock(&shared.lock);
	}
	expect_no_loan(current);
	return updates;
}

TEST(rt_mutex_excludes)
{
	u32 threads = num_online_cpus() * 2;
	long updates;

	rt_mutex_init(&shared.lock);
	shared.data = (struct guarded){ .words = { 0 } };
	shared.effort = effort_of(150, 400, threads);
	atomic_set(&shared.number, 0);
	updates = test_run_threads(threads, update, NULL);
	guarded_expect(&shared.data, (unsigned long)updates);
	expect_rt_mutex_free(&shared.lock);
}

/* ---- Free after unlock -------------------------------------------------------------------------------- */

struct shortlived {
	struct rt_mutex lock;
	int users; /* under lock */
};

static int use_and_free(void *arg)
{
	struct shortlived *object = arg;
	bool last;

	rt_mutex_lock(&object->lock);
	last = --object->users == 0;
	rt_mutex_unlock(&object->lock);
	// Whoever is last knows that the others have released it, if not that they have returned.
	if (last)
		memset(object, 0xa5, sizeof(*object));
	return last;
}

/* An unlock that touched the lock after the next owner had it would write into what was freed. */
TEST(rt_mutex_may_be_freed_by_next_owner)
{
	FOR_A_WHILE(i, 10, 300, 150) {
		struct shortlived object = { .users = 4 };
		const unsigned char *bytes = (const unsigned char *)&object;
		u32 changed = 0;

		rt_mutex_init(&object.lock);
		EXPECT_EQ(test_run_threads(4, use_and_free, &object), 1);
		for (u32 at = 0; at < sizeof(object); at++)
			changed += bytes[at] != 0xa5;
		if (!EXPECT_EQ(changed, 0))
			break;
	}
}

/* ---- Chains in motion ---------------------------------------------------------------------------------- */

#define LOCKS   5
#define MEMBERS 6

/* What the two lists and three priorities of a lock and its owner must be, seen with all of them locked. */
static void check_owner(struct rt_mutex *lock, struct task_struct *owner)
{
	const struct rt_mutex_waiter *top = rt_mutex_top_waiter(lock);
	const struct rt_mutex_waiter *best, *waiter;
	int last = 0;

	raw_spin_lock(&owner->pi_lock);
	best = list_first_entry_or_null(&owner->pi_waiters, struct rt_mutex_waiter, pi_entry);
	EXPECT_EQ(owner->boost_prio, best ? best->pi_prio : MAX_PRIO);
	list_for_each_entry(waiter, &owner->pi_waiters, pi_entry) {
		EXPECT(waiter->pi_prio >= last);
		last = waiter->pi_prio;
		EXPECT(rt_mutex_owner(waiter->lock) == owner);
	}
	raw_spin_lock(&owner->wake_lock);
	EXPECT_EQ(owner->prio, min(owner->normal_prio, owner->boost_prio));
	EXPECT(!top || (top->pi_prio == top->prio && owner->prio <= top->prio));
	raw_spin_unlock(&owner->wake_lock);
	raw_spin_unlock(&owner->pi_lock);
}

static void check_lock(struct rt_mutex *lock)
{
	const struct rt_mutex_waiter *waiter, *last = NULL;
	struct task_struct *owner;
	unsigned long flags;

	raw_spin_lock_irqsave(&lock->wait_lock, flags);
	list_for_each_entry(waiter, &lock->waiters, entry) {
		EXPECT(waiter->lock == lock);
		EXPECT(!last || last->prio < waiter->prio ||
		       (last->prio == waiter->prio && last->ticket < waiter->ticket));
		last = waiter;
	}
	owner = rt_mutex_owner(lock);
	// Without waiters it may be released at any moment, and its owner be gone.
	if (owner && last)
		check_owner(lock, owner);
	raw_spin_unlock_irqrestore(&lock->wait_lock, flags);
}

static struct {
	struct rt_mutex locks[LOCKS];
	unsigned long updates[LOCKS]; /* each under its lock */
	struct actor members[MEMBERS];
	struct effort effort;
	u64 seed;
	atomic_t number;
	atomic_t refused, interrupted, taken;
	bool end;
} motion;

/* Take some of the locks, upward; release those that were taken. No circle can come of it. */
static void climb(struct rand_state *rand)
{
	bool held[LOCKS] = { false };

	for (u32 i = 0; i < LOCKS; i++) {
		int error;

		if (rand_below(rand, 2))
			continue;
		error = rt_mutex_lock_interruptible(&motion.locks[i]);
		held[i] = !error;
		if (error) {
			atomic_inc(error == -EINTR ? &motion.interrupted : &motion.refused);
			flush_signals(current);
			break;
		}
		motion.updates[i]++;
		atomic_inc(&motion.taken);
		check_lock(&motion.locks[rand_below(rand, LOCKS)]);
	}
	if (rand_below(rand, 4) == 0)
		yield();
	for (u32 i = 0; i < LOCKS; i++)
		if (held[i])
			rt_mutex_unlock(&motion.locks[i]);
}

static int member_run(void *unused)
{
	struct rand_state rand;

	allow_signal(SIGINT);
	rand_seed(&rand, motion.seed + (u64)atomic_fetch_add(1, &motion.number));
	for (u32 round = 0; effort_goes_on(&motion.effort, round); round++) {
		climb(&rand);
		EXPECT_EQ(READ_ONCE(current->boost_prio), MAX_PRIO);
	}
	return 0;
}

/* Signals and priorities for all, while they climb. */
static int disturb(void *unused)
{
	struct rand_state rand;

	rand_seed(&rand, motion.seed);
	while (!READ_ONCE(motion.end)) {
		struct task_struct *task = motion.members[rand_below(&rand, MEMBERS)].task;

		sched_set_prio(task, 100 + (int)rand_below(&rand, 40));
		if (rand_below(&rand, 3) == 0)
			send_sig(SIGINT, task, 0);
		check_lock(&motion.locks[rand_below(&rand, LOCKS)]);
		usleep_range(20, 40);
	}
	return 0;
}

TEST(rt_mutex_chains_in_motion)
{
	struct rand_state rand = test_seed();
	unsigned long updates = 0;
	struct actor disturber;

	memset(&motion, 0, sizeof(motion));
	motion.seed = rand_below(&rand, 1U << 30);
	motion.effort = effort_of(300, 300, MEMBERS);
	for (u32 i = 0; i < LOCKS; i++)
		init_unordered(&motion.locks[i]);
	for (u32 i = 0; i < MEMBERS; i++)
		REQUIRE(actor_start(&motion.members[i], member_run, NULL, ANY_CPU));
	REQUIRE(actor_start(&disturber, disturb, NULL, ANY_CPU));
	for (u32 i = 0; i < MEMBERS; i++)
		EXPECT(WAIT_UNTIL(READ_ONCE(motion.members[i].ended)));
	WRITE_ONCE(motion.end, true);
	actor_join(&disturber);
	for (u32 i = 0; i < MEMBERS; i++)
		actor_join(&motion.members[i]);
	for (u32 i = 0; i < LOCKS; i++) {
		expect_rt_mutex_free(&motion.locks[i]);
		updates += motion.updates[i];
	}
	EXPECT_EQ(updates, atomic_read(&motion.taken));
	EXPECT_EQ(atomic_read(&motion.refused), 0);
}
