/* rwsem_test.c: the reader-writer semaphore without a race: its word, its forms, its queue.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/rwsem.h"

#include "kernel/sched/signal.h"
#include "kernel/test/lock_test.h"
#include "lib/errno.h"

static DECLARE_RWSEM(static_rwsem);

static void expect_free(struct rw_semaphore *sem)
{
	EXPECT_EQ(atomic_read(&sem->count), 0);
	EXPECT(!READ_ONCE(sem->owner));
	EXPECT(list_empty(&sem->wait_list));
	EXPECT(!osq_is_locked(&sem->osq));
	EXPECT(!rwsem_is_locked(sem));
	EXPECT(!rwsem_is_contended(sem));
}

static void expect_written(struct rw_semaphore *sem)
{
	EXPECT_EQ(atomic_read(&sem->count), RWSEM_WRITER);
	EXPECT(READ_ONCE(sem->owner) == current);
	EXPECT(rwsem_is_locked(sem));
	up_write(sem);
	expect_free(sem);
}

static void expect_read(struct rw_semaphore *sem)
{
	EXPECT_EQ(atomic_read(&sem->count), 1);
	EXPECT(!READ_ONCE(sem->owner));
	EXPECT(rwsem_is_locked(sem));
	EXPECT_EQ(down_write_trylock(sem), 0);
	EXPECT_EQ(down_read_trylock(sem), 1);
	EXPECT_EQ(atomic_read(&sem->count), 2);
	up_read(sem);
	EXPECT_EQ(atomic_read(&sem->count), 1);
	up_read(sem);
	expect_free(sem);
}

TEST(rwsem_word)
{
	struct rw_semaphore sem;

	init_rwsem(&sem);
	expect_free(&sem);
	down_read(&sem);
	EXPECT_CONTEXT(false, 0);
	expect_read(&sem);
	EXPECT_EQ(down_read_interruptible(&sem), 0);
	expect_read(&sem);
	EXPECT_EQ(down_read_killable(&sem), 0);
	expect_read(&sem);
	down_read_nested(&sem, 1);
	expect_read(&sem);
	EXPECT_EQ(down_read_trylock(&sem), 1);
	expect_read(&sem);

	down_write(&sem);
	EXPECT_CONTEXT(false, 0);
	expect_written(&sem);
	EXPECT_EQ(down_write_killable(&sem), 0);
	expect_written(&sem);
	down_write_nested(&sem, 1);
	expect_written(&sem);
	EXPECT_EQ(down_write_trylock(&sem), 1);
	expect_written(&sem);

	down_write(&static_rwsem);
	downgrade_write(&static_rwsem);
	expect_read(&static_rwsem);
}

/* A thread that wants it in one of the forms, notes what it found inside, and gives it back. */
struct hall {
	struct rw_semaphore sem;
	atomic_t entered; /* how many have come in up to now */
	atomic_t readers; /* how many of them read */
	int together;     /* no reader leaves before so many have come in */
};

struct guest {
	struct hall *hall;
	int (*enter)(struct rw_semaphore *sem);
	bool reads;
	struct actor actor;
	int place;
};

static int enter_read(struct rw_semaphore *sem)
{
	down_read(sem);
	return 0;
}

static int enter_read_interruptible(struct rw_semaphore *sem)
{
	return down_read_interruptible(sem);
}

static int enter_read_killable(struct rw_semaphore *sem)
{
	return down_read_killable(sem);
}

static int enter_write(struct rw_semaphore *sem)
{
	down_write(sem);
	return 0;
}

static int enter_write_killable(struct rw_semaphore *sem)
{
	return down_write_killable(sem);
}

static int visit(void *arg)
{
	struct guest *guest = arg;
	struct hall *hall = guest->hall;
	int error;

	allow_signal(SIGINT);
	allow_signal(SIGKILL);
	error = guest->enter(&hall->sem);
	EXPECT_EQ(READ_ONCE(current->__state), TASK_RUNNING);
	EXPECT(!READ_ONCE(current->blocked_on));
	EXPECT_EQ(READ_ONCE(hall->sem.owner) == current, !error && !guest->reads);
	if (error)
		return error;
	guest->place = atomic_inc_return(&hall->entered);
	if (guest->reads) {
		atomic_inc(&hall->readers);
		EXPECT(WAIT_UNTIL(atomic_read(&hall->readers) >= READ_ONCE(hall->together)));
		up_read(&hall->sem);
	} else {
		up_write(&hall->sem);
	}
	return 0;
}

static void hall_init(struct hall *hall, int together)
{
	*hall = (struct hall){ .together = together };
	init_rwsem(&hall->sem);
}

/* Start @guest and wait until it sleeps, for the semaphore that the caller holds. */
static bool guest_queues(struct guest *guest, struct hall *hall,
			 int (*enter)(struct rw_semaphore *sem))
{
	*guest = (struct guest){ .hall = hall, .enter = enter };
	guest->reads = enter != enter_write && enter != enter_write_killable;
	if (!actor_start(&guest->actor, visit, guest, ANY_CPU) || !actor_sleeps(&guest->actor))
		return false;
	EXPECT(rwsem_is_contended(&hall->sem));
	EXPECT_EQ(down_read_trylock(&hall->sem), 0);
	return EXPECT(READ_ONCE(guest->actor.task->blocked_on) == &hall->sem);
}

static bool is_waiting(const struct guest *guest)
{
	return actor_is_asleep(&guest->actor, TASK_UNINTERRUPTIBLE | TASK_INTERRUPTIBLE) &&
	       READ_ONCE(guest->actor.task->blocked_on) == &guest->hall->sem;
}

/* What @enter returns when signal @sig, or if that is 0 a release, comes while it sleeps. */
static int wait_until(int (*enter)(struct rw_semaphore *sem), int sig)
{
	struct hall hall;
	struct guest guest;
	int result;

	hall_init(&hall, 1);
	down_write(&hall.sem);
	if (guest_queues(&guest, &hall, enter) && sig) {
		send_sig(sig, guest.actor.task, 0);
		result = actor_join(&guest.actor);
		EXPECT_EQ(atomic_read(&hall.sem.count), RWSEM_WRITER);
		up_write(&hall.sem);
	} else {
		up_write(&hall.sem);
		result = actor_join(&guest.actor);
	}
	expect_free(&hall.sem);
	return result;
}

/* The same when @sig, and a wake-up by mistake, must not end it, and a release does. */
static int wait_in_spite_of(int (*enter)(struct rw_semaphore *sem), int sig)
{
	struct hall hall;
	struct guest guest;

	hall_init(&hall, 1);
	down_write(&hall.sem);
	if (guest_queues(&guest, &hall, enter)) {
		send_sig(sig, guest.actor.task, 0);
		wake_up_process(guest.actor.task);
		actor_sleeps(&guest.actor);
		EXPECT(!READ_ONCE(guest.actor.ended));
	}
	up_write(&hall.sem);
	return actor_join(&guest.actor);
}

TEST(rwsem_is_released_later)
{
	EXPECT_EQ(wait_until(enter_read, 0), 0);
	EXPECT_EQ(wait_until(enter_read_interruptible, 0), 0);
	EXPECT_EQ(wait_until(enter_read_killable, 0), 0);
	EXPECT_EQ(wait_until(enter_write, 0), 0);
	EXPECT_EQ(wait_until(enter_write_killable, 0), 0);
}

TEST(rwsem_and_signals)
{
	EXPECT_EQ(wait_until(enter_read_interruptible, SIGINT), -EINTR);
	EXPECT_EQ(wait_until(enter_read_interruptible, SIGKILL), -EINTR);
	EXPECT_EQ(wait_until(enter_read_killable, SIGKILL), -EINTR);
	EXPECT_EQ(wait_until(enter_write_killable, SIGKILL), -EINTR);
	EXPECT_EQ(wait_in_spite_of(enter_read, SIGKILL), 0);
	EXPECT_EQ(wait_in_spite_of(enter_read_killable, SIGINT), 0);
	EXPECT_EQ(wait_in_spite_of(enter_write, SIGKILL), 0);
	EXPECT_EQ(wait_in_spite_of(enter_write_killable, SIGINT), 0);
}

#define GUESTS 5

/* Let them queue one after another, as @kinds says: 'r' to read, 'w' to write, killable both. */
static bool guests_queue(struct guest *guests, struct hall *hall, const char kinds[GUESTS])
{
	bool all = true;

	for (unsigned int i = 0; i < GUESTS; i++) {
		guests[i] = (struct guest){ .hall = hall };
		all = all &&
		      guest_queues(&guests[i], hall,
				   kinds[i] == 'r' ? enter_read_killable : enter_write_killable);
	}
	return all;
}

static void guests_end(struct guest *guests, struct hall *hall)
{
	for (unsigned int i = 0; i < GUESTS; i++)
		actor_join(&guests[i].actor);
	expect_free(&hall->sem);
}

/* A writer that comes before readers goes before them; the readers that wait then go in together, and the
 * writer between them after them. */
TEST(rwsem_serves_in_order)
{
	struct hall hall;
	struct guest guests[GUESTS];

	hall_init(&hall, 3);
	down_write(&hall.sem);
	guests_queue(guests, &hall, "wrrwr");
	EXPECT_EQ(atomic_read(&hall.entered), 0);
	up_write(&hall.sem);
	guests_end(guests, &hall);
	EXPECT_EQ(guests[0].place, 1);
	EXPECT_EQ(guests[1].place + guests[2].place + guests[4].place, 2 + 3 + 4);
	EXPECT_EQ(guests[3].place, 5);
}

TEST(rwsem_serves_writers_in_order)
{
	struct hall hall;
	struct guest guests[GUESTS];

	hall_init(&hall, 0);
	down_read(&hall.sem);
	guests_queue(guests, &hall, "wwwww");
	up_read(&hall.sem);
	guests_end(guests, &hall);
	for (int i = 0; i < GUESTS; i++)
		EXPECT_EQ(guests[i].place, i + 1);
}

/* While readers are inside and a writer waits, no other reader comes in: it would pass the writer. */
TEST(rwsem_readers_do_not_pass_a_writer)
{
	struct hall hall;
	struct guest guests[GUESTS];

	hall_init(&hall, 4);
	down_read(&hall.sem);
	down_read_nested(&hall.sem, SINGLE_DEPTH_NESTING); // No writer comes in between.
	guests_queue(guests, &hall, "wrrrr");
	up_read(&hall.sem);
	for (unsigned int i = 0; i < GUESTS; i++)
		EXPECT(!guests[i].actor.task || is_waiting(&guests[i]));
	up_read(&hall.sem);
	guests_end(guests, &hall);
	EXPECT_EQ(guests[0].place, 1);
}

/* A downgrade lets those readers in for whom the writer was all they waited for, and no writer. */
TEST(rwsem_downgrade_lets_readers_in)
{
	struct hall hall;
	struct guest guests[GUESTS];

	hall_init(&hall, 4);
	down_write(&hall.sem);
	guests_queue(guests, &hall, "rwrrr");
	downgrade_write(&hall.sem);
	EXPECT(WAIT_UNTIL(atomic_read(&hall.readers) == 4));
	EXPECT(!guests[1].actor.task || is_waiting(&guests[1]));
	EXPECT(atomic_read(&hall.sem.count) & RWSEM_READERS);
	up_read(&hall.sem);
	guests_end(guests, &hall);
	EXPECT_EQ(guests[1].place, 5);
}

TEST(rwsem_downgrade_lets_nobody_pass_a_writer)
{
	struct hall hall;
	struct guest guests[GUESTS];

	hall_init(&hall, 3);
	down_write(&hall.sem);
	guests_queue(guests, &hall, "wrrwr");
	downgrade_write(&hall.sem);
	EXPECT_EQ(atomic_read(&hall.sem.count), RWSEM_CONTENDED + 1);
	for (unsigned int i = 0; i < GUESTS; i++)
		EXPECT(!guests[i].actor.task || is_waiting(&guests[i]));
	up_read(&hall.sem);
	guests_end(guests, &hall);
	EXPECT_EQ(guests[0].place, 1);
	EXPECT_EQ(guests[3].place, 5);
}

/* A writer that leaves the head of the queue was all that kept the readers behind it from those inside. */
TEST(rwsem_leaving_writer_lets_readers_in)
{
	struct hall hall;
	struct guest guests[GUESTS];

	hall_init(&hall, 3);
	down_read(&hall.sem);
	if (guests_queue(guests, &hall, "wrrwr")) {
		send_sig(SIGKILL, guests[0].actor.task, 0);
		EXPECT_EQ(actor_join(&guests[0].actor), -EINTR);
		guests[0].actor.task = NULL;
		EXPECT(WAIT_UNTIL(atomic_read(&hall.readers) == 3));
		EXPECT(is_waiting(&guests[3]));
	}
	up_read(&hall.sem);
	guests_end(guests, &hall);
	EXPECT_EQ(guests[3].place, 4);
}

/* Who leaves in the middle, or last, takes nothing along. */
TEST(rwsem_queue_may_be_left)
{
	static const unsigned int leave[] = { 1, 4, 0 };
	struct hall hall;
	struct guest guests[GUESTS];

	hall_init(&hall, 1);
	down_write(&hall.sem);
	if (guests_queue(guests, &hall, "rwwrr")) {
		for (unsigned int i = 0; i < ARRAY_SIZE(leave); i++) {
			send_sig(SIGKILL, guests[leave[i]].actor.task, 0);
			EXPECT_EQ(actor_join(&guests[leave[i]].actor), -EINTR);
			guests[leave[i]].actor.task = NULL;
		}
		EXPECT_EQ(atomic_read(&hall.entered), 0);
	}
	up_write(&hall.sem);
	guests_end(guests, &hall);
	EXPECT_EQ(guests[2].place, 1);
	EXPECT_EQ(guests[3].place, 2);
}
