/* What every host test needs: cmocka, and the seed of its pseudo-random choices. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/rand.h"

/* SEED in the environment repeats a run; a failing test names its seed. */
static inline unsigned long long test_seed(void)
{
	const char *seed = getenv("SEED");

	return seed ? strtoull(seed, NULL, 0) : 1;
}

/* Fails, and says which seed and which round of the test showed it. */
#define fail_in_round(round, ...)                                                                  \
	do {                                                                                       \
		print_error("SEED=%llu, round %lu: ", test_seed(), (unsigned long)(round));        \
		fail_msg(__VA_ARGS__);                                                             \
	} while (0)
