/* stack_test.c: stacks, and the page below each that is not there.
 * SPDX-License-Identifier: MIT
 */
#include <arch/paging.h>

#include "kernel/core/page.h"
#include "kernel/test/sched_test.h"

#define STACKS 50

/* What must hold of the stack whose lowest address is @base. */
static void check_stack(unsigned long base)
{
	unsigned long found = 0;

	EXPECT(IS_ALIGNED(base, PAGE_SIZE));
	EXPECT(!paging_is_mapped(base - 1) && !paging_is_mapped(base - PAGE_SIZE));
	for (u32 page = 0; page < STACK_PAGES; page++)
		EXPECT(paging_is_mapped(base + page * PAGE_SIZE));
	EXPECT_EQ(stack_place(base, &found), STACK_INSIDE);
	EXPECT_EQ(found, base);
	EXPECT_EQ(stack_place(base + STACK_SIZE - 1, &found), STACK_INSIDE);
	EXPECT_EQ(found, base);
	EXPECT_EQ(stack_place(base - 1, &found), STACK_GUARD);
	EXPECT_EQ(found, base);
	EXPECT_EQ(stack_place(base - PAGE_SIZE, &found), STACK_GUARD);
}

TEST(stack_guards)
{
	size_t free = stack_free_count();
	void *stacks[STACKS];

	for (u32 i = 0; i < STACKS; i++) {
		stacks[i] = stack_alloc();
		REQUIRE(stacks[i]);
		check_stack((unsigned long)stacks[i]);
	}
	EXPECT_EQ(free - stack_free_count(), STACKS);
	for (u32 i = 0; i < STACKS; i++)
		stack_free(stacks[i]);
	EXPECT_EQ(stack_free_count(), free);
}

/* The stacks that threads stand on, seen from there. */
static int check_own_stack(void *unused)
{
	unsigned long base = 0;

	EXPECT_EQ(stack_place((unsigned long)__builtin_frame_address(0), &base), STACK_INSIDE);
	EXPECT_EQ(base, current->stack);
	check_stack(base);
	return 1;
}

TEST(stack_of_threads)
{
	EXPECT_EQ(test_run_threads(20, check_own_stack, NULL), 20);
}

/* The boot CPU's, which no allocator gave out: their guards are as good. */
TEST(stack_of_boot_cpu)
{
	unsigned long found;

	for (u32 i = 0; i < NR_BOOT_STACKS; i++) {
		unsigned long base = static_stacks[i].base;

		EXPECT(static_stacks[i].size >= PAGE_SIZE);
		EXPECT(!paging_is_mapped(base - 1) && paging_is_mapped(base));
		EXPECT_EQ(stack_place(base - 1, &found), STACK_GUARD);
		EXPECT_EQ(stack_place(base, &found), STACK_INSIDE);
	}
	EXPECT_EQ(stack_place((unsigned long)&static_stacks, &found), STACK_NONE);
	EXPECT_EQ(stack_place(0, &found), STACK_NONE);
	EXPECT_EQ(stack_place(~0UL, &found), STACK_NONE);
}

static void free_it(void *stack)
{
	stack_free(stack);
}

TEST(stack_misuse)
{
	void *stack;

	if (!CONFIG_CHECKED)
		SKIP("only the checked profile looks");
	stack = stack_alloc();
	REQUIRE(stack);
	EXPECT(test_panics(free_it, (char *)stack + PAGE_SIZE, "no stack"));
	stack_free(stack);
	EXPECT(test_panics(free_it, stack, "free already"));
}
