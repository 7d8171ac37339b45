/* rwsem_race_test.c: the reader-writer semaphore under contention: exclusion, signals, memory that goes.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/rwsem.h"

#include "kernel/sched/signal.h"
#include "kernel/test/lock_test.h"
#include "lib/errno.h"
#include "lib/string.h"

struct contention {
	struct rw_semaphore sem;
	unsigned int writes; /* of ten rounds */
	struct effort effort;
	struct guarded data;
	atomic_t threads;
	atomic_t interrupted;
	atomic_t writers_in;
	atomic_t clashes; /* a writer that was not alone */
	bool closed;
};

static void contention_init(struct contention *contention, unsigned int writes)
{
	*contention = (struct contention){ .writes = writes };
	init_rwsem(&contention->sem);
}

static void expect_free(struct contention *contention)
{
	struct rw_semaphore *sem = &contention->sem;

	EXPECT_EQ(atomic_read(&sem->count), 0);
	EXPECT(!READ_ONCE(sem->owner));
	EXPECT(list_empty(&sem->wait_list));
	EXPECT(!osq_is_locked(&sem->osq));
	EXPECT(rwsem_get_stats(sem).most_passed <= 16);
	EXPECT_EQ(atomic_read(&contention->clashes), 0);
}

/* Inside, now and then give up the CPU: others must then wait by sleeping. */
static void pause_inside(unsigned int round)
{
	if (round % 8 == 0)
		usleep_range(10, 20);
	else if (round % 3 == 0)
		yield();
}

static void look(struct contention *contention, unsigned int round)
{
	guarded_look(&contention->data);
	pause_inside(round);
	guarded_look(&contention->data);
	if (atomic_read(&contention->writers_in))
		atomic_inc(&contention->clashes);
}

static void update(struct contention *contention, unsigned int round)
{
	if (atomic_inc_return(&contention->writers_in) != 1)
		atomic_inc(&contention->clashes);
	guarded_update(&contention->data);
	pause_inside(round);
	guarded_look(&contention->data);
	if (!atomic_dec_and_test(&contention->writers_in))
		atomic_inc(&contention->clashes);
}

static void read_once(struct contention *contention, unsigned int round)
{
	if (round % 4 || !down_read_trylock(&contention->sem))
		down_read(&contention->sem);
	look(contention, round);
	up_read(&contention->sem);
}

/* Write, and every third time go on reading: what was written stays as it is. */
static void write_once(struct contention *contention, unsigned int round)
{
	unsigned long written;

	if (round % 4 || !down_write_trylock(&contention->sem))
		down_write(&contention->sem);
	update(contention, round);
	written = READ_ONCE(contention->data.words[0]);
	if (round % 3) {
		up_write(&contention->sem);
		return;
	}
	downgrade_write(&contention->sem);
	look(contention, round);
	if (READ_ONCE(contention->data.words[0]) != written)
		atomic_inc(&contention->clashes);
	up_read(&contention->sem);
}

static int contend(void *arg)
{
	struct contention *contention = arg;
	unsigned int me = (unsigned int)atomic_fetch_add(1, &contention->threads);
	unsigned int round = 0;
	struct rand_state rand;
	int updates = 0;

	rand_seed(&rand, me);
	for (; effort_goes_on(&contention->effort, round); round++) {
		if (rand_below(&rand, 10) < contention->writes) {
			write_once(contention, round);
			updates++;
		} else {
			read_once(contention, round);
		}
	}
	return updates;
}

static void check_contention(unsigned int writes)
{
	unsigned int cpus = num_online_cpus();
	struct contention contention;
	long updates;

	contention_init(&contention, writes);
	contention.effort = effort_of(70, 60, cpus);
	updates = test_run_on_cpus(contend, &contention);
	expect_free(&contention);
	contention.effort = effort_of(70, 60, 2 * cpus);
	updates += test_run_threads(2 * cpus, contend, &contention);
	expect_free(&contention);
	guarded_expect(&contention.data, (unsigned long)updates);
}

TEST(rwsem_excludes_many_readers_from_few_writers)
{
	check_contention(1);
}

TEST(rwsem_excludes_half_and_half)
{
	check_contention(5);
}

TEST(rwsem_excludes_writers)
{
	check_contention(10);
}

/*
 * A release that meets an arrival: who finds it held, and is about to queue when it becomes free, must
 * have it, or be woken. Two threads on two CPUs, each at a random moment of the other's; the writer
 * releases, and then comes back only when the other has been in.
 */
struct meeting {
	struct rw_semaphore sem;
	struct effort effort;
	unsigned int round; /* the holder has it for the so-manieth time */
	unsigned int been;  /* the other has been in so often */
	bool over;
};

static void pause_randomly(struct rand_state *rand)
{
	for (u32 i = rand_below(rand, 40); i > 0; i--)
		cpu_relax();
}

static int hold_and_release(void *arg)
{
	struct meeting *meeting = arg;
	struct rand_state rand;
	unsigned int i = 0;
	bool was_in = true;

	rand_seed(&rand, 1);
	for (; was_in && effort_goes_on(&meeting->effort, i); i++) {
		down_write(&meeting->sem);
		WRITE_ONCE(meeting->round, i + 1);
		pause_randomly(&rand);
		up_write(&meeting->sem);
		was_in = EXPECT(YIELD_UNTIL(READ_ONCE(meeting->been) == i + 1));
	}
	// One that waits in vain is woken by another release.
	down_write(&meeting->sem);
	WRITE_ONCE(meeting->over, true);
	up_write(&meeting->sem);
	return 0;
}

static int arrive(void *arg)
{
	struct meeting *meeting = arg;
	struct rand_state rand;

	rand_seed(&rand, 2);
	for (unsigned int i = 0; !READ_ONCE(meeting->over); i++) {
		while (READ_ONCE(meeting->round) == i && !READ_ONCE(meeting->over))
			cpu_relax();
		pause_randomly(&rand);
		if (i % 4) {
			down_read(&meeting->sem);
			up_read(&meeting->sem);
		} else {
			down_write(&meeting->sem);
			up_write(&meeting->sem);
		}
		WRITE_ONCE(meeting->been, i + 1);
	}
	return 0;
}

TEST(rwsem_release_meets_arrival)
{
	struct meeting meeting = { .effort = effort_of(150, 100, 1) };
	struct actor holder, other;

	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	init_rwsem(&meeting.sem);
	REQUIRE(actor_start(&other, arrive, &meeting, test_cpu(1)));
	if (actor_start(&holder, hold_and_release, &meeting, test_cpu(0)))
		actor_join(&holder);
	else
		WRITE_ONCE(meeting.over, true);
	actor_join(&other);
	EXPECT_EQ(atomic_read(&meeting.sem.count), 0);
}

/* Signals against release: a waiter that leaves takes no wake-up along, and no hold. */
#define VICTIMS 6

static int enter_until_interrupted(void *arg)
{
	struct contention *contention = arg;
	bool writes = atomic_fetch_add(1, &contention->threads) % 2;
	unsigned int round = 0;
	int updates = 0;

	allow_signal(SIGKILL);
	for (; !READ_ONCE(contention->closed); round++) {
		int error = writes ? down_write_killable(&contention->sem) :
				     down_read_killable(&contention->sem);

		flush_signals(current);
		if (error) {
			EXPECT_EQ(error, -EINTR);
			atomic_inc(&contention->interrupted);
		} else if (writes) {
			update(contention, round);
			updates++;
			up_write(&contention->sem);
		} else {
			look(contention, round);
			up_read(&contention->sem);
		}
	}
	return updates;
}

static bool signals_go_on(struct contention *contention, unsigned int sent)
{
	if (effort_goes_on(&contention->effort, sent))
		return true;
	return !atomic_read(&contention->interrupted) &&
	       clock_ns() < contention->effort.end + LOCK_TEST_LIMIT_NS;
}

TEST(rwsem_survives_signals)
{
	struct contention contention;
	struct actor victims[VICTIMS] = { { .task = NULL } };
	struct rand_state rand = test_seed();
	int updates = 0;
	bool all = true;

	contention_init(&contention, 5);
	contention.effort = effort_of(200, 50, 1);
	for (unsigned int i = 0; i < VICTIMS; i++)
		all = all &&
		      actor_start(&victims[i], enter_until_interrupted, &contention, ANY_CPU);
	for (unsigned int i = 0; all && signals_go_on(&contention, i); i++) {
		send_sig(SIGKILL, victims[rand_below(&rand, VICTIMS)].task, 0);
		usleep_range(1, 1 + rand_below(&rand, 100));
	}
	WRITE_ONCE(contention.closed, true);
	for (unsigned int i = 0; i < VICTIMS; i++)
		updates += actor_join(&victims[i]);
	EXPECT(atomic_read(&contention.interrupted) > 0);
	guarded_expect(&contention.data, (unsigned long)updates);
	expect_free(&contention);
}

/*
 * A semaphore in an object that goes. Each thread says under it that it is done with the object: as a
 * reader or as a writer. One thread writes, and when it finds all others done, it writes over the object
 * right after its own release. None of the others' releases may still be at work there.
 */
#define OBJECTS 100
#define POISON  0x6b

struct object {
	struct rw_semaphore sem;
	atomic_t users; /* that are not done */
};

struct objects {
	struct object object[OBJECTS];
	atomic_t threads;
};

static void be_done(struct object *object, unsigned int how)
{
	if (how % 3 == 0) {
		down_write(&object->sem);
		if (how % 2)
			downgrade_write(&object->sem);
		atomic_dec(&object->users);
		if (how % 2)
			up_read(&object->sem);
		else
			up_write(&object->sem);
		return;
	}
	down_read(&object->sem);
	if (how % 16 == 1)
		yield();
	atomic_dec(&object->users);
	up_read(&object->sem);
}

static void free_when_done(struct object *object)
{
	bool last = false;

	while (!last) {
		down_write(&object->sem);
		last = atomic_read(&object->users) == 0;
		up_write(&object->sem);
		if (!last)
			yield();
	}
	memset(object, POISON, sizeof(*object));
}

static int use_objects(void *arg)
{
	struct objects *objects = arg;
	unsigned int me = (unsigned int)atomic_fetch_add(1, &objects->threads);

	for (unsigned int i = 0; i < OBJECTS; i++) {
		if (me == 0)
			free_when_done(&objects->object[i]);
		else
			be_done(&objects->object[i], i + me);
	}
	return 0;
}

static unsigned int count_touched(const void *memory, size_t size)
{
	const u8 *bytes = memory;
	unsigned int touched = 0;

	for (size_t i = 0; i < size; i++)
		touched += bytes[i] != POISON;
	return touched;
}

TEST(rwsem_may_be_freed_by_its_last_user)
{
	static struct objects objects;
	unsigned int threads = min(num_online_cpus() + 2, 16u);
	struct effort effort = effort_of(250, 1, 1);

	for (unsigned int batch = 0; effort_goes_on(&effort, batch); batch++) {
		for (unsigned int i = 0; i < OBJECTS; i++) {
			init_rwsem(&objects.object[i].sem);
			atomic_set(&objects.object[i].users, (int)threads - 1);
		}
		atomic_set(&objects.threads, 0);
		test_run_threads(threads, use_objects, &objects);
		EXPECT_EQ(count_touched(objects.object, sizeof(objects.object)), 0);
	}
}
