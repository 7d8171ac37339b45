/* semaphore_race_test.c: as many threads have units as there are units, whatever races with what.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/semaphore.h"

#include "kernel/sched/signal.h"
#include "kernel/test/lock_test.h"
#include "lib/errno.h"

/* A room for as many threads as the semaphore has units. */
struct room {
	struct semaphore sem;
	int units;
	struct effort effort;
	atomic_t inside;
	atomic_t most_inside;
	atomic_t crowded;    /* more were inside than there are units */
	struct guarded data; /* for a room for one */
};

static void note_inside(struct room *room)
{
	int inside = atomic_inc_return(&room->inside);
	int most = atomic_read(&room->most_inside);

	if (inside > room->units)
		atomic_inc(&room->crowded);
	while (inside > most && !atomic_try_cmpxchg(&room->most_inside, &most, inside))
		;
}

/* Inside, now and then give up the CPU: others must then wait by sleeping. */
static void stay(struct room *room, unsigned int i)
{
	note_inside(room);
	if (room->units == 1)
		guarded_update(&room->data);
	if (i % 8 == 0)
		yield();
	if (i % 64 == 0)
		usleep_range(10, 20);
	atomic_dec(&room->inside);
}

static int visit(void *arg)
{
	struct room *room = arg;
	unsigned int visits = 0;

	for (; effort_goes_on(&room->effort, visits); visits++) {
		if (visits % 3 || down_trylock(&room->sem))
			down(&room->sem);
		stay(room, visits);
		up(&room->sem);
	}
	return (int)visits;
}

static void expect_empty(struct room *room)
{
	EXPECT_EQ(atomic_read(&room->crowded), 0);
	EXPECT_EQ(atomic_read(&room->inside), 0);
	EXPECT_EQ(room->sem.count, room->units);
	EXPECT(list_empty(&room->sem.wait_list));
}

TEST(sem_of_one_unit_excludes)
{
	unsigned int threads = 2 * num_online_cpus();
	struct room room = { .units = 1, .effort = effort_of(100, 60, threads) };

	sema_init(&room.sem, 1);
	guarded_expect(&room.data, (unsigned long)test_run_threads(threads, visit, &room));
	expect_empty(&room);
}

/* Until the room has been full once, nobody leaves: so all units are in use at the same time. */
static int fill(void *arg)
{
	struct room *room = arg;

	down(&room->sem);
	note_inside(room);
	EXPECT(WAIT_UNTIL(atomic_read(&room->most_inside) >= room->units));
	atomic_dec(&room->inside);
	up(&room->sem);
	return visit(arg);
}

TEST(sem_of_many_units_lets_as_many_in)
{
	unsigned int threads = 2 * num_online_cpus() + 2;
	struct room room = { .units = 3, .effort = effort_of(100, 60, threads) };

	sema_init(&room.sem, room.units);
	test_run_threads(threads, fill, &room);
	EXPECT_EQ(atomic_read(&room.most_inside), room.units);
	expect_empty(&room);
}

/* Threads that give up waiting at about the time at which a unit comes. */
struct race {
	struct semaphore sem;
	struct ktimer timer; /* gives the unit */
};

static void timer_ups(struct ktimer *timer)
{
	up(&container_of(timer, struct race, timer)->sem);
}

/* Both the unit and the end of the waiting time come from timers of this CPU, close together. */
static int race_with_timeout(void *arg)
{
	struct effort effort = effort_of(200, 4, 1);
	struct race race;
	struct rand_state rand;
	unsigned int rounds = 0;

	sema_init(&race.sem, 0);
	timer_init(&race.timer, timer_ups);
	rand_seed(&rand, (u64)current->pid);
	for (; effort_goes_on(&effort, rounds); rounds++) {
		timer_start(&race.timer,
			    clock_ns() + NSEC_PER_SEC / HZ - 20000 + rand_below(&rand, 40000));
		if (down_timeout(&race.sem, 1))
			down(&race.sem);
		EXPECT_EQ(READ_ONCE(race.sem.count), 0);
	}
	timer_cancel_sync(&race.timer);
	EXPECT(list_empty(&race.sem.wait_list));
	return (int)rounds;
}

TEST(sem_units_survive_timeouts)
{
	unsigned int threads = min(4 * num_online_cpus(), 32u);

	EXPECT(test_run_threads(threads, race_with_timeout, NULL) >= (long)threads);
}

/* Takers that give up by timeout and by signal, while units wander among them. */
struct market {
	struct semaphore sem;
	struct effort effort;
	atomic_t places;
	atomic_t timeouts;
	atomic_t signals;
	bool closed;
};

#define TAKERS       6
#define MARKET_UNITS 2

static int take_and_give(void *arg)
{
	struct market *market = arg;
	unsigned int me = (unsigned int)atomic_fetch_add(1, &market->places);
	unsigned int round = 0;
	int error;

	allow_signal(SIGINT);
	for (; !READ_ONCE(market->closed); round++) {
		if (me % 2)
			error = down_timeout(&market->sem, 1 + round % 2);
		else
			error = down_interruptible(&market->sem);
		if (error == -ETIME)
			atomic_inc(&market->timeouts);
		if (error == -EINTR)
			atomic_inc(&market->signals);
		flush_signals(current);
		if (error)
			continue;
		if (round % 2)
			usleep_range(500, 1500);
		up(&market->sem);
	}
	return 0;
}

/* Both must have happened, however long that takes. */
static bool market_goes_on(struct market *market, unsigned int signals_sent)
{
	if (effort_goes_on(&market->effort, signals_sent))
		return true;
	return !(atomic_read(&market->timeouts) && atomic_read(&market->signals)) &&
	       clock_ns() < market->effort.end + LOCK_TEST_LIMIT_NS;
}

TEST(sem_units_survive_signals_and_timeouts)
{
	struct market market = { .effort = effort_of(300, 50, 1) };
	struct actor takers[TAKERS] = { { .task = NULL } };
	struct rand_state rand = test_seed();
	bool all = true;

	sema_init(&market.sem, MARKET_UNITS);
	for (unsigned int i = 0; i < TAKERS; i++)
		all = all && actor_start(&takers[i], take_and_give, &market, ANY_CPU);
	for (unsigned int i = 0; all && market_goes_on(&market, i); i++) {
		send_sig(SIGINT, takers[rand_below(&rand, TAKERS)].task, 0);
		usleep_range(10, 20 + rand_below(&rand, 200));
	}
	EXPECT(atomic_read(&market.timeouts) > 0 && atomic_read(&market.signals) > 0);
	WRITE_ONCE(market.closed, true);
	for (unsigned int i = 0; i < TAKERS; i++)
		actor_join(&takers[i]);
	EXPECT_EQ(market.sem.count, MARKET_UNITS);
	EXPECT(list_empty(&market.sem.wait_list));
}

/* up() from interrupt handlers, which know no owner and never sleep. */
static void handler_ups(struct ktimer *timer)
{
	struct race *race = container_of(timer, struct race, timer);

	EXPECT(in_hardirq());
	EXPECT_EQ(down_trylock(&race->sem), 1);
	up(&race->sem);
}

TEST(sem_up_from_interrupt)
{
	struct effort effort = effort_of(50, 10, 1);
	struct rand_state rand = test_seed();
	struct race race;

	sema_init(&race.sem, 0);
	timer_init(&race.timer, handler_ups);
	for (unsigned int i = 0; effort_goes_on(&effort, i); i++) {
		timer_start(&race.timer, clock_ns() + rand_below(&rand, 50000));
		if (!EXPECT_EQ(down_timeout(&race.sem, 30 * HZ), 0))
			break;
	}
	timer_cancel_sync(&race.timer);
	EXPECT_EQ(race.sem.count, 0);
}
