/* torture_thread.c: the body: taking the lock, being inside, and checking what is seen there.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/sched/signal.h"
#include "kernel/test/torture_body.h"

bool torture_take_nothing(struct torture_hold *hold)
{
	return true;
}

void torture_release_nothing(struct torture_hold *hold)
{
}

/* Any one of a list of ways. */
static const struct torture_way *any_way(struct torture_who *who, const struct torture_way *ways)
{
	u32 n = 0;

	while (ways[n].take)
		n++;
	return &ways[rand_below(&who->rand, n)];
}

/* Let others meet us inside, whatever holds the lock: who may give up the CPU does. */
static void linger_for_others(void)
{
	for (unsigned int i = 0; i < 10; i++) {
		if (preemptible())
			yield();
		else
			cpu_relax();
	}
}

static void linger_asleep(struct torture_who *who)
{
	struct cpumask mask = cpumask_of_cpu(test_cpu(rand_below(&who->rand, NR_CPUS)));

	if (rand_below(&who->rand, 4)) {
		usleep_range(10, 50 + rand_below(&who->rand, 200));
		return;
	}
	set_cpus_allowed_ptr(current, &mask);
	cpumask_setall(&mask);
	set_cpus_allowed_ptr(current, &mask);
}

/* Be inside for a random time. Preemption is off exactly if the lock turned it off. */
static void linger(struct torture_who *who)
{
	switch (rand_below(&who->rand, 16)) {
	case 0:
	case 1:
		linger_for_others();
		break;
	case 2:
		torture_spin(rand_below(&who->rand, 500));
		break;
	case 3:
	case 4:
		if (preemptible())
			linger_asleep(who);
		break;
	default:
		torture_spin(rand_below(&who->rand, 8));
	}
}

/* Whoever is inside alone looks whether it is its turn, and updates the data. */
static void update_alone(struct torture_who *who, struct torture_hold *hold)
{
	struct torture *torture = who->torture;
	unsigned long updated;
	// Plain, so that the race detector sees who else is inside; but of a twin that is expected.
	u32 turn = torture->ops->broken ? READ_ONCE(torture->served) : torture->served;

	WRITE_ONCE(torture->served, turn + 1);
	if (torture->ops->turn && (u16)torture->ops->turn(hold) != (u16)turn)
		torture_fail(torture, "%s is served with ticket %u, and it is the turn of %u",
			     who->name, (u16)torture->ops->turn(hold), (u16)turn);
	guarded_update(hold->data);
	who->updates++;
	updated = READ_ONCE(hold->data->words[0]);
	linger(who);
	guarded_look(hold->data);
	if (READ_ONCE(hold->data->words[0]) != updated)
		torture_fail(torture, "while %s was inside another one updated", who->name);
}

static void be_writer(struct torture_who *who, struct torture_hold *hold)
{
	struct torture *torture = who->torture;
	int others = atomic_fetch_add(1, &torture->writers);
	int readers = torture->ops->readers_see_writers ? 0 : atomic_read(&torture->readers);

	if (others >= (int)torture_units(torture) || readers)
		torture_fail(torture, "%s enters, and finds %d writers and %d readers inside",
			     who->name, others, readers);
	if (torture_units(torture) == 1)
		update_alone(who, hold);
	else
		linger(who);
	atomic_dec(&torture->writers);
}

/* The words as a reader saw them, one after the other. */
static void be_reader(struct torture_who *who, struct torture_hold *hold, unsigned long *seen)
{
	struct torture *torture = who->torture;
	int writers;

	atomic_inc(&torture->readers);
	writers = torture->ops->readers_see_writers ? 0 : atomic_read(&torture->writers);
	if (writers)
		torture_fail(torture, "%s enters as a reader, and finds %d writers inside",
			     who->name, writers);
	for (unsigned int i = 0; i < GUARDED_WORDS; i++) {
		seen[i] = READ_ONCE(hold->data->words[i]);
		if (i == 0)
			linger(who);
	}
	atomic_dec(&torture->readers);
}

static void check_seen(struct torture_who *who, const unsigned long *seen)
{
	for (unsigned int i = 1; i < GUARDED_WORDS; i++)
		if (seen[i] != seen[0])
			torture_fail(who->torture, "%s read %lu and %lu in one look", who->name,
				     seen[0], seen[i]);
}

/* Inside: from here to the release the lock is held. */
static void be_inside(struct torture_who *who, const struct torture_way *way, bool reads,
		      struct torture_hold *hold)
{
	unsigned long seen[GUARDED_WORDS];
	bool valid;

	if (reads) {
		be_reader(who, hold, seen);
		valid = !way->valid || way->valid(hold);
		way->release(hold);
		if (valid)
			check_seen(who, seen);
	} else {
		be_writer(who, hold);
		way->release(hold);
	}
	WRITE_ONCE(who->taken, who->taken + 1);
}

static enum torture_phase phase_of(const struct torture_way *way)
{
	switch (way->patience) {
	case WAY_WAITS:
		return AT_WAITS;
	case WAY_SIGNAL:
		return AT_SIGNAL;
	default:
		return AT_BY_ITSELF;
	}
}

/* Say in which phase of which operation this thread is. [P] pairs with [Q] in waits_asleep() */
static void say(struct torture_thread *self, enum torture_phase phase)
{
	smp_store_release(&self->at, (self->at & ~AT_PHASE) | phase);
}

static void operate(struct torture_thread *self)
{
	struct torture *torture = self->who.torture;
	const struct torture_ops *ops = torture->ops;
	const struct torture_way *way =
		any_way(&self->who, self->reads ? ops->readers : ops->writers);
	struct torture_hold hold = { .data = &torture->data };

	jitter_here(&self->who);
	self->started = (u64)atomic64_inc_return(&torture->stamp);
	WRITE_ONCE(self->at, self->at + AT_NEXT);
	WRITE_ONCE(self->way, way->name);
	say(self, phase_of(way));
	if (way->take(&hold)) {
		say(self, AT_INSIDE);
		if (ops->in_order)
			torture_order(self);
		be_inside(&self->who, way, self->reads, &hold);
	}
	say(self, AT_REST);
	flush_signals(current);
	jitter_here(&self->who);
}

/* Sleep until the next round begins. */
static void rest(struct torture_thread *self)
{
	struct torture *torture = self->who.torture;

	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(torture->round) != self->parked || READ_ONCE(torture->end))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

int torture_thread(void *arg)
{
	struct torture_thread *self = arg;
	struct torture *torture = self->who.torture;

	allow_signal(SIGUSR1);
	allow_signal(SIGKILL);
	sched_set_prio(current, torture_any_prio(&self->who.rand));
	jitter_enter(self);
	for (rest(self); !READ_ONCE(torture->end); rest(self)) {
		do {
			operate(self);
		} while (!READ_ONCE(torture->over));
		smp_store_release(&self->parked, READ_ONCE(torture->round));
	}
	jitter_leave(self);
	return 0;
}

#define PERIOD_US 200 /* at least, between two calls of a handler, */
#define BACK_OFF  8   /* and so many times as long as the last one took */

/*
 * When a handler that began at @began is to be called again. Who had to wait long stays away longer: where
 * virtual CPUs share few real ones, a lock that is handed on in order of arrival moves slowly, and handlers
 * that came back regardless would fill its queue, and leave the threads no CPU.
 */
static u64 next_call(struct torture_handler *self, u64 began)
{
	u64 now = clock_ns();

	return now + BACK_OFF * (now - began) +
	       (PERIOD_US + rand_below(&self->who.rand, 2000)) * NSEC_PER_USEC;
}

/* Take the lock in a handler, and have it called again. */
static void handle(struct torture_handler *self)
{
	struct torture *torture = self->who.torture;
	const struct torture_ops *ops = torture->ops;
	bool reads = ops->irq_readers && (!ops->irq_writers || rand_below(&self->who.rand, 2));
	struct torture_hold hold = { .data = &torture->data };
	const struct torture_way *way =
		any_way(&self->who, reads ? ops->irq_readers : ops->irq_writers);
	u64 began = clock_ns();

	if (way->take(&hold))
		be_inside(&self->who, way, reads, &hold);
	timer_start(&self->timer, next_call(self, began));
}

void torture_softirq(struct tasklet_struct *softirq)
{
	struct torture_handler *self = from_tasklet(self, softirq, softirq);

	handle(self);
}

void torture_handler(struct ktimer *timer)
{
	struct torture_handler *self = container_of(timer, struct torture_handler, timer);

	if (READ_ONCE(self->who.torture->over))
		return;
	if (self->who.torture->ops->irq_is_soft)
		tasklet_schedule(&self->softirq);
	else
		handle(self);
}
