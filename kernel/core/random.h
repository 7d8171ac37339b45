/* random.h: pseudo-random numbers, under Linux's names.
 * SPDX-License-Identifier: MIT
 *
 * They come from SEED, so that a run can be repeated: none of them is a secret. The numbers are the same each
 * time; which thread gets which depends on who asks first. Who needs his own sequence takes a struct rnd_state.
 */
#pragma once

#include "lib/rand.h"
#include "lib/types.h"

/* random_init - where the sequence begins. Boot CPU. */
void random_init(u64 seed);

/*
 * get_random_u64 - the next number. get_random_bytes - @size of them, as bytes.
 * get_random_u32_below - one from 0 to @limit - 1; 0 when @limit is 0. get_random_u32_inclusive - from @low to @high.
 * Never sleep. Any context.
 */
u64 get_random_u64(void);
void get_random_bytes(void *bytes, size_t size);
u32 get_random_u32_below(u32 limit);
u32 get_random_u32_inclusive(u32 low, u32 high);

static inline u32 get_random_u32(void)
{
	return (u32)get_random_u64();
}

#define get_random_u8()                 ((u8)get_random_u32())
#define get_random_u16()                ((u16)get_random_u32())
#define get_random_int()                get_random_u32()
#define get_random_long()               ((unsigned long)get_random_u64())
#define get_random_bytes_wait(to, size) (get_random_bytes((to), (size)), 0)
#define wait_for_random_bytes()         0
#define prandom_u32()                   get_random_u32()
#define prandom_u32_max(limit)          get_random_u32_below(limit)
#define prandom_bytes(bytes, size)      get_random_bytes((bytes), (size))

/* A sequence of one's own, which begins at a seed. It belongs to one thread or CPU. */
struct rnd_state {
	struct rand_state rand;
};

static inline void prandom_seed_state(struct rnd_state *state, u64 seed)
{
	rand_seed(&state->rand, seed);
}

static inline u32 prandom_u32_state(struct rnd_state *state)
{
	return (u32)rand_next(&state->rand);
}

void prandom_bytes_state(struct rnd_state *state, void *bytes, size_t size);
