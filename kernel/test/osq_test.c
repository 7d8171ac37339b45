/* osq_test.c: the queue of optimistic spinners: one at a time has its turn, and any may leave.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/osq.h"

#include "kernel/sched/runqueue.h"
#include "kernel/test/lock_test.h"
#include "lib/string.h"

#define MS    100 /* of contention, */
#define LEAST 60  /* and so many turns asked for by all threads, however long they take */

TEST(osq_alone)
{
	struct osq osq = OSQ_UNLOCKED;

	EXPECT(!osq_is_locked(&osq));
	preempt_disable();
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT(osq_lock(&osq));
		EXPECT(osq_is_locked(&osq));
		EXPECT_EQ(atomic_read(&osq.tail), smp_processor_id() + 1);
		osq_unlock(&osq);
		EXPECT(!osq_is_locked(&osq));
	}
	preempt_enable();
}

struct contention {
	struct osq osq;
	struct effort effort; /* of each thread */
	bool disturb;         /* those whose turn it is have others leave the queue */
	struct guarded data;
	atomic_t asked; /* how often somebody wanted a turn */
	atomic_t left;  /* how often somebody left */
};

/* Have some CPU choose its thread anew: if it waits in the queue it leaves. */
static void disturb_one(unsigned int i)
{
	u32 cpu = test_cpu(i * 7);

	if (cpu != smp_processor_id())
		resched_cpu(cpu);
}

/* Returns how many turns it had. */
static int take_turns(void *arg)
{
	struct contention *contention = arg;
	int turns = 0;

	for (unsigned int i = 0; effort_goes_on(&contention->effort, i); i++) {
		atomic_inc(&contention->asked);
		preempt_disable();
		if (osq_lock(&contention->osq)) {
			turns++;
			guarded_update(&contention->data);
			if (contention->disturb && i % 3 == 0)
				disturb_one(i);
			osq_unlock(&contention->osq);
		} else {
			EXPECT(need_resched());
			atomic_inc(&contention->left);
		}
		preempt_enable();
	}
	return turns;
}

static void check_contention(struct contention *contention)
{
	unsigned int threads = 2 * num_online_cpus();
	long turns;

	contention->effort = effort_of(MS, LEAST, threads);
	turns = test_run_threads(threads, take_turns, contention);
	guarded_expect(&contention->data, (unsigned long)turns);
	EXPECT_EQ(turns + atomic_read(&contention->left), atomic_read(&contention->asked));
	EXPECT(!osq_is_locked(&contention->osq));
}

TEST(osq_excludes)
{
	struct contention contention = { .disturb = false };

	check_contention(&contention);
	EXPECT(contention.data.words[0] > 0);
}

TEST(osq_excludes_while_others_leave)
{
	struct contention contention = { .disturb = true };

	check_contention(&contention);
}

/*
 * A queue of CPUs, built one after another, each of which is then told to leave or served:
 * the first has its turn and directs the others. A CPU may be called by an interrupt that has been on
 * its way for long, and leave untold: then all go, and it is tried again.
 */
#define TRIES 20

struct procession {
	struct osq osq;
	atomic_t places;     /* the first to come here has the first turn */
	unsigned int turn;   /* who is to join the queue next */
	u32 cpu_of[NR_CPUS]; /* by place */
	atomic_t joined;
	int told_to_leave;
	atomic_t gone;
	unsigned int served;
	unsigned int order[NR_CPUS];
	bool (*leaves)(unsigned int place, unsigned int last);
};

static bool join_and_wait(struct procession *procession, unsigned int place)
{
	bool my_turn;

	preempt_disable();
	procession->cpu_of[place] = smp_processor_id();
	atomic_inc(&procession->joined);
	my_turn = osq_lock(&procession->osq);
	if (my_turn) {
		procession->order[procession->served++] = place;
		osq_unlock(&procession->osq);
	} else {
		atomic_inc(&procession->gone);
	}
	preempt_enable();
	return my_turn;
}

/* Whether that one stands at the tail. */
static bool is_last(struct procession *procession, unsigned int place)
{
	return atomic_read(&procession->joined) == (int)place &&
	       atomic_read(&procession->osq.tail) == (int)procession->cpu_of[place] + 1;
}

static int gone(struct procession *procession)
{
	return atomic_read(&procession->gone);
}

/* Called in turn: let all join, then have some leave; the others are served when we are done. */
static void direct(struct procession *procession)
{
	unsigned int last = num_online_cpus() - 1;

	for (unsigned int place = 1; place <= last; place++) {
		WRITE_ONCE(procession->turn, place);
		EXPECT(SPIN_UNTIL(is_last(procession, place) || gone(procession)));
	}
	for (unsigned int place = 1; place <= last; place++) {
		if (!procession->leaves(place, last))
			continue;
		procession->told_to_leave++;
		resched_cpu(procession->cpu_of[place]);
		EXPECT(SPIN_UNTIL(gone(procession) >= procession->told_to_leave));
	}
	EXPECT_EQ(procession->served, 0);
}

static int walk(void *arg)
{
	struct procession *procession = arg;
	unsigned int place = (unsigned int)atomic_fetch_add(1, &procession->places);

	if (place == 0) {
		preempt_disable();
		if (EXPECT(osq_lock(&procession->osq))) {
			direct(procession);
			osq_unlock(&procession->osq);
		}
		preempt_enable();
		return 0;
	}
	if (!EXPECT(WAIT_UNTIL(READ_ONCE(procession->turn) >= place)))
		return 0;
	return join_and_wait(procession, place);
}

static bool nobody(unsigned int place, unsigned int last)
{
	return place > last;
}

static bool the_last(unsigned int place, unsigned int last)
{
	return place == last;
}

static bool every_second(unsigned int place, unsigned int last)
{
	return place < last && place % 2;
}

static bool everybody(unsigned int place, unsigned int last)
{
	return place <= last;
}

/* Returns whether only those left who were told to. */
static bool walk_once(struct procession *procession,
		      bool (*leaves)(unsigned int place, unsigned int last))
{
	memset(procession, 0, sizeof(*procession));
	procession->leaves = leaves;
	test_run_on_cpus(walk, procession);
	EXPECT(!osq_is_locked(&procession->osq));
	EXPECT_EQ(procession->served + (unsigned int)gone(procession), num_online_cpus() - 1);
	return gone(procession) == procession->told_to_leave;
}

/* Those who do not leave are served in the order in which they came. */
static void check_procession(bool (*leaves)(unsigned int place, unsigned int last))
{
	static struct procession procession;
	unsigned int expected = 0;
	unsigned int tries = 1;

	while (!walk_once(&procession, leaves) && tries < TRIES)
		tries++;
	for (unsigned int place = 1; place < num_online_cpus(); place++) {
		if (!leaves(place, num_online_cpus() - 1))
			EXPECT_EQ(procession.order[expected++], place);
	}
	EXPECT_EQ(procession.served, expected);
}

TEST(osq_serves_in_order)
{
	if (num_online_cpus() < 2)
		SKIP("nobody can queue while the only CPU has its turn");
	check_procession(nobody);
}

TEST(osq_may_be_left)
{
	if (num_online_cpus() < 2)
		SKIP("nobody can queue while the only CPU has its turn");
	check_procession(the_last);
	check_procession(every_second);
	check_procession(everybody);
}
