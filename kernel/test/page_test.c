/* page_test.c: memory by the page: aligned, nobody else's, and all there again afterwards.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/page.h"

#include <arch/paging.h>

#include "kernel/test/sched_test.h"
#include "lib/string.h"

/* Each block bears its address and its order at both ends: two that overlap would not. */
static void mark(void *page, unsigned int order)
{
	unsigned long *words = page;

	words[0] = words[(PAGE_SIZE << order) / sizeof(*words) - 1] = (unsigned long)page + order;
}

static bool marked(const void *page, unsigned int order)
{
	const unsigned long *words = page;
	unsigned long expected = (unsigned long)page + order;

	return words[0] == expected && words[(PAGE_SIZE << order) / sizeof(*words) - 1] == expected;
}

TEST(page_numbers)
{
	EXPECT(get_order(1) == 0 && get_order(PAGE_SIZE) == 0 && get_order(PAGE_SIZE + 1) == 1);
	EXPECT(get_order(2 * PAGE_SIZE) == 1 && get_order(2 * PAGE_SIZE + 1) == 2);
	EXPECT(PAGE_ALIGN(1UL) == PAGE_SIZE && PAGE_ALIGN(PAGE_SIZE) == PAGE_SIZE);
	EXPECT(offset_in_page(PAGE_SIZE + 5) == 5 && !offset_in_page(2 * PAGE_SIZE));
}

TEST(page_orders_and_alignment)
{
	void *pages[PAGE_MAX_ORDER + 1];
	size_t free = page_free_count();

	for (unsigned int order = 0; order <= PAGE_MAX_ORDER; order++) {
		pages[order] = page_alloc(order);
		REQUIRE(pages[order]);
		EXPECT(IS_ALIGNED((unsigned long)pages[order], PAGE_SIZE << order));
		EXPECT_EQ(page_order(pages[order]), (int)order);
		EXPECT(paging_is_mapped((unsigned long)pages[order]));
		mark(pages[order], order);
	}
	EXPECT_EQ(free - page_free_count(), (2UL << PAGE_MAX_ORDER) - 1);
	for (unsigned int order = 0; order <= PAGE_MAX_ORDER; order++) {
		EXPECT(marked(pages[order], order));
		page_free(pages[order], order);
	}
	EXPECT_EQ(page_free_count(), free);
	EXPECT(page_alloc(PAGE_MAX_ORDER + 1) == NULL);
}

/* Take every block of @order there is; the list of them is in themselves. */
static size_t take_all(unsigned int order, void **list)
{
	size_t n = 0;
	void **page;

	for (; (page = page_alloc(order)) != NULL; n++) {
		page[1] = *list;
		*list = page;
		page[0] = page[PAGE_SIZE / sizeof(*page) - 1] = page;
	}
	return n;
}

/* Returns how many blocks were no longer what they were when they were taken. */
static size_t give_all(unsigned int order, void *list)
{
	size_t bad = 0;

	while (list) {
		void **page = list;

		list = page[1];
		bad += page[0] != page || page[PAGE_SIZE / sizeof(*page) - 1] != page;
		page_free(page, order);
	}
	return bad;
}

/* What was split comes together again: afterwards there are as many large blocks as before. Memory that
 * the rest of the kernel takes or gives back meanwhile would be seen; it is idle. */
TEST(page_exhaustion)
{
	size_t free = page_free_count();
	void *large = NULL, *small = NULL;
	size_t n_large, n;

	n_large = take_all(PAGE_MAX_ORDER, &large);
	EXPECT_EQ(give_all(PAGE_MAX_ORDER, large), 0);
	n = take_all(0, &small);
	EXPECT_EQ(n, free);
	EXPECT_EQ(page_free_count(), 0);
	EXPECT(page_alloc(0) == NULL && page_alloc(PAGE_MAX_ORDER) == NULL);
	EXPECT_EQ(give_all(0, small), 0);
	EXPECT_EQ(page_free_count(), free);
	large = NULL;
	EXPECT_EQ(take_all(PAGE_MAX_ORDER, &large), n_large);
	EXPECT_EQ(give_all(PAGE_MAX_ORDER, large), 0);
	EXPECT_EQ(page_free_count(), free);
}

/* ---- From all CPUs at once ------------------------------------------------------------------------- */

#define HELD 16

static int alloc_and_free(void *unused)
{
	struct rand_state rand;
	struct {
		void *page;
		unsigned int order;
	} held[HELD] = { 0 };
	int bad = 0;

	rand_seed(&rand, (u64)current->pid);
	FOR_A_WHILE(i, 8, 5000, 150) {
		u32 n = rand_below(&rand, HELD);

		if (held[n].page) {
			bad += !marked(held[n].page, held[n].order);
			page_free(held[n].page, held[n].order);
		}
		held[n].order = rand_below(&rand, 4);
		held[n].page = page_alloc(held[n].order);
		if (held[n].page)
			mark(held[n].page, held[n].order);
	}
	for (u32 n = 0; n < HELD; n++) {
		if (held[n].page)
			page_free(held[n].page, held[n].order);
	}
	return bad;
}

static int do_nothing(void *unused)
{
	return 0;
}

static bool pages_are_back(void *free)
{
	return page_free_count() == *(size_t *)free;
}

TEST(page_concurrent)
{
	size_t free;

	test_run_on_cpus(do_nothing, NULL); // The caches that threads come from have grown then.
	free = page_free_count();
	EXPECT_EQ(test_run_on_cpus(alloc_and_free, NULL), 0);
	EXPECT(test_wait_for(pages_are_back, &free));
}

/* ---- Misuse (checked) ------------------------------------------------------------------------------ */

static void free_twice(void *page)
{
	page_free(page, 1);
	page_free(page, 1);
}

static void free_other_order(void *page)
{
	page_free(page, 2);
}

static void free_inside(void *page)
{
	page_free((char *)page + PAGE_SIZE, 0);
}

static void free_foreign(void *page)
{
	page_free(page, 0);
}

TEST(page_misuse)
{
	size_t free = page_free_count();
	void *page;

	if (!CONFIG_CHECKED)
		SKIP("only the checked profile looks");
	page = page_alloc(1);
	REQUIRE(page);
	EXPECT(test_panics(free_other_order, page, "another order"));
	EXPECT(test_panics(free_inside, page, "no allocated block begins there"));
	EXPECT(test_panics(free_twice, page, "free already"));
	EXPECT(test_panics(free_foreign, (void *)0x1000, "no page of memory"));
	EXPECT_EQ(page_free_count(), free);
}

static void alloc_one(void *unused)
{
	page_free(page_alloc(0), 0);
}

#define NEIGHBOURS 64

/* One of @pages whose buddy is another of them. Freed, it stays a page of its own. */
static unsigned long *page_with_buddy(void *const pages[])
{
	for (u32 i = 0; i < NEIGHBOURS; i++) {
		for (u32 k = 0; k < NEIGHBOURS; k++) {
			if (((unsigned long)pages[i] ^ (unsigned long)pages[k]) == PAGE_SIZE)
				return pages[i];
		}
	}
	return NULL;
}

/* The page freed last is the one given out next, and shows what was done to it in between. */
static void write_after_free(unsigned long *page)
{
	preempt_disable();
	page_free(page, 0);
	WRITE_ONCE(page[3], 0);
	EXPECT(test_panics(alloc_one, NULL, "written to after it was freed"));
	preempt_enable();
	EXPECT_EQ(page_order(page), 0);
}

TEST(page_use_after_free)
{
	void *pages[NEIGHBOURS];
	unsigned long *page;

	if (!CONFIG_CHECKED)
		SKIP("only the checked profile looks");
	for (u32 i = 0; i < NEIGHBOURS; i++) {
		pages[i] = page_alloc(0);
		REQUIRE(pages[i]);
	}
	page = page_with_buddy(pages);
	if (EXPECT(page))
		write_after_free(page);
	for (u32 i = 0; i < NEIGHBOURS; i++)
		page_free(pages[i], 0);
}
