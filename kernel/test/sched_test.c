/* sched_test.c: threads that count how often they run, for the tests of the scheduler.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/sched_test.h"

static int noter_run(void *arg)
{
	struct noter *noter = arg;

	sched_set_prio(current, noter->prio);
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(noter->end))
			break;
		schedule();
		WRITE_ONCE(noter->runs, noter->runs + 1);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

bool noter_start(struct noter *noter, u32 cpu, int prio)
{
	*noter = (struct noter){ .prio = prio };
	return actor_start(&noter->actor, noter_run, noter, cpu) && actor_sleeps(&noter->actor);
}

void noter_wake(struct noter *noter)
{
	EXPECT(wake_up_process(noter->actor.task));
}

u32 noter_runs(const struct noter *noter)
{
	return READ_ONCE(noter->runs);
}

void noter_end(struct noter *noter)
{
	WRITE_ONCE(noter->end, true);
	wake_up_process(noter->actor.task);
	actor_join(&noter->actor);
}

struct errand {
	int prio;
	void (*fn)(void *arg);
	void *arg;
};

static int errand_run(void *arg)
{
	struct errand *errand = arg;

	sched_set_prio(current, errand->prio);
	errand->fn(errand->arg);
	return 0;
}

void run_at(u32 cpu, int prio, void (*fn)(void *arg), void *arg)
{
	struct errand errand = { prio, fn, arg };
	struct actor actor;

	if (actor_start(&actor, errand_run, &errand, cpu))
		actor_join(&actor);
}
