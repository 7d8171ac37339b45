/* config.h: the sizes and choices of this build.
 * SPDX-License-Identifier: MIT
 */
#pragma once

/* The profile, from the Makefile: 1 in `checked` (owner checks, assertions, UBSan), 0 in `fast`. */
#ifndef CONFIG_CHECKED
#error "CONFIG_CHECKED is 0 or 1: build with make PROFILE=checked, fast or race"
#endif

/* PROFILE=race: `checked`, and the race detector (kernel/debug/race.c). */
#ifndef CONFIG_RACE
#define CONFIG_RACE 0
#endif
#define CONFIG_PROFILE (CONFIG_RACE ? "race" : CONFIG_CHECKED ? "checked" : "fast")

/* make UP=1: a kernel for one CPU. make RWLOCK=fair|reader: which rwlock. kernel/locking/spin/word.h */
#ifndef CONFIG_UP
#define CONFIG_UP 0
#endif
#ifndef CONFIG_RWLOCK_FAIR
#define CONFIG_RWLOCK_FAIR 1
#endif

#define NR_CPUS       256  /* CPU numbers are 0..255; xAPIC ids end at 254 */
#define HZ            1000 /* jiffies a second; there is no tick behind them, only the clock */
#define TIME_SLICE_NS 10000000ULL /* a thread's turn among others of its priority: 10 ms */
