/* slab_test.c: memory by the object: sizes, alignment, poison, misuse, and types that stay.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/slab.h"

#include "kernel/test/sched_test.h"
#include "lib/limits.h"
#include "lib/string.h"

/* All bytes of the object can be used, and no other object's. */
static void fill(void *obj, size_t size)
{
	memset(obj, (int)((unsigned long)obj >> 4 & 0xff), size);
}

static bool filled(const void *obj, size_t size)
{
	const u8 *bytes = obj;
	u8 expected = (u8)((unsigned long)obj >> 4);

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != expected)
			return false;
	}
	return true;
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

static void check_size(size_t size)
{
	bool power_of_two = (size & (size - 1)) == 0;
	size_t in_use = kmalloc_in_use();
	void *a = kmalloc(size, GFP_KERNEL);
	void *b = kzalloc(size, GFP_ATOMIC);

	REQUIRE(a && b && a != b);
	EXPECT_EQ(kmalloc_in_use() - in_use, 2);
	EXPECT(IS_ALIGNED((unsigned long)a,
			  power_of_two && size > 16 && size <= PAGE_SIZE ? size : 16));
	EXPECT(is_zero(b, size));
	fill(a, size);
	fill(b, size);
	EXPECT(filled(a, size) && filled(b, size));
	kfree(a);
	kfree(b);
	EXPECT_EQ(kmalloc_in_use(), in_use);
}

TEST(kmalloc_sizes)
{
	static const size_t sizes[] = { 1,    8,    15,   16,    17,    24,   31,   32,   33,
					64,   65,   96,   127,   128,   200,  256,  300,  512,
					1000, 1024, 1025, 2047,  2048,  2049, 4095, 4096, 4097,
					5000, 8192, 9000, 16384, 40000, 65536 };

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		check_size(sizes[i]);
	EXPECT(kmalloc(KMALLOC_MAX + 1, GFP_KERNEL) == NULL);
	EXPECT(kmalloc(ULONG_MAX, GFP_KERNEL) == NULL);
	kfree(NULL);
}

/* The product of kcalloc() does not wrap around to a small one. */
TEST(kcalloc_overflow)
{
	size_t in_use = kmalloc_in_use();
	void *obj = kcalloc(10, 100, GFP_KERNEL);

	EXPECT(kcalloc(1UL << 33, 1UL << 33, GFP_KERNEL) == NULL);
	EXPECT(kcalloc(1UL << 32, (1UL << 32) + 1, GFP_KERNEL) == NULL);
	REQUIRE(obj);
	EXPECT(is_zero(obj, 1000));
	kfree(obj);
	EXPECT_EQ(kmalloc_in_use(), in_use);
}

/* ---- From all CPUs at once, and freed by others than who allocated --------------------------------- */

#define SHELF 64

static struct {
	void *objects[SHELF]; /* [a] */
} shelf;

static size_t size_on_shelf(u32 place)
{
	return 16 + place * 37;
}

/* Put a new object on the shelf, and free what lay there, which another CPU may have put there. */
static int put_and_take(void *unused)
{
	struct rand_state rand;
	int bad = 0;

	rand_seed(&rand, (u64)current->pid);
	FOR_A_WHILE(i, 8, 5000, 200) {
		u32 place = rand_below(&rand, SHELF);
		void *obj = kmalloc(size_on_shelf(place), GFP_KERNEL);

		if (obj)
			fill(obj, size_on_shelf(place));
		obj = xchg(&shelf.objects[place], obj);
		if (obj) {
			bad += !filled(obj, size_on_shelf(place));
			kfree(obj);
		}
	}
	return bad;
}

TEST(kmalloc_concurrent)
{
	EXPECT_EQ(test_run_on_cpus(put_and_take, NULL), 0);
	for (u32 place = 0; place < SHELF; place++)
		kfree(xchg(&shelf.objects[place], NULL));
}

/* ---- Without memory ------------------------------------------------------------------------------- */

TEST(kmalloc_exhaustion)
{
	size_t in_use = kmalloc_in_use();
	void **list = NULL, **obj;

	while ((obj = kmalloc(KMALLOC_MAX / 9, GFP_KERNEL)) != NULL ||
	       (obj = kmalloc(PAGE_SIZE, GFP_KERNEL)) != NULL) {
		*obj = list;
		list = obj;
	}
	EXPECT(kmalloc(2 * PAGE_SIZE, GFP_KERNEL) == NULL);
	while (list) {
		obj = list;
		list = *obj;
		kfree(obj);
	}
	EXPECT_EQ(kmalloc_in_use(), in_use);
}

/* ---- Misuse (checked) ------------------------------------------------------------------------------ */

static void free_it(void *obj)
{
	kfree(obj);
}

static void free_inside(void *obj)
{
	kfree((char *)obj + 16);
}

static void alloc_200(void *unused)
{
	kfree(kmalloc(200, GFP_ATOMIC));
}

static void misuse_of_size(size_t size)
{
	void *obj = kmalloc(size, GFP_KERNEL);

	REQUIRE(obj);
	EXPECT(test_panics(free_inside, obj, "free"));
	kfree(obj);
	EXPECT(test_panics(free_it, obj, "free already"));
}

TEST(kfree_misuse)
{
	if (!CONFIG_CHECKED)
		SKIP("only the checked profile looks");
	misuse_of_size(32);
	misuse_of_size(200);
	misuse_of_size(2048);
	misuse_of_size(3 * PAGE_SIZE);
	EXPECT(test_panics(free_it, &shelf, "not allocated for this"));
}

/* Preemption is off, so that nobody else is given the object in between. */
TEST(kmalloc_poison)
{
	u8 *obj;

	if (!CONFIG_CHECKED)
		SKIP("only the checked profile poisons");
	obj = kmalloc(200, GFP_KERNEL);
	REQUIRE(obj);
	EXPECT(obj[0] == obj[199] && obj[0] != 0);
	memset(obj, 0, 200);
	preempt_disable();
	kfree(obj);
	EXPECT(READ_ONCE(obj[100]) != 0 && READ_ONCE(obj[199]) != 0);
	WRITE_ONCE(obj[100], 0);
	EXPECT(test_panics(alloc_200, NULL, "written to while it was free"));
	preempt_enable();
	memset(obj, 0, 200); // It is ours now, and no longer looks free.
	kfree(obj);
}

/* ---- Caches of one type ---------------------------------------------------------------------------- */

struct typed {
	unsigned long words[5];
};

#define TYPED 200

static bool same_objects(void *const before[], void *const after[])
{
	for (u32 i = 0; i < TYPED; i++) {
		u32 k = 0;

		while (k < TYPED && before[k] != after[i])
			k++;
		if (k == TYPED)
			return false;
	}
	return true;
}

/* Objects of a cache keep what their last user left in them, stay the cache's, and are used again. */
TEST(kmem_cache_is_type_stable)
{
	static void *first[TYPED], *second[TYPED];
	struct kmem_cache *cache;

	cache = kmem_cache_create("test_typed", sizeof(struct typed), 64, SLAB_TYPESAFE_BY_RCU,
				  NULL);
	REQUIRE(cache);
	for (u32 i = 0; i < TYPED; i++) {
		struct typed *obj = first[i] = kmem_cache_alloc(cache, GFP_KERNEL);

		REQUIRE(obj);
		EXPECT(IS_ALIGNED((unsigned long)obj, 64));
		obj->words[0] = obj->words[4] = i + 1;
	}
	EXPECT_EQ(kmem_cache_in_use(cache), TYPED);
	for (u32 i = 0; i < TYPED; i++)
		kmem_cache_free(cache, first[i]);
	EXPECT_EQ(kmem_cache_in_use(cache), 0);
	for (u32 i = 0; i < TYPED; i++) {
		struct typed *obj = first[i];

		EXPECT(READ_ONCE(obj->words[0]) == i + 1 && READ_ONCE(obj->words[4]) == i + 1);
	}
	for (u32 i = 0; i < TYPED; i++)
		second[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	EXPECT(same_objects(first, second));
	for (u32 i = 0; i < TYPED; i++)
		kmem_cache_free(cache, second[i]);
	kmem_cache_destroy(cache);
}
