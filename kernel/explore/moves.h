/* moves.h: which moves of a state lead to all that can go wrong. Internal to the explorer.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/explore/state.h"

#define MOVES_MAX (DEEDS * EXPLORE_THREADS)

/*
 * moves_all - every actor that is enabled in @state takes one step. Fills in @moves; returns how many there are.
 * moves_enough - fewer, of more steps: nothing that can go wrong is missed by a search that makes only these, nor an end.
 * Never sleep. Between stage_enter() and stage_leave().
 */
u32 moves_all(const struct state *state, struct move moves[MOVES_MAX]);
u32 moves_enough(const struct state *state, struct move moves[MOVES_MAX]);
