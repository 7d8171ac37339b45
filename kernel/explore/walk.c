/* walk.c: what a search falls back on when there are too many states.
 * SPDX-License-Identifier: MIT
 *
 * Every other way chooses each step at random among those that can be taken. The rest give each actor a priority, let
 * the highest go on as long as it can, and lower it at two steps chosen beforehand: a bug that needs three events in
 * one order, of n actors and k steps, is met with a probability of at least 1/(n*k*k) a way.
 * Source: S. Burckhardt et al., "A randomized scheduler with probabilistic guarantees of finding bugs" (PCT), ASPLOS 2010.
 */
#include "kernel/explore/walk.h"

#include "kernel/explore/graph.h"
#include "lib/rand.h"
#include "lib/string.h"

#define WAYS       2000U
#define MAX_ACTORS (3U * EXPLORE_THREADS)
#define CHANGES    2U
#define HIGH                                                                                       \
	(1U << 20) /* priorities from here on are those drawn; below are those of who was lowered */
#define ABOUT 200U /* steps of a way: where changes of priority are likely */

static struct state start, now;
static struct rand_state random;

/* The priorities of one way. */
static struct {
	u32 of[MAX_ACTORS]; /* the higher goes first */
	u32 lowest;
	u32 at[CHANGES]; /* before these steps */
	bool used;
} priorities;

static void draw_priorities(bool used)
{
	priorities.used = used;
	priorities.lowest = HIGH;
	for (u32 i = 0; i < MAX_ACTORS; i++)
		priorities.of[i] = HIGH + rand_below(&random, 1U << 16);
	for (u32 i = 0; i < CHANGES; i++)
		priorities.at[i] = rand_below(&random, ABOUT);
}

/* Who takes the next step, or NOBODY. */
static u32 choose(void)
{
	u32 chosen = NOBODY, n = 0;

	for (u32 actor = 0; actor < stage_actors(); actor++) {
		if (!state_enabled(&now, actor))
			continue;
		n++;
		if (chosen == NOBODY ||
		    (priorities.used ? priorities.of[actor] > priorities.of[chosen] :
				       !rand_below(&random, n)))
			chosen = actor;
	}
	return chosen;
}

/* As search.c counts them: another thread takes a step though @runs could go on, and did not wait. */
static bool is_preemption(u32 actor, u32 runs)
{
	return stage_thread_of(actor) == actor && runs != NOBODY && runs != actor &&
	       state_enabled(&now, runs);
}

/* One way to its end. */
static enum outcome walk(struct search_result *result)
{
	enum outcome outcome = STEP_OK;
	u32 runs = NOBODY; /* the thread that ran last, if it does not wait */

	memcpy(&now, &start, state_size());
	result->preemptions = 0;
	for (result->length = 0; result->length < SEARCH_PATH_MAX;) {
		u32 actor = choose();
		struct move move = { .actor = (u8)actor };

		if (actor == NOBODY)
			return state_end(&now);
		result->preemptions += is_preemption(actor, runs);
		result->path[result->length++] = (u8)actor;
		outcome = state_step(&now, &move);
		if (outcome != STEP_OK)
			return outcome;
		result->steps++;
		if (stage_thread_of(actor) == actor)
			runs = move.yielded ? NOBODY : actor;
		for (u32 i = 0; i < CHANGES; i++) {
			if (priorities.at[i] == result->length)
				priorities.of[actor] = --priorities.lowest;
		}
		// Who waits would wait for ever, as long as it goes first.
		if (move.yielded)
			priorities.of[actor] = --priorities.lowest;
	}
	return STEP_OK;
}

static enum outcome walk_all(const struct scenario *scenario, bool tso,
			     struct search_result *result, u32 *ways)
{
	enum outcome outcome;

	local_forget();
	outcome = state_begin(scenario, tso, &start);
	for (*ways = 0; *ways < WAYS && outcome == STEP_OK; ++*ways) {
		draw_priorities(*ways % 2);
		outcome = walk(result);
		search_breathe();
	}
	return outcome;
}

u32 walk_run(const struct scenario *scenario, bool tso, u64 seed, struct search_result *result)
{
	enum outcome outcome;
	u32 ways;

	do {
		rand_seed(&random, seed);
		outcome = walk_all(scenario, tso, result, &ways);
	} while (outcome == STEP_RESTART);
	if (outcome == STEP_FAILED) {
		result->kind = WRONG;
		result->failure = *stage_failure();
	}
	local_forget();
	return ways;
}
