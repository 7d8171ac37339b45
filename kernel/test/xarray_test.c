/* xarray_test.c: arrays with large gaps, against a plain one; readers meanwhile; idr and ida.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/xarray.h"

#include "kernel/idr.h"
#include "kernel/test/lock_test.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Places that need one node, two, many, and the whole height. */
static const unsigned long places[] = {
	0,
	1,
	63,
	64,
	65,
	127,
	4095,
	4096,
	4160,
	262143,
	262144,
	1UL << 32,
	(1UL << 60) - 1,
	1UL << 60,
	1UL << 63,
	~0UL - 1,
	~0UL,
};
#define PLACES ARRAY_SIZE(places)

static DEFINE_XARRAY(array);
static void *model[PLACES];

static void expect_as_model(void)
{
	unsigned long index;
	size_t i = 0, n = 0;
	void *entry;

	for (size_t j = 0; j < PLACES; j++) {
		EXPECT(xa_load(&array, places[j]) == model[j]);
		n += model[j] != NULL;
	}
	EXPECT_EQ(xa_empty(&array), n == 0);
	xa_for_each(&array, index, entry) {
		while (i < PLACES && !model[i])
			i++;
		REQUIRE(i < PLACES);
		EXPECT(index == places[i] && entry == model[i]);
		i++;
		n--;
	}
	EXPECT_EQ(n, 0);
	EXPECT(!xa_load(&array, 2) && !xa_load(&array, 1UL << 40));
}

TEST(xarray_random_operations)
{
	struct effort effort = effort_of(300, 200, 1);
	struct rand_state rand = test_seed();

	memset(model, 0, sizeof(model));
	for (unsigned int round = 0; effort_goes_on(&effort, round); round++) {
		u32 i = rand_below(&rand, PLACES);
		void *entry = xa_mk_value(rand_below(&rand, 1000));

		switch (rand_below(&rand, 5)) {
		case 0:
			EXPECT(xa_store(&array, places[i], entry, GFP_KERNEL) == model[i]);
			model[i] = entry;
			break;
		case 1:
			EXPECT_EQ(xa_insert(&array, places[i], entry, GFP_KERNEL),
				  model[i] ? -EBUSY : 0);
			model[i] = model[i] ?: entry;
			break;
		case 2:
			EXPECT(xa_cmpxchg(&array, places[i], NULL, entry, GFP_KERNEL) == model[i]);
			model[i] = model[i] ?: entry;
			break;
		default:
			EXPECT(xa_erase(&array, places[i]) == model[i]);
			model[i] = NULL;
		}
		expect_as_model();
	}
	xa_destroy(&array);
	EXPECT(xa_empty(&array));
	rcu_barrier();
}

TEST(xarray_values_and_reserved)
{
	DEFINE_XARRAY(xa);
	unsigned long index = 0;

	EXPECT(xa_is_value(xa_mk_value(LONG_MAX)) && !xa_is_value(&xa));
	EXPECT(xa_to_value(xa_mk_value(LONG_MAX)) == LONG_MAX);
	EXPECT_EQ(xa_err(xa_store(&xa, 1, &xa, GFP_KERNEL)), 0);
	EXPECT_EQ(xa_err(ERR_PTR(-ENOMEM)), -ENOMEM);
	EXPECT_EQ(xa_reserve(&xa, 5, GFP_KERNEL), 0);
	EXPECT(!xa_load(&xa, 5));
	EXPECT_EQ(xa_insert(&xa, 5, &xa, GFP_KERNEL), -EBUSY);
	EXPECT(xa_find(&xa, &index, ULONG_MAX, XA_PRESENT) == &xa && index == 1);
	EXPECT(!xa_find_after(&xa, &index, ULONG_MAX, XA_PRESENT) && index == 1);
	EXPECT(!xa_find_after(&xa, &index, 0, XA_PRESENT));
	xa_release(&xa, 5);
	xa_release(&xa, 1);
	EXPECT(xa_load(&xa, 1) == &xa);
	EXPECT(xa_erase(&xa, 1) == &xa && xa_empty(&xa));
	rcu_barrier();
}

TEST(xarray_alloc)
{
	DEFINE_XARRAY_ALLOC1(xa);
	u32 id, next = 0;

	for (u32 i = 1; i < 200; i++) {
		EXPECT_EQ(xa_alloc(&xa, &id, xa_mk_value(i), xa_limit_32b, GFP_KERNEL), 0);
		EXPECT_EQ(id, i);
	}
	xa_erase(&xa, 70);
	xa_erase(&xa, 130);
	EXPECT_EQ(xa_alloc(&xa, &id, &xa, XA_LIMIT(71, 190), GFP_KERNEL), 0);
	EXPECT_EQ(id, 130);
	EXPECT_EQ(xa_alloc(&xa, &id, &xa, XA_LIMIT(71, 190), GFP_KERNEL), -EBUSY);
	xa_destroy(&xa);
	for (int i = 0; i < 7; i++) {
		EXPECT_EQ(xa_alloc_cyclic(&xa, &id, &xa, XA_LIMIT(5, 8), &next, GFP_KERNEL),
			  i == 4);
		EXPECT_EQ(id, 5 + i % 4);
		xa_erase(&xa, id);
	}
	EXPECT_EQ(xa_alloc(&xa, &id, &xa, XA_LIMIT(UINT_MAX, UINT_MAX), GFP_KERNEL), 0);
	EXPECT_EQ(xa_alloc(&xa, &id, &xa, XA_LIMIT(UINT_MAX, UINT_MAX), GFP_KERNEL), -EBUSY);
	xa_destroy(&xa);
	rcu_barrier();
}

/* ---- Readers, while nodes come and go --------------------------------------------------------------- */

struct traffic {
	struct xarray xa;
	atomic_t wrong;
	bool end;
};

/* Index 3 always has its entry. The others have their own value, or nothing. */
static int read_on(void *arg)
{
	struct traffic *traffic = arg;
	unsigned long index;
	void *entry;

	while (!READ_ONCE(traffic->end)) {
		if (xa_load(&traffic->xa, 3) != xa_mk_value(3))
			atomic_inc(&traffic->wrong);
		xa_for_each(&traffic->xa, index, entry) {
			if (entry != xa_mk_value(index & LONG_MAX))
				atomic_inc(&traffic->wrong);
		}
	}
	return 0;
}

TEST(xarray_readers)
{
	struct effort effort = effort_of(300, 200, 1);
	struct rand_state rand = test_seed();
	struct traffic traffic = { .end = false };
	struct actor reader;

	xa_init(&traffic.xa);
	xa_store(&traffic.xa, 3, xa_mk_value(3), GFP_KERNEL);
	REQUIRE(actor_start(&reader, read_on, &traffic, test_cpu(1)));
	for (unsigned int i = 0; effort_goes_on(&effort, i); i++) {
		unsigned long index = places[2 + rand_below(&rand, PLACES - 2)];

		if (rand_below(&rand, 2))
			xa_store(&traffic.xa, index, xa_mk_value(index & LONG_MAX), GFP_KERNEL);
		else
			xa_erase(&traffic.xa, index);
		cond_resched();
	}
	WRITE_ONCE(traffic.end, true);
	actor_join(&reader);
	EXPECT_EQ(atomic_read(&traffic.wrong), 0);
	xa_destroy(&traffic.xa);
	rcu_barrier();
}

/* ---- idr and ida ------------------------------------------------------------------------------------ */

static int add_up(int id, void *ptr, void *data)
{
	*(int *)data += id;
	return ptr == &places[3] ? -7 : 0;
}

TEST(idr_gives_out_numbers)
{
	DEFINE_IDR(idr);
	int id, sum = 0;
	void *ptr;

	EXPECT(idr_is_empty(&idr));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(idr_alloc(&idr, (void *)&places[i], 0, 0, GFP_KERNEL), i);
	EXPECT_EQ(idr_alloc(&idr, (void *)&places[3], 100, 101, GFP_KERNEL), 100);
	EXPECT_EQ(idr_alloc(&idr, (void *)&places[3], 100, 101, GFP_KERNEL), -ENOSPC);
	EXPECT_EQ(idr_alloc(&idr, NULL, 50, 60, GFP_KERNEL), 50);
	EXPECT_EQ(idr_alloc(&idr, NULL, 50, 60, GFP_KERNEL), 51);
	EXPECT(idr_find(&idr, 1) == &places[1] && !idr_find(&idr, 50) && !idr_find(&idr, 7));
	idr_for_each_entry(&idr, ptr, id)
		sum += id;
	EXPECT_EQ(sum, 103);
	EXPECT_EQ(idr_for_each(&idr, add_up, &sum), -7);
	EXPECT_EQ(sum, 206);
	EXPECT(idr_replace(&idr, &sum, 1) == &places[1] && idr_find(&idr, 1) == &sum);
	EXPECT(!idr_replace(&idr, &sum, 50) && idr_find(&idr, 50) == &sum);
	EXPECT_EQ(PTR_ERR(idr_replace(&idr, &sum, 7)), -ENOENT);
	EXPECT(idr_remove(&idr, 1) == &sum && !idr_remove(&idr, 1));
	EXPECT_EQ(idr_alloc(&idr, &sum, 0, 0, GFP_KERNEL), 1);
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(idr_alloc_cyclic(&idr, &sum, 20, 24, GFP_KERNEL),
			  i < 4 ? 20 + i : -ENOSPC);
	idr_remove(&idr, 21);
	EXPECT_EQ(idr_alloc_cyclic(&idr, &sum, 20, 24, GFP_KERNEL), 21);
	EXPECT_EQ(idr_alloc_cyclic(&idr, &sum, 200, 0, GFP_KERNEL), 200);
	EXPECT(idr_remove(&idr, 200) == &sum);
	EXPECT_EQ(idr_alloc_cyclic(&idr, &sum, 200, 0, GFP_KERNEL), 201);
	idr_destroy(&idr);
	EXPECT(idr_is_empty(&idr));
	rcu_barrier();
}

TEST(idr_with_a_base)
{
	struct idr idr;
	u32 id = 5;

	idr_init_base(&idr, 10);
	EXPECT_EQ(idr_alloc(&idr, &idr, 0, 0, GFP_KERNEL), 10);
	EXPECT_EQ(idr_alloc_u32(&idr, &idr, &id, UINT_MAX, GFP_KERNEL), 0);
	EXPECT_EQ(id, 11);
	EXPECT_EQ(idr_alloc(&idr, &idr, 0, 10, GFP_KERNEL), -ENOSPC);
	EXPECT(idr_find(&idr, 11) == &idr && !idr_find(&idr, 1));
	EXPECT(idr_remove(&idr, 10) == &idr && idr_remove(&idr, 11) == &idr);
	EXPECT(idr_is_empty(&idr));
	rcu_barrier();
}

static DEFINE_IDA(ida);

static void free_seven(void *arg)
{
	ida_free(&ida, 7);
}

/* Each thread takes numbers and gives them back: no two have the same at once. */
static int use_numbers(void *arg)
{
	atomic_t *used = arg;
	int twice = 0;

	for (int i = 0; i < 300; i++) {
		int id = ida_alloc(&ida, GFP_KERNEL);

		twice += id < 0 || id >= 64 || atomic_inc_return(&used[id]) != 1;
		if (i % 10 == 0)
			yield();
		atomic_dec(&used[id]);
		ida_free(&ida, (unsigned int)id);
	}
	return twice;
}

TEST(ida_gives_out_numbers)
{
	static atomic_t used[64];
	unsigned int threads = min(2 * num_online_cpus(), 60U);

	EXPECT_EQ(ida_alloc(&ida, GFP_KERNEL), 0);
	EXPECT_EQ(ida_alloc_min(&ida, 5, GFP_KERNEL), 5);
	EXPECT_EQ(ida_simple_get(&ida, 5, 6, GFP_KERNEL), -ENOSPC);
	EXPECT_EQ(ida_alloc_max(&ida, 0, GFP_KERNEL), -ENOSPC);
	EXPECT_EQ(test_warnings(free_seven, NULL, "ida_free: 7"), 1);
	ida_free(&ida, 0);
	ida_simple_remove(&ida, 5);
	EXPECT(ida_is_empty(&ida));
	EXPECT_EQ(test_run_threads(threads, use_numbers, used), 0);
	EXPECT(ida_is_empty(&ida));
	rcu_barrier();
}
