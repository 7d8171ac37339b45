/* parallel.h: whether the CPUs really run at the same time.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

/*
 * parallel_check - find out, and say so in the log. Spins for less than a millisecond where they do and for
 * up to two seconds where they do not. Thread context, interrupts on, once, when all CPUs are online.
 * cpus_run_in_parallel - what it found; false with one CPU. Any context.
 */
void parallel_check(void);
bool cpus_run_in_parallel(void);
