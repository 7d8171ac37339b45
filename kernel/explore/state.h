/* state.h: states of a whole scenario: one local state a thread, and what is in the shared words. Internal to the
 * explorer.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/explore/local.h"
#include "kernel/explore/memory.h"

struct state {
	u64 hash; /* of all of it */
	struct local *local[EXPLORE_THREADS];
	u64 words[MEMORY_WORDS]; /* as many as memory_words() says are in use */
};

#define MOVE_STEPS_MAX (2U * STORES_MAX)

/* What is done to a state at a time: the deed of an actor, and what goes with it, since one order is enough (moves.h). */
struct move {
	u8 actor;
	u8 first;   /* before a store becomes visible, so many older ones of the same thread do */
	bool hides; /* after it, its thread takes all hidden steps that come next */
	/* What state_step() has to say: */
	bool yielded; /* it ended in a `pause` */
	u32 steps;    /* taken, or begun, if it failed */
	u32 instructions;
};

/*
 * state_begin - begin @scenario, and leave in @state what stage_begin() makes of it.
 * state_size - how many bytes of a struct state are in use.
 * state_hash - two states with the same are taken for one.
 * state_enabled - @actor can take a step in @state.
 * state_step - @move is done, in place, by an actor who is enabled. Returns STEP_FAILED and leaves why in stage_failure();
 *   STEP_RESTART; STEP_NO_MEMORY; the state is not to be used then.
 * state_back - make @state, which was a copy of @before when the last move was done in it, that again.
 * state_end - if nobody is enabled: as stage_end().
 * Never sleep. Between stage_enter() and stage_leave().
 */
enum outcome state_begin(const struct scenario *scenario, bool tso, struct state *state);
size_t state_size(void);
u64 state_hash(const struct state *state);
bool state_enabled(const struct state *state, u32 actor);
enum outcome state_step(struct state *state, struct move *move);
void state_back(struct state *state, const struct state *before);
enum outcome state_end(const struct state *state);
