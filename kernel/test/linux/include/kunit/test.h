/* <kunit/test.h> for Linux's own tests: cases in suites, which kunit.c runs, and reports in KTAP.
 * SPDX-License-Identifier: MIT
 *
 * An expectation that does not hold fails its case, which goes on; an assertion ends it. Each case has a thread of its
 * own, which ends there. As in Linux a module with suites runs them when it is started.
 */
#pragma once

#include "kernel/core/slab.h"
#include "kernel/module.h"
#include "lib/err.h"
#include "lib/list.h"
#include "lib/string.h"

#define KUNIT_COMMENT_SIZE 256

enum kunit_status { KUNIT_SUCCESS, KUNIT_FAILURE, KUNIT_SKIPPED };

/* A case that runs. Only its thread uses this, until it has ended. */
struct kunit {
	void *priv; /* the test's own */
	const char *name;
	enum kunit_status status;
	char status_comment[KUNIT_COMMENT_SIZE]; /* why it was skipped */
	struct list_head memory;                 /* what ends with the case */
	struct completion *ended;                /* kunit.c's */
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};

/* @test_cases end with one that is all 0. @init and @exit are called for each case, in its thread; exit always. */
struct kunit_suite {
	const char name[KUNIT_COMMENT_SIZE];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(test_name)                                                                      \
	{                                                                                          \
		.run_case = test_name, .name = #test_name                                          \
	}

/* kunit_test_suites - the module is these suites. kunit_test_suite - this one. Once in a module. */
#define kunit_test_suites(...)                                                                     \
	static struct kunit_suite *__kunit_suites[] = { __VA_ARGS__, NULL };                       \
	static int __kunit_begin(void)                                                             \
	{                                                                                          \
		kunit_run_suites(__kunit_suites);                                                  \
		return 0;                                                                          \
	}                                                                                          \
	static void __kunit_end(void)                                                              \
	{                                                                                          \
	}                                                                                          \
	module_init(__kunit_begin) module_exit(__kunit_end) static_assert(1, "a semicolon follows")
#define kunit_test_suite(suite) kunit_test_suites(&(suite))

/* kunit_run_suites - run all cases of @suites, which end with NULL, and print the results. Sleeps. Thread context. */
void kunit_run_suites(struct kunit_suite **suites);

/*
 * kunit_check - if not @held, print the place, @text, the two numbers of which it speaks, and the message @fmt, unless
 *   that is NULL; the case has failed; and if @fatal, it ends here.
 * kunit_end_skipped - the case ends here, and is skipped for the reason @fmt.
 * May sleep. Thread context; @test's own thread.
 */
void kunit_check(struct kunit *test, bool fatal, bool held, const char *place, const char *text,
		 long long left, long long right, const char *fmt, ...) __printf(8, 9);
void kunit_end_skipped(struct kunit *test, const char *fmt, ...) __printf(2, 3) __noreturn;
#define kunit_skip(test, ...) kunit_end_skipped(test, __VA_ARGS__)

/* kunit_note - one line about the case. Any context. */
void kunit_note(const struct kunit *test, const char *fmt, ...) __printf(2, 3);
#define kunit_info kunit_note
#define kunit_warn kunit_note
#define kunit_err  kunit_note

/* kunit_kmalloc - memory that is freed when the case has ended. kunit_kcalloc - zeroed. May sleep. Return it or NULL. */
void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t flags);
#define kunit_kzalloc(test, size, flags)          kunit_kmalloc(test, size, (flags) | __GFP_ZERO)
#define kunit_kmalloc_array(test, n, size, flags) kunit_kmalloc(test, (n) * (size), flags)
#define kunit_kcalloc(test, n, size, flags)       kunit_kzalloc(test, (n) * (size), flags)

/* ---- What is expected, and what is asserted ---------------------------------------------------------------------- */

#define __KUNIT_PLACE __FILE__ ":" __stringify(__LINE__)
#define __KUNIT_IS(test, fatal, held, text, ...)                                                   \
	kunit_check(test, fatal, held, __KUNIT_PLACE, text, 0, 0, __VA_ARGS__)
#define __KUNIT_COMPARE(test, fatal, left, op, right, ...)                                         \
	do {                                                                                       \
		const __typeof__(left) __left = (left);                                            \
		const __typeof__(right) __right = (right);                                         \
		kunit_check(test, fatal, __left op __right, __KUNIT_PLACE,                         \
			    #left " " #op " " #right, (long long)__left, (long long)__right,       \
			    __VA_ARGS__);                                                          \
	} while (0)

#define KUNIT_FAIL(test, ...)                 __KUNIT_IS(test, false, false, "never here", __VA_ARGS__)
#define KUNIT_EXPECT_TRUE(test, x)            __KUNIT_IS(test, false, !!(x), #x, NULL)
#define KUNIT_EXPECT_FALSE(test, x)           __KUNIT_IS(test, false, !(x), "!(" #x ")", NULL)
#define KUNIT_EXPECT_EQ(test, a, b)           __KUNIT_COMPARE(test, false, a, ==, b, NULL)
#define KUNIT_EXPECT_NE(test, a, b)           __KUNIT_COMPARE(test, false, a, !=, b, NULL)
#define KUNIT_EXPECT_LT(test, a, b)           __KUNIT_COMPARE(test, false, a, <, b, NULL)
#define KUNIT_EXPECT_LE(test, a, b)           __KUNIT_COMPARE(test, false, a, <=, b, NULL)
#define KUNIT_EXPECT_GT(test, a, b)           __KUNIT_COMPARE(test, false, a, >, b, NULL)
#define KUNIT_EXPECT_GE(test, a, b)           __KUNIT_COMPARE(test, false, a, >=, b, NULL)
#define KUNIT_EXPECT_PTR_EQ                   KUNIT_EXPECT_EQ
#define KUNIT_EXPECT_PTR_NE                   KUNIT_EXPECT_NE
#define KUNIT_EXPECT_NOT_NULL(test, x)        KUNIT_EXPECT_TRUE(test, (x) != NULL)
#define KUNIT_EXPECT_NULL(test, x)            KUNIT_EXPECT_TRUE(test, (x) == NULL)
#define KUNIT_ASSERT_TRUE(test, x)            __KUNIT_IS(test, true, !!(x), #x, NULL)
#define KUNIT_ASSERT_FALSE(test, x)           __KUNIT_IS(test, true, !(x), "!(" #x ")", NULL)
#define KUNIT_ASSERT_EQ(test, a, b)           __KUNIT_COMPARE(test, true, a, ==, b, NULL)
#define KUNIT_ASSERT_NE(test, a, b)           __KUNIT_COMPARE(test, true, a, !=, b, NULL)
#define KUNIT_ASSERT_LT(test, a, b)           __KUNIT_COMPARE(test, true, a, <, b, NULL)
#define KUNIT_ASSERT_LE(test, a, b)           __KUNIT_COMPARE(test, true, a, <=, b, NULL)
#define KUNIT_ASSERT_NOT_NULL(test, x)        KUNIT_ASSERT_TRUE(test, (x) != NULL)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, x) KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(x))

/* The same with a message. */
#define KUNIT_EXPECT_TRUE_MSG(test, x, ...)  __KUNIT_IS(test, false, !!(x), #x, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(test, x, ...) __KUNIT_IS(test, false, !(x), "!(" #x ")", __VA_ARGS__)
#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...) __KUNIT_COMPARE(test, false, a, ==, b, __VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(test, a, b, ...) __KUNIT_COMPARE(test, false, a, !=, b, __VA_ARGS__)
#define KUNIT_EXPECT_LT_MSG(test, a, b, ...) __KUNIT_COMPARE(test, false, a, <, b, __VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(test, a, b, ...) __KUNIT_COMPARE(test, false, a, <=, b, __VA_ARGS__)
#define KUNIT_EXPECT_PTR_EQ_MSG              KUNIT_EXPECT_EQ_MSG
#define KUNIT_ASSERT_TRUE_MSG(test, x, ...)  __KUNIT_IS(test, true, !!(x), #x, __VA_ARGS__)
#define KUNIT_ASSERT_FALSE_MSG(test, x, ...) __KUNIT_IS(test, true, !(x), "!(" #x ")", __VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(test, a, b, ...) __KUNIT_COMPARE(test, true, a, ==, b, __VA_ARGS__)
#define KUNIT_ASSERT_LE_MSG(test, a, b, ...) __KUNIT_COMPARE(test, true, a, <=, b, __VA_ARGS__)
#define KUNIT_ASSERT_PTR_EQ_MSG              KUNIT_ASSERT_EQ_MSG
#define KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, x, ...)                                             \
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_OR_NULL(x), __VA_ARGS__)
