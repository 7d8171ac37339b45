/* rwsem_fair_test.c: how often the first waiter for a reader-writer semaphore is passed: counted.
 * SPDX-License-Identifier: MIT
 *
 * As in mutex_fair_test.c, priorities make the races come out the same way: the barger is quicker than
 * the waiter for as long as the lock lets it.
 */
#include "kernel/locking/sleep/rwsem.h"

#include "kernel/test/sched_test.h"
#include "lib/string.h"

#define MAX_PASSES 16 /* rwsem.c promises that no more go before a writer that is first */
#define TRIES      20

/* A writer that barges, and a waiter that is woken and kept from its CPU. */
struct scene {
	struct rw_semaphore sem;
	struct actor barger;
	struct actor waiter;
	struct actor hogger;
	bool waiter_reads;
	bool held; /* it is, so that the waiter will wait */
	bool hog_runs;
	bool barging;
	unsigned int taken; /* how often it was taken before the waiter had it */
	bool waiter_had_it;
};

static int wait_in_vain(void *arg)
{
	struct scene *scene = arg;

	if (scene->waiter_reads) {
		down_read(&scene->sem);
		WRITE_ONCE(scene->waiter_had_it, true);
		up_read(&scene->sem);
	} else {
		down_write(&scene->sem);
		WRITE_ONCE(scene->waiter_had_it, true);
		up_write(&scene->sem);
	}
	return 0;
}

static void hold_until_waited_for(struct scene *scene)
{
	down_write(&scene->sem);
	WRITE_ONCE(scene->held, true);
	if (EXPECT(WAIT_UNTIL(rwsem_is_contended(&scene->sem))))
		actor_sleeps(&scene->waiter);
}

/* Take it, which is held, again and again, until the waiter has had it, or too often. */
static void barge(struct scene *scene)
{
	WRITE_ONCE(scene->barging, true);
	while (!READ_ONCE(scene->waiter_had_it) && scene->taken <= MAX_PASSES) {
		up_write(&scene->sem);
		down_write(&scene->sem);
		if (!READ_ONCE(scene->waiter_had_it))
			scene->taken++;
	}
	up_write(&scene->sem);
}

/* Run @attempt until the barger has been as quick as it may. */
static void check_passes(bool (*attempt)(struct scene *scene), bool waiter_reads,
			 unsigned int allowed)
{
	struct scene scene;
	struct rwsem_stats stats;
	unsigned int tries = 0;

	do {
		memset(&scene, 0, sizeof(scene));
		init_rwsem(&scene.sem);
		scene.waiter_reads = waiter_reads;
		REQUIRE(attempt(&scene));
		EXPECT(scene.taken <= allowed);
		EXPECT_EQ(atomic_read(&scene.sem.count), 0);
	} while (scene.taken < allowed && ++tries < TRIES);
	stats = rwsem_get_stats(&scene.sem);
	EXPECT_EQ(scene.taken, allowed);
	if (CONFIG_CHECKED) {
		EXPECT_EQ(stats.most_passed, allowed);
		EXPECT_EQ(stats.handed, waiter_reads ? 0 : 1);
		EXPECT_EQ(stats.let_in, waiter_reads ? 1 : 0);
	}
}

/* The barger itself keeps the waiter from the CPU of both. */
static int barge_on_waiters_cpu(void *arg)
{
	struct scene *scene = arg;

	sched_set_fifo(current);
	hold_until_waited_for(scene);
	barge(scene);
	return 0;
}

static bool barge_on_one_cpu(struct scene *scene)
{
	if (!actor_start(&scene->barger, barge_on_waiters_cpu, scene, test_cpu(0)))
		return false;
	EXPECT(WAIT_UNTIL(READ_ONCE(scene->held)));
	actor_start(&scene->waiter, wait_in_vain, scene, test_cpu(0));
	actor_join(&scene->barger);
	actor_join(&scene->waiter);
	return true;
}

TEST(rwsem_writer_is_passed_so_often_on_one_cpu)
{
	check_passes(barge_on_one_cpu, false, MAX_PASSES);
}

TEST(rwsem_reader_is_not_passed_on_one_cpu)
{
	check_passes(barge_on_one_cpu, true, 0);
}

static int barge_from_other_cpu(void *arg)
{
	struct scene *scene = arg;

	hold_until_waited_for(scene);
	EXPECT(SPIN_UNTIL(READ_ONCE(scene->hog_runs)));
	barge(scene);
	return 0;
}

/* Keep the waiter's CPU until the barger sleeps for the lock: then the waiter is to have it. */
static int hog(void *arg)
{
	struct scene *scene = arg;

	sched_set_fifo(current);
	WRITE_ONCE(scene->hog_runs, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(scene->barger.ended) ||
			  (READ_ONCE(scene->barging) &&
			   actor_is_asleep(&scene->barger, TASK_UNINTERRUPTIBLE))));
	return 0;
}

static bool barge_on_two_cpus(struct scene *scene)
{
	if (!actor_start(&scene->barger, barge_from_other_cpu, scene, test_cpu(0)))
		return false;
	EXPECT(WAIT_UNTIL(READ_ONCE(scene->held)));
	if (actor_start(&scene->waiter, wait_in_vain, scene, test_cpu(1)))
		actor_sleeps(&scene->waiter);
	actor_start(&scene->hogger, hog, scene, test_cpu(1));
	actor_join(&scene->barger);
	actor_join(&scene->hogger);
	actor_join(&scene->waiter);
	return true;
}

TEST(rwsem_writer_is_passed_so_often_by_another_cpu)
{
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	check_passes(barge_on_two_cpus, false, MAX_PASSES);
}

TEST(rwsem_reader_is_not_passed_by_another_cpu)
{
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	check_passes(barge_on_two_cpus, true, 0);
}

/* A relay of readers, each of whom stays until another one has come in, would never let it be free: they
 * come after the writer, so they wait for it. */
#define RUNNERS 2

struct relay {
	struct rw_semaphore sem;
	atomic_t entries;
	int last_before; /* the entries when the writer was in the queue */
	int passed;      /* readers that went in after that, before it */
	bool writer_was_in;
};

static int run_relay(void *arg)
{
	struct relay *relay = arg;
	int mine;

	while (!READ_ONCE(relay->writer_was_in)) {
		down_read(&relay->sem);
		mine = atomic_inc_return(&relay->entries);
		// The other one comes in, or stands behind the writer.
		EXPECT(WAIT_UNTIL(atomic_read(&relay->entries) != mine ||
				  rwsem_is_contended(&relay->sem) ||
				  READ_ONCE(relay->writer_was_in)));
		up_read(&relay->sem);
	}
	return 0;
}

static int write_once(void *arg)
{
	struct relay *relay = arg;

	EXPECT(WAIT_UNTIL(atomic_read(&relay->entries) > 2 * RUNNERS));
	down_write(&relay->sem);
	relay->passed = atomic_read(&relay->entries) - READ_ONCE(relay->last_before);
	WRITE_ONCE(relay->writer_was_in, true);
	up_write(&relay->sem);
	return 0;
}

TEST(rwsem_readers_relay_ends_at_a_writer)
{
	struct relay relay = { .passed = -1 };
	struct actor runners[RUNNERS], writer;

	init_rwsem(&relay.sem);
	down_read(&relay.sem); // We hold it too, so that the writer surely finds it held.
	REQUIRE(actor_start(&writer, write_once, &relay, ANY_CPU));
	for (unsigned int i = 0; i < RUNNERS; i++)
		actor_start(&runners[i], run_relay, &relay, ANY_CPU);
	EXPECT(WAIT_UNTIL(rwsem_is_contended(&relay.sem)));
	// From now on nobody comes in. Those who have, have counted when they leave.
	EXPECT(WAIT_UNTIL(atomic_read(&relay.sem.count) == RWSEM_CONTENDED + 1));
	WRITE_ONCE(relay.last_before, atomic_read(&relay.entries));
	up_read(&relay.sem);
	actor_join(&writer);
	for (unsigned int i = 0; i < RUNNERS; i++)
		actor_join(&runners[i]);
	EXPECT_EQ(relay.passed, 0);
	EXPECT_EQ(atomic_read(&relay.sem.count), 0);
}

/* Two writers wait; it is released, and the second one is woken by mistake, and runs before the first: it is
 * not its turn. Nobody else runs on this CPU, for we are first-in-first-out, and the second is better. */
struct turns {
	struct rw_semaphore sem;
	struct actor waiters[2];
	unsigned int served; /* under sem */
	unsigned int places[2];
	atomic_t number;
};

static int wait_for_turn(void *arg)
{
	struct turns *turns = arg;
	unsigned int me = (unsigned int)atomic_fetch_add(1, &turns->number);

	down_write(&turns->sem);
	turns->places[me] = ++turns->served;
	up_write(&turns->sem);
	return 0;
}

static int wake_out_of_turn(void *arg)
{
	struct turns *turns = arg;
	bool all = true;

	sched_set_fifo_low(current);
	down_write(&turns->sem);
	for (unsigned int i = 0; i < 2; i++)
		all = all && actor_start(&turns->waiters[i], wait_for_turn, turns, test_cpu(0)) &&
		      actor_sleeps(&turns->waiters[i]);
	if (all)
		sched_set_fifo(turns->waiters[1].task);
	up_write(&turns->sem);
	if (all)
		wake_up_process(turns->waiters[1].task);
	for (unsigned int i = 0; i < 2; i++)
		actor_join(&turns->waiters[i]);
	return 0;
}

TEST(rwsem_writer_waits_for_its_turn)
{
	struct turns turns = { .served = 0 };
	struct actor actor;

	init_rwsem(&turns.sem);
	REQUIRE(actor_start(&actor, wake_out_of_turn, &turns, test_cpu(0)));
	actor_join(&actor);
	EXPECT_EQ(turns.places[0], 1);
	EXPECT_EQ(turns.places[1], 2);
}

/* ---- For how long a writer spins ---------------------------------------------------------------------- */

#define SPUN_ROUNDS                                                                                \
	5 /* in one of them, at least, the writer spins and has not lost its CPU before */

struct spun {
	struct rw_semaphore sem;
	struct actor spinner;
	struct actor other;
	bool other_ran;
};

static int spin_for_it(void *arg)
{
	struct spun *spun = arg;

	down_write(&spun->sem);
	up_write(&spun->sem);
	return 0;
}

/* Take it, and have a writer on another CPU spin for us. */
static bool spinner_start(struct spun *spun)
{
	down_write(&spun->sem);
	return EXPECT(actor_start(&spun->spinner, spin_for_it, spun, test_cpu(1))) &&
	       EXPECT(SPIN_UNTIL(osq_is_locked(&spun->sem.osq) || rwsem_is_contended(&spun->sem)));
}

static void spinner_end(struct spun *spun)
{
	up_write(&spun->sem);
	actor_join(&spun->spinner);
}

/* The owner loses its CPU: it is no use to spin on. */
static void sleep_while_spun_for(void *arg)
{
	struct spun *spun = arg;
	bool sleeps = true;

	for (unsigned int i = 0; i < SPUN_ROUNDS && sleeps; i++) {
		sleeps = spinner_start(spun) && EXPECT(actor_sleeps(&spun->spinner));
		spinner_end(spun);
	}
}

static int want_the_cpu(void *arg)
{
	struct spun *spun = arg;

	WRITE_ONCE(spun->other_ran, true);
	return 0;
}

/* The owner goes on, but the spinner's CPU is wanted. */
static void run_while_spun_for(void *arg)
{
	struct spun *spun = arg;
	bool ran = true;

	for (unsigned int i = 0; i < SPUN_ROUNDS && ran; i++) {
		WRITE_ONCE(spun->other_ran, false);
		spun->other.task = NULL;
		ran = spinner_start(spun) &&
		      EXPECT(actor_start(&spun->other, want_the_cpu, spun, test_cpu(1))) &&
		      EXPECT(SPIN_UNTIL(READ_ONCE(spun->other_ran)));
		spinner_end(spun);
		actor_join(&spun->other);
	}
}

static void spun_by(void (*holder)(void *spun))
{
	struct spun spun = { .other_ran = false };

	if (num_online_cpus() < 2)
		SKIP("nobody can spin while the only CPU holds it");
	init_rwsem(&spun.sem);
	run_at(test_cpu(0), DEFAULT_PRIO, holder, &spun);
	EXPECT_EQ(atomic_read(&spun.sem.count), 0);
}

TEST(rwsem_spinner_does_not_wait_for_a_sleeper)
{
	spun_by(sleep_while_spun_for);
}

TEST(rwsem_spinner_gives_its_cpu_away)
{
	spun_by(run_while_spun_for);
}
