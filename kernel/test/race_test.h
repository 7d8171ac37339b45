/* race_test.h: races that a test makes on purpose, and expects to be found.
 * SPDX-License-Identifier: MIT
 *
 * The names are those of the functions that access: noinline, so that they are where the report says.
 */
#pragma once

#include "kernel/debug/race.h"
#include "kernel/test/lock_test.h"

/* Whether two functions are expected to race, and what came of it. */
struct race_expectation {
	const char *f;  /* in either order */
	const char *g;  /* NULL: somebody unknown */
	atomic_t seen;  /* reports that were expected */
	atomic_t first; /* of them, those of two places that had not been reported before */
	struct race_report report; /* the last; stable once expect_race_end() has returned */
};

/*
 * expect_race_begin - from here on a race between @f and @g is counted and not reported, and accesses are
 *   watched much more often than usual. One expectation at a time.
 * expect_race_end - to here. Returns how many were seen.
 * Never sleep. Thread context.
 */
void expect_race_begin(struct race_expectation *expectation, const char *f, const char *g);
unsigned int expect_race_end(struct race_expectation *expectation);

/* RACES - call @f on one CPU and @g on another, over and over, until they were seen to race, often, or
 *   too long. Returns whether they were; *@expectation says more.
 * RACES_UNKNOWN - the same, but @f is to be seen to race with somebody unknown.
 * RACES_NOT - until other accesses of the same threads were seen to race, often; @f and @g never. Any
 *   report of them fails the test. RACES_NOT_LONG - the same for functions of many accesses, beside
 *   which there must be many others for those to be watched.
 * Sleep. Thread context. */
#define RACES(expectation, f, g)         races_between(expectation, f, #f, g, #g)
#define RACES_UNKNOWN(expectation, f, g) races_between(expectation, f, #f, g, NULL)
#define RACES_NOT(f, g)                  races_not(f, g, 1)
#define RACES_NOT_LONG(f, g)             races_not(f, g, 20)

bool races_between(struct race_expectation *expectation, void (*f)(void), const char *f_name,
		   void (*g)(void), const char *g_name);
bool races_not(void (*f)(void), void (*g)(void), unsigned int others);

/* NEED_RACE_DETECTOR, NEED_TWO_CPUS - this test makes sense only with them: return from its function. */
#define NEED_RACE_DETECTOR()                                                                       \
	do {                                                                                       \
		if (!CONFIG_RACE)                                                                  \
			SKIP("races are looked for in PROFILE=race only");                         \
	} while (0)
#define NEED_TWO_CPUS()                                                                            \
	do {                                                                                       \
		NEED_RACE_DETECTOR();                                                              \
		if (num_online_cpus() < 2)                                                         \
			SKIP("on one CPU only interrupts race with a thread");                     \
	} while (0)
