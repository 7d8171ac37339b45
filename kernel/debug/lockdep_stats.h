/* lockdep_stats.h: what the validator knows, in numbers and names.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/config.h"

/* lockdep_stats_print - print the classes that the validator knows, each with the number of those that were taken while it
 * was held, and in which contexts it is used. Never sleeps. Thread context. */
#if CONFIG_CHECKED
void lockdep_stats_print(void);
#else
static inline void lockdep_stats_print(void)
{
}
#endif
