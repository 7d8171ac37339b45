/* random.c: pseudo-random numbers.
 * SPDX-License-Identifier: MIT
 *
 * The generator (lib/rand.h) adds a constant to its state and mixes the sum. So any number of CPUs draw from
 * one sequence with one atomic addition each: whoever adds owns that place of the sequence.
 */
#include "kernel/core/random.h"

#include <arch/atomic.h>

#include "lib/macros.h"
#include "lib/string.h"

static atomic64_t state; /* [a] */

void random_init(u64 seed)
{
	atomic64_set(&state, (s64)seed);
}

u64 get_random_u64(void)
{
	struct rand_state mine = {
		.state = (u64)atomic64_fetch_add((s64)RAND_STEP, &state),
	};

	return rand_next(&mine);
}

u32 get_random_u32_below(u32 limit)
{
	return (u32)((u64)get_random_u32() * limit >> 32);
}

u32 get_random_u32_inclusive(u32 low, u32 high)
{
	return low + (u32)(((u64)high - low + 1) * get_random_u32() >> 32);
}

void get_random_bytes(void *bytes, size_t size)
{
	for (u8 *to = bytes; size;) {
		u64 number = get_random_u64();
		size_t part = min(size, sizeof(number));

		memcpy(to, &number, part);
		to += part;
		size -= part;
	}
}

void prandom_bytes_state(struct rnd_state *own, void *bytes, size_t size)
{
	for (u8 *to = bytes; size; size--)
		*to++ = (u8)prandom_u32_state(own);
}
