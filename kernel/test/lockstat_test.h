/* lockstat_test.h: what the tests of the lock statistics share.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/lockdep_internal.h"
#include "kernel/locking/lockstat.h"
#include "kernel/test/sched_test.h"

#if CONFIG_CHECKED

#define ROUNDS 100

/* stats_on, stats_as_before - count for this test; then as it was. */
void stats_on(void);
void stats_as_before(void);

/* What was counted of a class: its number, its row, how often somebody found the lock taken. */
u16 class_of(struct lockdep_map *map);
struct lockstat_row row_of(struct lockdep_map *map, bool read);
u64 times_contended(struct lockdep_map *map);

/* This thread runs on CPU @cpu only; on any. */
void stay_on(u32 cpu);
void stay_anywhere(void);

/* The figures agree with one another, and are of @n events, or of one; of acquisitions by these paths. */
void expect_times(const struct lockstat_times *times, u64 n);
void expect_bucket(const struct lockstat_times *times);
void expect_paths(const struct lockstat_row *row, u64 fast, u64 spun, u64 slept);
void expect_quiet(const struct lockstat_row *row, u64 n, u64 bounces);

#endif
