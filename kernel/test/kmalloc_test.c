/* kmalloc_test.c: resizing, arrays, copies, pages, and caches with constructors.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/kstrdup.h"
#include "kernel/core/slab.h"
#include "kernel/core/vmalloc.h"

#include "kernel/test/sched_test.h"
#include "lib/limits.h"
#include "lib/string.h"

/* Grow and shrink by turns: what fits into both sizes stays. */
TEST(krealloc_keeps_contents)
{
	struct rand_state rand = test_seed();
	size_t size = 0, new;
	u8 *obj = NULL, *moved;
	int wrong = 0;

	for (u32 round = 0; round < 300; round++) {
		new = 1 + rand_below(&rand, round % 10 ? 600 : 20000);
		moved = krealloc(obj, new, GFP_KERNEL);
		REQUIRE(moved);
		obj = moved;
		EXPECT(ksize(obj) >= new);
		for (size_t i = 0; i < min(size, new); i++)
			wrong += obj[i] != (u8)(i * 7 + size);
		size = new;
		for (size_t i = 0; i < size; i++)
			obj[i] = (u8)(i * 7 + size);
	}
	EXPECT_EQ(wrong, 0);
	kfree(obj);
}

TEST(kmalloc_edges)
{
	u32 *array = kmalloc_array(100, sizeof(u32), GFP_KERNEL);
	void *nothing = kmalloc(0, GFP_KERNEL);

	REQUIRE(array);
	EXPECT(nothing == ZERO_SIZE_PTR && ksize(nothing) == 0 && ksize(NULL) == 0);
	kfree(nothing);
	kfree_sensitive(nothing);
	EXPECT(krealloc(NULL, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	EXPECT(!kmalloc_array(1UL << 33, 1UL << 33, GFP_KERNEL));
	EXPECT(!kvmalloc_array(1UL << 33, 1UL << 33, GFP_KERNEL));
	EXPECT(!krealloc_array(array, 1UL << 63, 4, GFP_KERNEL));
	array = krealloc_array(array, 1000, sizeof(u32), GFP_KERNEL);
	REQUIRE(array);
	memset(array, 0x11, 4000);
	EXPECT(krealloc(array, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	// There is not as much: what is there stays.
	array = kmalloc(40, GFP_KERNEL);
	REQUIRE(array);
	EXPECT(!krealloc(array, KMALLOC_MAX + 1, GFP_KERNEL));
	kfree_sensitive(array);
	kfree_sensitive(NULL);
}

TEST(kstrdup_copies)
{
	static const char text[] = "a text";
	char *copies[] = {
		kstrdup(text, GFP_KERNEL),
		kstrndup("a text and more", 6, GFP_KERNEL),
		kstrndup(text, 100, GFP_KERNEL),
		kmemdup(text, sizeof(text), GFP_KERNEL),
		kmemdup_nul("a text?", 6, GFP_KERNEL),
		kasprintf(GFP_KERNEL, "%c %s", 'a', "text"),
		(char *)kstrdup_const(text, GFP_KERNEL),
	};
	char *longer = kasprintf(GFP_KERNEL, "%3000d", 7);

	for (u32 i = 0; i < ARRAY_SIZE(copies); i++) {
		if (EXPECT(copies[i]))
			EXPECT(copies[i] != text && !strcmp(copies[i], text));
		kfree(copies[i]);
	}
	EXPECT(!kstrdup(NULL, GFP_KERNEL) && !kstrndup(NULL, 3, GFP_KERNEL));
	EXPECT(longer && strlen(longer) == 3000 && longer[2999] == '7');
	kfree(longer);
}

static bool is_zero(const void *obj, size_t size)
{
	const u8 *bytes = obj;

	while (size-- > 0) {
		if (*bytes++)
			return false;
	}
	return true;
}

static void check_area(size_t size)
{
	size_t in_use = kmalloc_in_use();
	u8 *area = vmalloc(size), *zero = vzalloc(size);

	REQUIRE(area && zero);
	EXPECT(IS_ALIGNED((unsigned long)area, PAGE_SIZE));
	EXPECT(is_vmalloc_addr(area) && is_zero(zero, size));
	memset(area, 1, size);
	memset(zero, 2, size);
	EXPECT(area[0] == 1 && area[size - 1] == 1 && zero[0] == 2);
	EXPECT_EQ(kmalloc_in_use() - in_use, 2);
	vfree(area);
	kvfree(zero);
	EXPECT_EQ(kmalloc_in_use(), in_use);
}

TEST(vmalloc_sizes)
{
	static const size_t sizes[] = { 1, 100, 4095, 4096, 4097, 30000, 1000000 };

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		check_area(sizes[i]);
	EXPECT(!vmalloc(0) && !vmalloc(ULONG_MAX) && !vmalloc(KMALLOC_MAX + 1));
	vfree(NULL);
	kvfree(NULL);
}

TEST(kvmalloc_sizes)
{
	u8 *small = kvzalloc(100, GFP_KERNEL), *large = kvcalloc(100, 1000, GFP_KERNEL);

	REQUIRE(small && large);
	EXPECT(is_zero(small, 100) && is_zero(large, 100000));
	kvfree(small);
	kvfree(large);
	kvfree(kvmalloc(5000, GFP_KERNEL));
}

TEST(get_free_pages)
{
	size_t before = page_free_count();
	unsigned long page = get_zeroed_page(GFP_KERNEL), pages = __get_free_pages(GFP_KERNEL, 3);

	REQUIRE(page && pages);
	EXPECT(IS_ALIGNED(page, PAGE_SIZE) && IS_ALIGNED(pages, PAGE_SIZE << 3));
	EXPECT(is_zero((void *)page, PAGE_SIZE));
	memset((void *)pages, 1, PAGE_SIZE << 3);
	free_page(page);
	free_pages(pages, 3);
	free_pages(0, 3);
	EXPECT(!__get_free_pages(GFP_KERNEL, PAGE_MAX_ORDER + 1));
	EXPECT(page_free_count() >= before - 64); // others allocate, too, but not as much
}

/* ---- Caches ------------------------------------------------------------------------------------- */

struct made {
	unsigned long mark;
	unsigned long uses;
	char filler[50];
};

static atomic_t n_made;

static void make(void *obj)
{
	struct made *made = obj;

	made->mark = (unsigned long)obj ^ 0x5555;
	made->uses = 0;
	atomic_inc(&n_made);
}

/* Take an object in the state that the constructor or the last user left, and give it back so. */
static int use_made(void *arg)
{
	struct kmem_cache *cache = arg;
	int wrong = 0;

	FOR_A_WHILE(i, 100, 5000, 30) {
		struct made *made = kmem_cache_alloc(cache, GFP_KERNEL);

		if (!made)
			continue;
		wrong += made->mark != ((unsigned long)made ^ 0x5555);
		made->uses++;
		kmem_cache_free(cache, made);
	}
	return wrong;
}

TEST(kmem_cache_constructs_once)
{
	struct kmem_cache *cache;
	int after_first;

	atomic_set(&n_made, 0);
	cache = kmem_cache_create("made", sizeof(struct made), 0, SLAB_HWCACHE_ALIGN, make);
	REQUIRE(cache);
	EXPECT_EQ(kmem_cache_size(cache), sizeof(struct made));
	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
	after_first = atomic_read(&n_made);
	EXPECT(after_first > 0);
	EXPECT_EQ(use_made(cache), 0);
	EXPECT_EQ(atomic_read(&n_made), after_first);
	EXPECT_EQ(test_run_on_cpus(use_made, cache), 0);
	EXPECT_EQ(kmem_cache_in_use(cache), 0);
	kmem_cache_destroy(cache);
}

static void check_alignment(size_t size, size_t align, slab_flags_t flags, size_t expected)
{
	struct kmem_cache *cache = kmem_cache_create("aligned", size, align, flags, NULL);
	void *objects[20];

	REQUIRE(cache);
	for (u32 i = 0; i < ARRAY_SIZE(objects); i++) {
		objects[i] = kmem_cache_zalloc(cache, GFP_KERNEL);
		if (EXPECT(objects[i])) {
			EXPECT(IS_ALIGNED((unsigned long)objects[i], expected));
			EXPECT(is_zero(objects[i], size));
			memset(objects[i], 0xff, size);
		}
	}
	for (u32 i = 0; i < ARRAY_SIZE(objects); i++)
		kmem_cache_free(cache, objects[i]);
	kmem_cache_destroy(cache);
}

struct plain {
	u32 word;
};

TEST(kmem_cache_alignments)
{
	struct kmem_cache *cache = KMEM_CACHE(plain, SLAB_PANIC);

	check_alignment(1, 0, 0, 8);
	check_alignment(24, 32, 0, 32);
	check_alignment(24, 0, SLAB_HWCACHE_ALIGN, 32);
	check_alignment(100, 0, SLAB_HWCACHE_ALIGN, 64);
	check_alignment(500, 4096, 0, 4096);
	check_alignment(5000, 8, 0, 8);
	check_alignment(40000, 16, SLAB_TYPESAFE_BY_RCU, 16);
	EXPECT(!kmem_cache_create("too large", PAGE_SIZE << (PAGE_MAX_ORDER + 1), 0, 0, NULL));
	kmem_cache_destroy(cache);
	kmem_cache_destroy(NULL);
}

static void panic_without_memory(void *unused)
{
	kmem_cache_create("too large", PAGE_SIZE << (PAGE_MAX_ORDER + 1), 0, SLAB_PANIC, NULL);
}

#define MANY 500

/* Blocks with an object in use stay, and all others go back. */
TEST(kmem_cache_shrinks)
{
	struct kmem_cache *cache = kmem_cache_create("shrinks", 200, 0, 0, NULL);
	static u8 *objects[MANY];

	REQUIRE(cache);
	EXPECT_EQ(kmem_cache_shrink(cache), 0);
	for (u32 i = 0; i < MANY; i++) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		REQUIRE(objects[i]);
		memset(objects[i], (int)i, 200);
	}
	for (u32 i = 0; i < MANY; i++) {
		if (i % 100)
			kmem_cache_free(cache, objects[i]);
	}
	EXPECT_EQ(kmem_cache_shrink(cache), 1);
	for (u32 i = 0; i < MANY; i++) {
		if (i % 100)
			objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		else
			EXPECT(objects[i][0] == (u8)i && objects[i][199] == (u8)i);
	}
	EXPECT_EQ(kmem_cache_in_use(cache), MANY);
	for (u32 i = 0; i < MANY; i++)
		kmem_cache_free(cache, objects[i]);
	EXPECT_EQ(kmem_cache_shrink(cache), 0);
	kmem_cache_destroy(cache);
	EXPECT(test_panics(panic_without_memory, NULL, "no memory for the cache \"too large\""));
}

/* All its memory comes back: a hundred caches take no more than one. */
TEST(kmem_cache_gives_all_back)
{
	size_t before = page_free_count(), lost;

	for (u32 round = 0; round < 100; round++) {
		struct kmem_cache *cache = kmem_cache_create("short", 3000, 0, 0, NULL);

		REQUIRE(cache);
		kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
		kmem_cache_destroy(cache);
	}
	lost = before - page_free_count();
	EXPECT((long)lost < 100); // a block of each would be 400 pages
}
