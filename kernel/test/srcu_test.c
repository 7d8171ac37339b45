/* srcu_test.c: readers that sleep are waited for, and only those of the same structure.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/srcu.h"

#include "kernel/test/rcu_test.h"

#define NO_CHECKS "the fast profile does not check this"

DEFINE_STATIC_SRCU(srcu);
DEFINE_STATIC_SRCU(other);

/* ---- A reader that sleeps, and an updater ------------------------------------------------------------ */

static void wait_properly(void)
{
	synchronize_srcu(&srcu);
}

static void do_not_wait(void)
{
}

static struct {
	void (*sync)(void);
	int idx; /* what the reader has of its begin; -1: it begins itself */
	bool inside, leave, reclaimed;
	unsigned long state, seen;
	struct actor reader, updater;
} play;

static int read_asleep(void *unused)
{
	int idx = play.idx < 0 ? srcu_down_read(&srcu) : play.idx;

	WRITE_ONCE(play.inside, true);
	EXPECT(WAIT_UNTIL(READ_ONCE(play.leave)));
	play.seen = READ_ONCE(play.state);
	srcu_up_read(&srcu, idx);
	return 0;
}

static int reclaim(void *unused)
{
	play.sync();
	WRITE_ONCE(play.state, SCENE_POISON);
	smp_store_release(&play.reclaimed, true); // [R] pairs with [L] in wait_for_looks()
	return 0;
}

static bool begin_play(void (*sync)(void), int idx)
{
	play.sync = sync;
	play.idx = idx;
	play.inside = play.leave = play.reclaimed = false;
	play.state = SCENE_ALIVE;
	return actor_start(&play.reader, read_asleep, NULL, ANY_CPU) &&
	       EXPECT(WAIT_UNTIL(READ_ONCE(play.inside)));
}

/* Wait until @waiter has looked several times, which it does between sleeps; or is through. */
static void wait_for_looks(const struct actor *waiter, const bool *through)
{
	unsigned long before = READ_ONCE(waiter->task->nvcsw);

	// [L] pairs with [R] in reclaim()
	EXPECT(WAIT_UNTIL(smp_load_acquire(through) ||
			  READ_ONCE(waiter->task->nvcsw) - before >= 5));
}

/* Returns whether it was reclaimed under the reader. */
static bool end_play(void)
{
	bool early;

	if (!actor_start(&play.updater, reclaim, NULL, ANY_CPU))
		return false;
	wait_for_looks(&play.updater, &play.reclaimed);
	early = READ_ONCE(play.reclaimed);
	WRITE_ONCE(play.leave, true);
	actor_join(&play.reader);
	actor_join(&play.updater);
	EXPECT_EQ(play.seen, early ? SCENE_POISON : SCENE_ALIVE);
	return early;
}

static int wait_once(void *unused)
{
	wait_properly();
	return 0;
}

TEST(srcu_waits_for_sleeping_reader)
{
	for (u32 i = 0; i < 3; i++) { // in either pair
		REQUIRE(begin_play(wait_properly, -1));
		EXPECT(!end_play());
	}
	REQUIRE(begin_play(do_not_wait, -1));
	EXPECT(end_play());
}

/* A reader that read which pair is current, and was away for a whole grace period before it counted. */
TEST(srcu_waits_for_late_reader)
{
	int idx = (int)(READ_ONCE(srcu.idx) & 1);

	synchronize_srcu(&srcu);
	EXPECT((int)(READ_ONCE(srcu.idx) & 1) != idx);
	atomic64_inc(&srcu.counts[test_cpu(0)].begins[idx]);
	REQUIRE(begin_play(wait_properly, idx));
	EXPECT(!end_play());
}

/* Those who begin after the updater do not hold it up, however many. */
TEST(srcu_does_not_wait_for_new_readers)
{
	unsigned long idx = READ_ONCE(srcu.idx);
	int second;

	REQUIRE(begin_play(wait_properly, -1));
	REQUIRE(actor_start(&play.updater, reclaim, NULL, ANY_CPU));
	EXPECT(WAIT_UNTIL(READ_ONCE(srcu.idx) != idx)); // It waits for the first reader's pair.
	second = srcu_read_lock(&srcu);
	EXPECT(!READ_ONCE(play.reclaimed));
	WRITE_ONCE(play.leave, true);
	actor_join(&play.reader);
	EXPECT(WAIT_UNTIL(READ_ONCE(play.reclaimed)));
	srcu_read_unlock(&srcu, second);
	actor_join(&play.updater);
}

/* Who comes while a grace period is under way: a reader that began after it did is not waited for in it. */
TEST(srcu_late_updater_waits_for_next)
{
	int first = srcu_read_lock(&srcu), second;
	unsigned long idx = READ_ONCE(srcu.idx);
	struct actor early;

	REQUIRE(actor_start(&early, wait_once, NULL, ANY_CPU));
	EXPECT(WAIT_UNTIL(READ_ONCE(srcu.idx) != idx)); // It waits for the first reader's pair.
	REQUIRE(begin_play(wait_properly, -1));
	second = srcu_read_lock(&srcu);
	REQUIRE(actor_start(&play.updater, reclaim, NULL, ANY_CPU));
	EXPECT(actor_sleeps(&play.updater));
	srcu_read_unlock(&srcu, first);
	actor_join(&early);
	wait_for_looks(&play.updater, &play.reclaimed);
	EXPECT(!READ_ONCE(play.reclaimed));
	srcu_read_unlock(&srcu, second);
	wait_for_looks(&play.updater, &play.reclaimed);
	EXPECT(!READ_ONCE(play.reclaimed));
	WRITE_ONCE(play.leave, true);
	actor_join(&play.reader);
	actor_join(&play.updater);
	EXPECT_EQ(play.seen, SCENE_ALIVE);
}

/* ---- Looking while readers come and go --------------------------------------------------------------- */

static struct {
	struct start_line line;
	struct effort effort;
	bool stop;     /* [a] */
	u32 missed;    /* looks that found nobody */
	atomic_t come; /* who has come to the test */
} looking;

/* While one reader stays: whoever looks finds it, though others begin and end between the sums. */
static int look_or_read(void *unused)
{
	bool looks = atomic_inc_return(&looking.come) == 1;

	start_line_wait(&looking.line, num_online_cpus());
	for (u32 i = 0; looks && effort_goes_on(&looking.effort, i); i++)
		looking.missed += !srcu_readers_active(&srcu);
	if (looks)
		WRITE_ONCE(looking.stop, true);
	while (!READ_ONCE(looking.stop))
		srcu_read_unlock(&srcu, srcu_read_lock(&srcu));
	return 0;
}

TEST(srcu_look_misses_no_reader)
{
	int idx = srcu_read_lock(&srcu);

	atomic_set(&looking.line.arrived, 0);
	atomic_set(&looking.come, 0);
	looking.stop = false;
	looking.missed = 0;
	looking.effort = effort_of(100, 1000, 1);
	test_run_on_cpus(look_or_read, NULL);
	EXPECT_EQ(looking.missed, 0);
	EXPECT(srcu_readers_active(&srcu));
	srcu_read_unlock(&srcu, idx);
}

TEST(srcu_structures_are_apart)
{
	int idx = srcu_read_lock(&other);

	synchronize_srcu(&srcu);
	EXPECT(srcu_readers_active(&other) && !srcu_readers_active(&srcu));
	srcu_read_unlock(&other, idx);
	EXPECT(!srcu_readers_active(&other));
	synchronize_srcu(&other);
}

static void begin_here(void *idx)
{
	*(int *)idx = srcu_down_read(&srcu);
}

static void end_here(void *idx)
{
	srcu_up_read(&srcu, *(int *)idx);
}

/* Begun on one CPU, ended on another; the counts of neither are equal afterwards, and the sums are. */
TEST(srcu_reader_changes_cpu)
{
	int outer = -1, inner = -1;

	run_at(test_cpu(0), DEFAULT_PRIO, begin_here, &outer);
	run_at(test_cpu(1), DEFAULT_PRIO, begin_here, &inner);
	EXPECT(srcu_readers_active(&srcu));
	run_at(test_cpu(2), DEFAULT_PRIO, end_here, &inner);
	EXPECT(srcu_readers_active(&srcu));
	run_at(test_cpu(1), DEFAULT_PRIO, end_here, &outer);
	EXPECT(!srcu_readers_active(&srcu));
	synchronize_srcu(&srcu);
}

/* ---- One grace period for many ----------------------------------------------------------------------- */

#define WAITERS 6

TEST(srcu_grace_period_serves_many)
{
	static struct actor waiters[WAITERS];
	unsigned long before = READ_ONCE(srcu.rounds.seq) / 2;

	REQUIRE(begin_play(wait_properly, -1));
	for (u32 i = 0; i < WAITERS; i++)
		REQUIRE(actor_start(&waiters[i], wait_once, NULL, ANY_CPU));
	for (u32 i = 0; i < WAITERS; i++)
		EXPECT(actor_sleeps(&waiters[i]));
	WRITE_ONCE(play.leave, true);
	actor_join(&play.reader);
	for (u32 i = 0; i < WAITERS; i++)
		actor_join(&waiters[i]);
	EXPECT(READ_ONCE(srcu.rounds.seq) / 2 - before <= 2);
}

/* ---- Everything at once ------------------------------------------------------------------------------ */

#define OBJECTS 2

static struct scene_object objects[OBJECTS];
static struct scene_object __rcu *shared;
static atomic_t seen_dead;
static struct effort effort;

/* Sleeps inside, every now and then. */
static void read_shared(u32 round)
{
	int idx = srcu_read_lock(&srcu);
	const struct scene_object *object = srcu_dereference(shared, &srcu);

	if (round % 16 == 0)
		usleep_range(50, 100);
	else if (round % 4 == 0)
		yield();
	if (READ_ONCE(object->state) != SCENE_ALIVE)
		atomic_inc(&seen_dead);
	srcu_read_unlock(&srcu, idx);
}

static void replace_shared(u32 round)
{
	struct scene_object *next = &objects[round % OBJECTS], *old;

	WRITE_ONCE(next->state, SCENE_ALIVE);
	old = rcu_replace_pointer(shared, next, true);
	synchronize_srcu(&srcu);
	if (old != next)
		WRITE_ONCE(old->state, SCENE_POISON);
}

/* The first to come updates. */
static int read_or_update(void *arg)
{
	bool updates = atomic_inc_return((atomic_t *)arg) == 1;

	for (u32 i = 1; effort_goes_on(&effort, i); i++) {
		if (updates)
			replace_shared(i);
		else
			read_shared(i);
	}
	return 0;
}

TEST(srcu_readers_never_see_reclaimed)
{
	atomic_t arrived = ATOMIC_INIT(0);
	u32 threads = num_online_cpus() + 2;

	objects[0].state = SCENE_ALIVE;
	RCU_INIT_POINTER(shared, &objects[0]);
	atomic_set(&seen_dead, 0);
	effort = effort_of(150, 20 * threads, threads);
	test_run_threads(threads, read_or_update, &arrived);
	EXPECT_EQ(atomic_read(&seen_dead), 0);
	EXPECT(!srcu_readers_active(&srcu));
}

/* ---- Misuse ------------------------------------------------------------------------------------------ */

static void end_with_nonsense(void *arg)
{
	srcu_read_unlock(arg, 2);
}

static void begin(void *arg)
{
	srcu_read_unlock(arg, srcu_read_lock(arg));
}

static void look_for_readers(void *arg)
{
	srcu_readers_active(arg);
}

static void clean_up(void *arg)
{
	cleanup_srcu_struct(arg);
}

static void dereference(void *arg)
{
	EXPECT(srcu_dereference(shared, (struct srcu_struct *)arg));
}

TEST(srcu_init_and_cleanup)
{
	struct srcu_struct mine;
	int idx;

	REQUIRE(init_srcu_struct(&mine) == 0);
	idx = srcu_read_lock(&mine);
	EXPECT(test_panics(clean_up, &mine, "there are readers"));
	srcu_read_unlock(&mine, idx);
	synchronize_srcu(&mine);
	cleanup_srcu_struct(&mine);
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	EXPECT(test_panics(begin, &mine, "not initialized"));
}

static void end_by_stranger(void *arg)
{
	srcu_read_unlock(arg, 0);
}

TEST(srcu_misuse)
{
	struct srcu_struct mine;
	int idx;

	REQUIRE(init_srcu_struct(&mine) == 0);
	idx = srcu_read_lock(&mine);
	srcu_read_unlock(&mine, idx);
	if (CONFIG_CHECKED)
		EXPECT_EQ(test_warnings(end_by_stranger, &mine, "by who is no reader of it"), 1);
	srcu_up_read(&mine, idx);
	EXPECT(test_panics(look_for_readers, &mine, "1 readers began, and 2 ended"));
	EXPECT_EQ(srcu_down_read(&mine), idx);
	if (CONFIG_CHECKED) {
		EXPECT(test_panics(end_with_nonsense, &mine, "srcu_read_lock() returns 0 or 1"));
		EXPECT(test_panics(dereference, &mine, "srcu_dereference() of shared"));
	}
	cleanup_srcu_struct(&mine);
}
