/* slab_misuse_test.c: what the checked profile says to whoever uses memory wrongly.
 * SPDX-License-Identifier: MIT
 *
 * Every report is asked for by what it must say: what happened, where the object was allocated, where
 * it was freed. The functions that do so are not inlined: they are what a report names.
 */
#include "kernel/core/kstrdup.h"
#include "kernel/core/panic.h"
#include "kernel/core/timer_list.h"
#include "kernel/core/vmalloc.h"

#include "kernel/test/lock_test.h"
#include "kernel/workqueue.h"

#define NO_CHECKS "the fast profile does not check this"

static noinline void *who_allocates(size_t size)
{
	return kmalloc(size, GFP_ATOMIC);
}

static noinline void who_frees(void *obj)
{
	kfree(obj);
}

static void free_it(void *obj)
{
	kfree(obj);
}

/* ---- Writes beyond an object ---------------------------------------------------------------------- */

/* One byte at @offset is changed: freeing finds it, and says who allocated the object. */
static void check_stray(size_t size, long offset, const char *text)
{
	u8 *obj = who_allocates(size);
	u8 was;

	REQUIRE(obj);
	was = READ_ONCE(obj[offset]);
	WRITE_ONCE(obj[offset], (u8)~was);
	EXPECT(test_panics(free_it, obj, text));
	EXPECT(test_panics(free_it, obj, "allocated at who_allocates+"));
	WRITE_ONCE(obj[offset], was);
	kfree(obj);
}

TEST(slab_write_beyond_end)
{
	static const size_t sizes[] = {
		1, 15, 16, 17, 100, 200, 256, 1000, 2048, 4000, 4096, 20000
	};

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_stray(sizes[i], (long)sizes[i], "beyond its end: byte");
		check_stray(sizes[i], (long)sizes[i] + 7, "beyond its end: byte");
	}
	check_stray(200, 200, "byte 200 is");
	check_stray(200, 200, "object");
	check_stray(200, 255, "of 200 bytes");
}

TEST(slab_write_before_beginning)
{
	static const size_t sizes[] = { 1, 16, 100, 256, 2048 };

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_stray(sizes[i], -1, "before its beginning: byte -1 is");
		check_stray(sizes[i], -16, "before its beginning: byte -16 is");
	}
}

/* A shorter object has more bytes that it may not write to; a longer one, fewer. */
TEST(slab_write_beyond_resized)
{
	u8 *obj;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	obj = krealloc(who_allocates(200), 100, GFP_KERNEL);
	REQUIRE(obj);
	obj[100] ^= 1;
	EXPECT(test_panics(free_it, obj, "byte 100 is"));
	obj[100] ^= 1;
	EXPECT(krealloc(obj, 250, GFP_KERNEL) == obj);
	obj[249] ^= 1;
	obj[250] ^= 1;
	EXPECT(test_panics(free_it, obj, "byte 250 is"));
	obj[250] ^= 1;
	kfree(obj);
}

/* ---- Use after free, double free, free of what is something else --------------------------------- */

static void allocate(void *size)
{
	who_allocates((size_t)size);
}

/* Preemption is off, so that nobody else is given the object in between. */
static void check_late_write(size_t size, long offset, const char *text)
{
	u8 *obj = who_allocates(size);

	REQUIRE(obj);
	preempt_disable();
	who_frees(obj);
	WRITE_ONCE(obj[offset], 0x42);
	EXPECT(test_panics(allocate, (void *)size, text));
	preempt_enable();
	kfree(obj); // It was given out, in the call that was ended.
}

TEST(slab_use_after_free)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	check_late_write(200, 0, "byte 0 is 0x42");
	check_late_write(200, 199, "byte 199 is 0x42");
	check_late_write(16, 8, "written to while it was free");
	check_late_write(2048, 2047, "allocated at who_allocates+");
	check_late_write(2000, 2001, "freed at who_frees+");
	check_late_write(100, -3, "byte -3 is 0x42");
}

/* ---- The same, found without an allocation ---- */

static char *let_go;

static noinline void let_it_go(void)
{
	kfree(let_go);
}

static bool is_let_it_go(const void *code)
{
	return (unsigned long)code - (unsigned long)let_it_go < 64;
}

static void look_for_late_write(void *unused)
{
	memory_check_freed(is_let_it_go);
}

TEST(slab_write_found_at_the_end)
{
	if (!CONFIG_CHECKED)
		SKIP("the fast profile keeps no notes");
	let_go = kmalloc(100, GFP_KERNEL);
	REQUIRE(let_go);
	let_it_go();
	EXPECT_EQ(test_warnings(look_for_late_write, NULL, ""), 0);
	WRITE_ONCE(let_go[40], 1);
	EXPECT_EQ(test_warnings(look_for_late_write, NULL, "byte 40 is 0x1"), 1);
	EXPECT_EQ(test_warnings(look_for_late_write, NULL, "freed at let_it_go"), 1);
	WRITE_ONCE(let_go[40], SLAB_POISON_FREE);
}

TEST(slab_double_free)
{
	u8 *obj;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	obj = who_allocates(100);
	REQUIRE(obj);
	preempt_disable();
	who_frees(obj);
	EXPECT(test_panics(free_it, obj, "it is free already"));
	EXPECT(test_panics(free_it, obj, "at free_it+"));
	EXPECT(test_panics(free_it, obj, "of 100 bytes, allocated at who_allocates+"));
	EXPECT(test_panics(free_it, obj, "freed at who_frees+"));
	preempt_enable();
}

static struct kmem_cache *caches[2];

static void free_into_second(void *obj)
{
	kmem_cache_free(caches[1], obj);
}

static void destroy_first(void *unused)
{
	kmem_cache_destroy(caches[0]);
}

static noinline void *who_takes(void)
{
	return kmem_cache_alloc(caches[0], GFP_ATOMIC);
}

TEST(kmem_cache_misuse)
{
	void *obj;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	caches[0] = kmem_cache_create("first", 40, 0, 0, NULL);
	caches[1] = kmem_cache_create("second", 40, 0, 0, NULL);
	REQUIRE(caches[0] && caches[1]);
	obj = who_takes();
	REQUIRE(obj);
	EXPECT(test_panics(free_into_second, obj, "it is not of this cache, but of \"first\""));
	EXPECT(test_panics(free_into_second, obj, "allocated at who_takes+"));
	EXPECT(test_panics(free_into_second, &caches, "it is not of this cache"));
	EXPECT(test_panics(destroy_first, NULL, "\"first\" is destroyed"));
	EXPECT(test_panics(destroy_first, NULL, "with 1 objects in use; object"));
	EXPECT(test_panics(destroy_first, NULL, "allocated at who_takes+"));
	kmem_cache_free(caches[0], obj);
	*(volatile u8 *)obj = 1;
	EXPECT(test_panics(destroy_first, NULL, "written to while it was free: byte 0 is 0x1"));
	*(volatile u8 *)obj = 0x6b; // That block is lost with its fault, the cache is whole.
	kmem_cache_destroy(caches[0]);
	kmem_cache_destroy(caches[1]);
}

static void vfree_it(void *obj)
{
	vfree(obj);
}

static void free_page_of_order_1(void *obj)
{
	free_pages((unsigned long)obj, 1);
}

/* Each kind of memory goes back the way it came. */
TEST(pages_freed_as_others)
{
	void *slab = kmalloc(100, GFP_KERNEL), *large = kmalloc(8000, GFP_KERNEL);
	void *area = vmalloc(8000);
	unsigned long page = __get_free_page(GFP_KERNEL);

	REQUIRE(slab && large && area && page);
	EXPECT(test_panics(free_it, area, "not allocated for this"));
	EXPECT(test_panics(free_it, (void *)page, "not allocated for this"));
	EXPECT(test_panics(vfree_it, large, "not allocated for this"));
	EXPECT(test_panics(vfree_it, slab, "not allocated for this"));
	EXPECT(test_panics(vfree_it, (char *)area + 16, "not allocated for this"));
	EXPECT(test_panics(free_page_of_order_1, (void *)page, "did not give this out so"));
	EXPECT(test_panics(free_page_of_order_1, large, "did not give this out so"));
	kfree(slab);
	kfree(large);
	vfree(area);
	free_page(page);
	EXPECT(test_panics(vfree_it, area, "free already"));
	EXPECT(!CONFIG_CHECKED || test_panics(vfree_it, NULL, "vfree() may sleep")); // not there
}

/* ---- GFP_KERNEL where one may not sleep; test_panics() has preemption off ---- */

static struct kmem_cache *asked_cache;

static void kmalloc_small(void *unused)
{
	kmalloc(100, GFP_KERNEL);
}

static void kzalloc_large(void *unused)
{
	kzalloc(8000, GFP_KERNEL);
}

static void alloc_of_cache(void *unused)
{
	kmem_cache_alloc(asked_cache, GFP_KERNEL);
}

static void vmalloc_some(void *unused)
{
	vmalloc(100);
}

static void duplicate(void *unused)
{
	kstrdup("text", GFP_KERNEL);
}

static void get_page(void *unused)
{
	__get_free_page(GFP_KERNEL);
}

TEST(alloc_where_nobody_may_sleep)
{
	static void (*const asks[])(void *) = { kmalloc_small, kzalloc_large, alloc_of_cache,
						vmalloc_some,  duplicate,     get_page };
	unsigned long flags;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	asked_cache = kmem_cache_create("asked", 100, 0, 0, NULL);
	REQUIRE(asked_cache);
	for (unsigned int i = 0; i < ARRAY_SIZE(asks); i++)
		EXPECT(test_panics(asks[i], NULL, "GFP_ATOMIC is for there"));
	local_irq_save(flags);
	kfree(kmalloc(100, GFP_ATOMIC));
	kfree(kmalloc(8000, GFP_NOWAIT | __GFP_ZERO));
	kmem_cache_free(asked_cache, kmem_cache_alloc(asked_cache, GFP_ATOMIC));
	local_irq_restore(flags);
	kmem_cache_destroy(asked_cache);
}

/* ---- Timers in memory that is freed ---------------------------------------------------------------- */

struct timed {
	char before[40];
	struct timer_list timer;
	struct delayed_work dwork;
};

static void never_called(struct timer_list *timer)
{
	EXPECT(false);
}

static void never_works(struct work_struct *work)
{
	EXPECT(false);
}

static void count_pending(const struct timer_list *timer, void *arg)
{
	const struct timed *timed = container_of(timer, struct timed, timer);

	((unsigned int *)arg)[0] += timer->function == never_called;
	EXPECT(timer->function != never_called || timed->before[0] == 'b');
}

/* Each is reported, and is no more in the list, which goes on without it. */
TEST(slab_freed_with_timer)
{
	struct timed *freed = kmalloc(sizeof(*freed), GFP_KERNEL);
	struct timed other = { .before = "b" };
	unsigned int pending = 0;

	if (!CONFIG_CHECKED) {
		kfree(freed);
		SKIP(NO_CHECKS);
	}
	REQUIRE(freed);
	freed->before[0] = 'b';
	timer_setup(&freed->timer, never_called, 0);
	timer_setup(&other.timer, never_called, 0);
	INIT_DELAYED_WORK(&freed->dwork, never_works);
	mod_timer(&freed->timer, jiffies + 1000 * HZ);
	mod_timer(&other.timer, jiffies + 2000 * HZ);
	schedule_delayed_work(&freed->dwork, 1500 * HZ);
	EXPECT_EQ(warn_expect(free_it, freed, "in it"), 2);
	timer_list_walk(count_pending, &pending);
	EXPECT_EQ(pending, 1);
	EXPECT_EQ(timer_delete_sync(&other.timer), 1);
}

static void free_timed(void *timed)
{
	mod_timer(&((struct timed *)timed)->timer, jiffies + 1000 * HZ);
	kfree(timed);
}

TEST(slab_freed_with_timer_text)
{
	struct timed *timed = kmalloc(sizeof(*timed), GFP_KERNEL);

	if (!CONFIG_CHECKED) {
		kfree(timed);
		SKIP(NO_CHECKS);
	}
	REQUIRE(timed);
	timer_setup(&timed->timer, never_called, 0);
	EXPECT_EQ(warn_expect(free_timed, timed, "would call never_called+0x0"), 1);
}
