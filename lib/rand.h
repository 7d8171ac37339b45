/* A tiny pseudo-random generator: the same seed gives the same numbers, everywhere. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/*
 * SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014,
 * figures 16 and 17, with the mixing constants of Stafford's variant 13. It passes through all 2^64
 * states, so any seed is good, 0 too. It is for repeatable tests and not for secrets.
 *
 * A state belongs to one thread or CPU; nothing here locks.
 */
#define RAND_STEP 0x9e3779b97f4a7c15ULL

struct rand_state {
	u64 state;
};

static inline void rand_seed(struct rand_state *rand, u64 seed)
{
	rand->state = seed;
}

static inline u64 rand_next(struct rand_state *rand)
{
	u64 mixed = rand->state += RAND_STEP;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
	return mixed ^ (mixed >> 31);
}

/*
 * A number from 0 to limit - 1; 0 when limit is 0. The scaled high half is taken, not a remainder:
 * for the limits tests use, all numbers are equally likely but for one part in 2^32 / limit.
 */
static inline u32 rand_below(struct rand_state *rand, u32 limit)
{
	return (u32)(((rand_next(rand) >> 32) * limit) >> 32);
}
