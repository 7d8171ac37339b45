/* wait_loop.h: whether code is a loop that only looks.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

/*
 * is_wait_loop - whether the code from @low to behind @high, both where instructions begin, is a loop that writes no
 *   memory and calls nothing, as `while (!READ_ONCE(flag)) cpu_relax();`. Only the plain kinds are known: of others it says
 *   no. Never sleeps. Any context.
 */
bool is_wait_loop(const u8 *low, const u8 *high);
