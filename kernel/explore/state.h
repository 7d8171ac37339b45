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

/*
 * state_begin - begin @scenario, and leave in @state what stage_begin() makes of it.
 * state_size - how many bytes of a struct state are in use.
 * state_hash - two states with the same are taken for one.
 * state_enabled - @actor can take a step in @state.
 * state_step - it takes the step, in place; *made says which. Returns STEP_FAILED and leaves why in stage_failure();
 *   STEP_RESTART; STEP_NO_MEMORY; the state is not to be used then.
 * state_back - make @state, which was a copy of @before when the last step was taken in it, that again.
 * state_end - if nobody is enabled: as stage_end().
 * Never sleep. Between stage_enter() and stage_leave().
 */
enum outcome state_begin(const struct scenario *scenario, bool tso, struct state *state);
size_t state_size(void);
u64 state_hash(const struct state *state);
bool state_enabled(const struct state *state, u32 actor);
enum outcome state_step(struct state *state, u32 actor, const struct transition **made);
void state_back(struct state *state, const struct state *before);
enum outcome state_end(const struct state *state);
