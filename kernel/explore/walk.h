/* walk.h: what a search falls back on when there are too many states.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/explore/search.h"

/*
 * walk_run - walk through @scenario at random, each way from its beginning to its end, from @seed. If a way is wrong, note
 *   it in @result. Returns how many ways were walked; the last is the wrong one.
 * Never sleeps. Between stage_enter() and stage_leave().
 */
u32 walk_run(const struct scenario *scenario, bool tso, u64 seed, struct search_result *result);
