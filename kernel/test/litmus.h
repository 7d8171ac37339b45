/* litmus.h: two CPUs make a few accesses each, at the same moment, again and again: what did they see?
 * SPDX-License-Identifier: MIT
 *
 * Store buffering: each CPU stores to its own word and reads the other's. Without a full barrier
 * between the two, both may read the old value: their stores still wait in the store buffers. The two
 * instructions must be neighbours: a call between them would give the store all the time it needs.
 */
#pragma once

#include "lib/types.h"

#define LITMUS_ROUNDS     10000 /* at most */
#define LITMUS_MIN_ROUNDS 100   /* made however long it takes */

/* What one side has in one round; all zero at first. */
struct litmus_cell {
	unsigned long words[2];
};

/* One side's accesses; returns what it saw. No call that is not inline. */
typedef u64 (*litmus_access)(struct litmus_cell *mine, struct litmus_cell *others);

/*
 * litmus_run - run @a on test_cpu(0) and @b on test_cpu(1), at the same time, and count the rounds in which @wrong(what @a saw,
 *   what @b saw); *@rounds is how many were made. litmus_go_on - whether a test that has made @round rounds
 *   makes one more, up to @deadline in nanoseconds. litmus_both_old - for two that return 0 when they
 *   saw the old value: both did.
 * Sleep. Thread context, at least two CPUs that run in parallel.
 */
unsigned int litmus_run(litmus_access a, litmus_access b, bool (*wrong)(u64 a, u64 b),
			unsigned int *rounds);
bool litmus_go_on(unsigned int round, u64 deadline);
bool litmus_both_old(u64 a, u64 b);

/* litmus_expect_none - the same; none may be wrong. */
void litmus_expect_none(litmus_access a, litmus_access b, bool (*wrong)(u64 a, u64 b));
