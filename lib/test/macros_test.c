/* The macros that compute, and error pointers. */
/* SPDX-License-Identifier: MIT */
// sources: lib/errname.c
// flags: -include rename.h
#include "lib/err.h"
#include "lib/errname.h"
#include "lib/limits.h"
#include "lib/macros.h"
#include "lib/test/include/test.h"

static int evaluated;

static int once(int value)
{
	evaluated++;
	return value;
}

static void arguments_are_evaluated_once(__unused void **state)
{
	evaluated = 0;
	assert_int_equal(min(once(3), once(4)), 3);
	assert_int_equal(max(once(3), once(4)), 4);
	assert_int_equal(evaluated, 4);
	assert_int_equal(clamp(once(9), once(1), once(5)), 5);
	assert_int_equal(evaluated, 7);
}

static void extremes(__unused void **state)
{
	assert_int_equal(min(-1, 1), -1);
	assert_int_equal(max(-1, 1), 1);
	assert_int_equal(min_t(unsigned int, -1, 1), 1);
	assert_int_equal(max_t(u8, 256, 1), 1);
	assert_int_equal(clamp(-3, -2, 2), -2);
	assert_int_equal(clamp(1, -2, 2), 1);
	assert_int_equal(min(min(3, 2), max(1, min(5, 4))), 2);
}

static void values_are_swapped(__unused void **state)
{
	const char *a = "a", *b = "b";

	swap(a, b);
	assert_string_equal(a, "b");
	assert_string_equal(b, "a");
}

/* Checked where it counts: these are constants. */
static_assert(DIV_ROUND_UP(0, 8) == 0 && DIV_ROUND_UP(1, 8) == 1 && DIV_ROUND_UP(8, 8) == 1);
static_assert(ALIGN_UP(0x1001ULL, 4096) == 0x2000 && ALIGN_UP(0x1000ULL, 4096) == 0x1000);
static_assert(ALIGN_DOWN(0xffffffff00000fffULL, 4096) == 0xffffffff00000000ULL);
static_assert(IS_ALIGNED(24, 8) && !IS_ALIGNED(28, 8) && IS_ALIGNED(0, 8));
static_assert(BIT(40) == 0x10000000000UL && GENMASK(7, 4) == 0xf0 && GENMASK(63, 0) == ~0UL);
static_assert(ARRAY_SIZE((u32[3]){ 0 }) == 3);

struct outer {
	long first;
	char inner[3];
};

static_assert(sizeof_field(struct outer, inner) == 3);

static void the_container_is_found(__unused void **state)
{
	struct outer outer;

	assert_ptr_equal(container_of(&outer.inner, struct outer, inner), &outer);
}

static void single_accesses(__unused void **state)
{
	struct outer outer = { .first = 5 };
	const struct outer *constant = &outer;

	WRITE_ONCE(outer.first, READ_ONCE(constant->first) + 1);
	WRITE_ONCE(outer.inner[1], 'x');
	assert_int_equal(outer.first, 6);
	assert_int_equal(READ_ONCE(outer.inner[1]), 'x');
}

static void errors_travel_in_pointers(__unused void **state)
{
	assert_true(IS_ERR(ERR_PTR(-ENOMEM)));
	assert_true(IS_ERR(ERR_PTR(-MAX_ERRNO)));
	assert_false(IS_ERR(ERR_PTR(-MAX_ERRNO - 1)));
	assert_false(IS_ERR(NULL));
	assert_true(IS_ERR_OR_NULL(NULL));
	assert_false(IS_ERR_OR_NULL(&evaluated));
	assert_int_equal(PTR_ERR(ERR_PTR(-EINTR)), -EINTR);
	assert_int_equal(PTR_ERR_OR_ZERO(ERR_CAST(ERR_PTR(-EIO))), -EIO);
	assert_int_equal(PTR_ERR_OR_ZERO(&evaluated), 0);
}

static void errors_have_names(__unused void **state)
{
	assert_string_equal(errname(EPERM), "EPERM");
	assert_string_equal(errname(EAGAIN), "EAGAIN");
	assert_string_equal(errname(EDEADLK), "EDEADLK");
	assert_string_equal(errname(ERESTARTSYS), "ERESTARTSYS");
	assert_null(errname(0));
	assert_null(errname(-EPERM));
	assert_null(errname(100000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_evaluated_once),
		cmocka_unit_test(extremes),
		cmocka_unit_test(values_are_swapped),
		cmocka_unit_test(the_container_is_found),
		cmocka_unit_test(single_accesses),
		cmocka_unit_test(errors_travel_in_pointers),
		cmocka_unit_test(errors_have_names),
	};

	return cmocka_run_group_tests_name("macros", tests, NULL, NULL);
}
