/* wait_spin_test.c: circles of CPUs that spin, and threads that sleep behind them.
 * SPDX-License-Identifier: MIT
 *
 * A CPU that spins listens to nobody. So the locks are raw ones, which check no owner, and the test ends a
 * circle by releasing a lock in the place of its holder, who then only forgets it.
 */
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/spin/bit_spinlock.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/sched/signal.h"
#include "kernel/test/wait_scene.h"
#include "lib/format.h"

static raw_spinlock_t left = RAW_SPIN_LOCK_UNLOCKED;
static raw_spinlock_t right = RAW_SPIN_LOCK_UNLOCKED;
static DEFINE_RWLOCK(door);
static DEFINE_MUTEX(gate);
static struct start_line line;

/* The lock that this CPU took was released for it. */
static void forget(raw_spinlock_t *lock)
{
	hook_spin_released(lock);
	preempt_enable();
}

static bool spins_for(u32 cpu, const void *lock)
{
	return READ_ONCE(cpu_by_id(cpu)->spins_for) == lock;
}

static bool heard_spin(const char *kind, const void *lock, const char *name,
		       const struct actor *holder)
{
	char text[120];

	snprintf(text, sizeof(text), "spins for %s %s(%px), held by thread %d", kind, name, lock,
		 holder->task->pid);
	return heard_text(text);
}

static void expect_told_once(void)
{
	hear_look(0);
	EXPECT_EQ(heard(), 0);
	hear_look(0);
	EXPECT_EQ(heard(), 1);
	hear_look(0);
	EXPECT_EQ(heard(), 1);
}

/* ---- One CPU takes its lock twice ---- */

static int take_twice(void *unused)
{
	raw_spin_lock(&left);
	raw_spin_lock(&left);
	raw_spin_unlock(&left);
	forget(&left);
	return 0;
}

static void look_for_one(void *unused)
{
	u32 cpu = test_cpu(1);
	struct actor actor;

	hear_begin("spins for");
	REQUIRE(actor_start(&actor, take_twice, NULL, cpu));
	EXPECT(WAIT_UNTIL(spins_for(cpu, &left)));
	expect_told_once();
	EXPECT(heard_spin("spinlock", &left, "", &actor));
	spin_word_unlock(&left.word);
	actor_join(&actor);
	EXPECT(spins_for(cpu, NULL));
	hear_end();
}

TEST(wait_spin_of_one_cpu)
{
	if (!CONFIG_CHECKED || num_online_cpus() < 2)
		SKIP("needs two CPUs, and the checked profile, which knows who spins");
	NEED_PARALLEL();
	run_at(test_cpu(0), DEFAULT_PRIO, look_for_one, NULL);
}

/* ---- The same with a lock that is a bit ---- */

#define LOCK_BIT 3

static unsigned long bits;

static int take_bit_twice(void *unused)
{
	bit_spin_lock(LOCK_BIT, &bits);
	bit_spin_lock(LOCK_BIT, &bits);
	bit_spin_unlock(LOCK_BIT, &bits);
	hook_spin_released(bit_spin_place(LOCK_BIT, &bits));
	preempt_enable();
	return 0;
}

static void look_for_bit(void *unused)
{
	const void *lock = bit_spin_place(LOCK_BIT, &bits);
	u32 cpu = test_cpu(1);
	struct actor actor;

	hear_begin("spins for");
	REQUIRE(actor_start(&actor, take_bit_twice, NULL, cpu));
	EXPECT(WAIT_UNTIL(spins_for(cpu, lock)));
	expect_told_once();
	EXPECT(heard_spin("bit spinlock", lock, "", &actor));
	clear_bit_unlock(LOCK_BIT, &bits);
	actor_join(&actor);
	EXPECT(spins_for(cpu, NULL));
	hear_end();
}

TEST(wait_spin_of_a_bit)
{
	if (!CONFIG_CHECKED || num_online_cpus() < 2)
		SKIP("needs two CPUs, and the checked profile, which knows who spins");
	NEED_PARALLEL();
	run_at(test_cpu(0), DEFAULT_PRIO, look_for_bit, NULL);
}

/* ---- Two CPUs, each with what the other wants ---- */

/* The first has the mutex, too, which a thread waits for. */
static int take_left_and_right(void *unused)
{
	lockdep_off();
	mutex_lock(&gate);
	raw_spin_lock(&left);
	start_line_wait(&line, 2);
	raw_spin_lock(&right);
	raw_spin_unlock(&right);
	raw_spin_unlock(&left);
	mutex_unlock(&gate);
	lockdep_on();
	return 0;
}

static int take_right_and_left(void *unused)
{
	raw_spin_lock(&right);
	start_line_wait(&line, 2);
	raw_spin_lock(&left);
	raw_spin_unlock(&left);
	forget(&right);
	return 0;
}

/* A thread sleeps for a mutex of a CPU that spins: it is behind the circle, and so stuck. */
static void look_for_two(void *unused)
{
	static struct player sleeper = { .second = { OP_MUTEX, &gate } };
	struct actor one, other;

	line = (struct start_line){ 0 };
	hear_begin("spins for");
	REQUIRE(player_start(&sleeper));
	REQUIRE(actor_start(&one, take_left_and_right, NULL, test_cpu(1)));
	REQUIRE(actor_start(&other, take_right_and_left, NULL, test_cpu(2)));
	EXPECT(WAIT_UNTIL(spins_for(test_cpu(1), &right) && spins_for(test_cpu(2), &left)));
	expect_told_once();
	EXPECT(heard_spin("spinlock", &right, "", &other) &&
	       heard_spin("spinlock", &left, "", &one));
	player_goes_on(&sleeper);
	// It spins as long as its CPU has nothing better to do, then it sleeps.
	EXPECT(WAIT_UNTIL((hear_look(0), READ_ONCE(sleeper.actor.task->watch.stuck))));
	EXPECT_EQ(heard(), 1);
	spin_word_unlock(&right.word);
	actor_join(&one);
	actor_join(&other);
	player_end(&sleeper);
	hear_end();
}

TEST(wait_spin_of_two_cpus)
{
	if (!CONFIG_CHECKED || num_online_cpus() < 3)
		SKIP("needs three CPUs, and the checked profile, which knows who spins");
	NEED_PARALLEL();
	run_at(test_cpu(0), DEFAULT_PRIO, look_for_two, NULL);
}

/* ---- A reader and a writer ---- */

static int read_and_take(void *unused)
{
	lockdep_off();
	read_lock(&door);
	start_line_wait(&line, 2);
	raw_spin_lock(&right);
	raw_spin_unlock(&right);
	read_unlock(&door);
	lockdep_on();
	return 0;
}

static int take_and_write(void *unused)
{
	lockdep_off();
	raw_spin_lock(&right);
	start_line_wait(&line, 2);
	write_lock(&door);
	write_unlock(&door);
	forget(&right);
	lockdep_on();
	return 0;
}

static void look_for_reader(void *unused)
{
	struct actor reader, writer;

	line = (struct start_line){ 0 };
	hear_begin("spins for");
	REQUIRE(actor_start(&reader, read_and_take, NULL, test_cpu(1)));
	REQUIRE(actor_start(&writer, take_and_write, NULL, test_cpu(2)));
	EXPECT(WAIT_UNTIL(spins_for(test_cpu(1), &right) && spins_for(test_cpu(2), &door)));
	expect_told_once();
	EXPECT(heard_spin("spinlock", &right, "", &writer) &&
	       heard_spin("rwlock", &door, "\"door\" ", &reader));
	spin_word_unlock(&right.word);
	actor_join(&reader);
	actor_join(&writer);
	hear_end();
}

TEST(wait_spin_of_a_reader)
{
	if (!CONFIG_CHECKED || num_online_cpus() < 3)
		SKIP("needs three CPUs, and the checked profile, which knows who spins");
	NEED_PARALLEL();
	run_at(test_cpu(0), DEFAULT_PRIO, look_for_reader, NULL);
}

/* ---- Two who spin for each other's mutex, as long as the other runs: they never sleep ---- */

static DEFINE_MUTEX(fork);
static DEFINE_MUTEX(knife);

static int take_both(struct mutex *first, struct mutex *second)
{
	int error;

	allow_signal(SIGINT);
	lockdep_off();
	mutex_lock(first);
	start_line_wait(&line, 2);
	error = mutex_lock_interruptible(second);
	if (!error)
		mutex_unlock(second);
	mutex_unlock(first);
	lockdep_on();
	return error;
}

static int fork_first(void *unused)
{
	return take_both(&fork, &knife);
}

static int knife_first(void *unused)
{
	return take_both(&knife, &fork);
}

static int wants_the_cpu(void *unused)
{
	return 0;
}

/* Who spins gives up when another thread wants the CPU, and then listens to signals. */
static void stop_spinning(struct actor *spinner, u32 cpu)
{
	struct actor other;

	send_sig(SIGINT, spinner->task, 0);
	if (EXPECT(actor_start(&other, wants_the_cpu, NULL, cpu)))
		actor_join(&other);
}

static void look_for_mutexes(void *unused)
{
	struct actor one, other;

	line = (struct start_line){ 0 };
	hear_begin("mutex \"knife\"");
	REQUIRE(actor_start(&one, fork_first, NULL, test_cpu(1)));
	REQUIRE(actor_start(&other, knife_first, NULL, test_cpu(2)));
	EXPECT(WAIT_UNTIL((hear_look(0), heard())));
	EXPECT(heard_text("spins for mutex") || heard_text("waits for mutex"));
	EXPECT(heard_text("mutex \"fork\""));
	stop_spinning(&one, test_cpu(1));
	stop_spinning(&other, test_cpu(2));
	EXPECT(actor_join(&one) + actor_join(&other) < 0);
	hear_end();
}

TEST(wait_spin_for_mutexes)
{
	if (!CONFIG_CHECKED || num_online_cpus() < 3)
		SKIP("needs three CPUs, and the checked profile, which knows who spins");
	NEED_PARALLEL();
	run_at(test_cpu(0), DEFAULT_PRIO, look_for_mutexes, NULL);
}
