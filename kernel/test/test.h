/* test.h: tests that run in the kernel, and report in KTAP.
 * SPDX-License-Identifier: MIT
 *
 *	TEST(mutex_excludes)
 *	{
 *		REQUIRE(setup() == 0);
 *		EXPECT_EQ(counter, 4 * ROUNDS);
 *	}
 *
 * A test runs in thread context and may sleep. It has failed if an expectation did not hold, if it
 * left a thread or memory behind, or if anything was warned of meanwhile.
 */
#pragma once

#include <arch/cpu.h>

#include "lib/macros.h"
#include "lib/rand.h"
#include "lib/types.h"

struct test_case {
	const char *name;
	void (*run)(void);
};

#define TEST(test_name)                                                                            \
	static void test_##test_name(void);                                                        \
	static const struct test_case __test_##test_name __used __aligned(8)                       \
		__section(".tests") = { .name = #test_name, .run = test_##test_name };             \
	static void test_##test_name(void)

/* EXPECT, EXPECT_EQ - this must hold; if not, the test fails and goes on. Any context. Their value.
 * REQUIRE - the same, and return from the test's function: what follows makes no sense without. */
#define EXPECT(condition) test_expect(!!(condition), #condition, __FILE__, __LINE__)
#define EXPECT_EQ(actual, expected)                                                                \
	test_expect_eq((long)(actual), (long)(expected), #actual " == " #expected, __FILE__,       \
		       __LINE__)
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!EXPECT(condition))                                                            \
			return;                                                                    \
	} while (0)

/* SKIP - this test makes no sense on this machine, and why: return from its function. */
#define SKIP(reason)                                                                               \
	do {                                                                                       \
		test_skip(reason);                                                                 \
		return;                                                                            \
	} while (0)

bool test_expect(bool held, const char *what, const char *file, int line);
bool test_expect_eq(long actual, long expected, const char *what, const char *file, int line);
void test_skip(const char *reason);

/* test_note - one line of diagnosis under the test's result. Any context. */
void test_note(const char *fmt, ...) __printf(1, 2);

/*
 * test_parts - from here on this test reports @n parts of itself, each with a result of its own in KTAP: by test_part(),
 *   once for each. A part that is not @passed fails the test. Once in a test. Thread context.
 */
void test_parts(unsigned int n);
bool test_part(bool passed, const char *fmt, ...) __printf(2, 3);

/* test_seed - a generator whose numbers depend on SEED and the test's name only. */
struct rand_state test_seed(void);

/*
 * test_run_threads - run @fn(@arg) in @n threads at the same time, and wait until all have returned.
 * They start together: none enters @fn before all exist. test_run_on_cpus - the same with one thread
 * on each online CPU, bound to it. Sleep. Thread context. Return the sum of what they returned.
 */
long test_run_threads(unsigned int n, int (*fn)(void *arg), void *arg);
long test_run_on_cpus(int (*fn)(void *arg), void *arg);

/*
 * test_panics - run @fn(@arg), which must panic with a message that contains @text; the panic ends
 * there and the test goes on. For misuse that the checks must find: also of such as is reported and goes on elsewhere
 * (misuse.h) @fn ends there. @fn runs with preemption off.
 * Returns whether it did; otherwise it has noted what happened instead.
 */
bool test_panics(void (*fn)(void *arg), void *arg, const char *text);

/* test_panics_here - the same in a context in which preemption is off already, and which stays as it is. */
bool test_panics_here(void (*fn)(void *arg), void *arg, const char *text);

/*
 * test_warnings - run @fn(@arg) and return how often it made warn_report() say something that contains
 * @text. These are not reported further; what else is said, and by other threads, is. May sleep.
 */
unsigned int test_warnings(void (*fn)(void *arg), void *arg, const char *text);

/* test_wait_for - wait, with a generous limit (a minute), until @condition() holds; returns whether it does. */
bool test_wait_for(bool (*condition)(void *arg), void *arg);

/* Which tests a mode runs, and how it says by what command one is repeated. */
struct test_choice {
	bool (*chosen)(const char *test, const char *names);
	void (*print_repeat)(const char *test, u64 seed);
};

/*
 * tests_run - run the tests that @choice picks with @names, and print the results in KTAP. Sleeps.
 * tests_each - call @fn with the name of each. test_known - whether there is one of that name. Never sleep.
 * Thread context.
 */
enum verdict tests_run(const struct test_choice *choice, const char *names, u64 seed);
void tests_each(void (*fn)(const char *test));
bool test_known(const char *name);
