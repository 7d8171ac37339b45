/* lockstat_report.h: turning the statistics of locks on, and their table.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/config.h"
#include "lib/types.h"

struct lockstat_row;

#if CONFIG_CHECKED

/* lock_stat_format - a row of the table, without its end of line. Any context. */
void lock_stat_format(char *line, size_t size, const char *name, const struct lockstat_row *row);

/*
 * lock_stat_start - count from now on. Returns 0, or -ENOMEM: each CPU needs lockstat_cpu_size() bytes, which it
 *   keeps. lock_stat_stop - count no more; what was counted stays.
 * lock_stat_clear - all counts become 0. lock_stat_print - print them, as Linux's lock_stat does, and more.
 * Never sleep. Thread context, interrupts on; one thread at a time.
 */
int lock_stat_start(void);
void lock_stat_stop(void);
void lock_stat_clear(void);
void lock_stat_print(void);

#else

static inline int lock_stat_start(void)
{
	return 0;
}

static inline void lock_stat_stop(void)
{
}

static inline void lock_stat_clear(void)
{
}

static inline void lock_stat_print(void)
{
}

#endif
