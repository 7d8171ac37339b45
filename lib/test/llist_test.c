/* Lists without a lock: each operation, and threads that add while another takes. */
/* SPDX-License-Identifier: MIT */
// sources:
// flags: -pthread
#include <pthread.h>

#include "lib/llist.h"
#include "lib/test/include/test.h"

#define ITEMS  16
#define ADDERS 3
#define LOADS  20000
#define ALL    (ADDERS * LOADS)

/* The node is not at the beginning, so that the end of a walk is not found by luck. */
struct item {
	int number;
	struct llist_node node;
};

static struct item items[ITEMS];

static void number_items(void)
{
	for (int i = 0; i < ITEMS; i++)
		items[i].number = i;
}

static void added_and_taken(void **state)
{
	LLIST_HEAD(list);
	struct llist_node *taken;
	struct item *item;
	int n = 0;

	number_items();
	assert_true(llist_empty(&list));
	assert_null(llist_del_all(&list));
	assert_true(llist_add(&items[0].node, &list));
	assert_false(llist_empty(&list));
	for (int i = 1; i < ITEMS; i++)
		assert_false(llist_add(&items[i].node, &list));
	taken = llist_del_all(&list);
	assert_true(llist_empty(&list));
	llist_for_each_entry(item, taken, node) assert_int_equal(item->number, ITEMS - ++n);
	assert_int_equal(n, ITEMS);
	taken = llist_reverse_order(taken);
	n = 0;
	llist_for_each_entry(item, taken, node) assert_int_equal(item->number, n++);
	assert_int_equal(n, ITEMS);
	assert_true(llist_add(&items[0].node, &list));
}

static void walks_of_nothing(void **state)
{
	struct llist_node *node, *after;
	struct llist_head list;
	struct item *item, *next;

	init_llist_head(&list);
	assert_null(llist_reverse_order(NULL));
	llist_for_each(node, llist_del_all(&list)) fail();
	llist_for_each_safe(node, after, llist_del_all(&list)) fail();
	llist_for_each_entry(item, llist_del_all(&list), node) fail();
	llist_for_each_entry_safe(item, next, llist_del_all(&list), node) fail();
}

/* The body of a safe walk may do with its node what it likes: here it adds it to another list. */
static void safe_walks_survive_reuse(void **state)
{
	struct llist_node *node, *after;
	struct item *item, *next;
	LLIST_HEAD(one);
	LLIST_HEAD(two);
	int n = 0;

	number_items();
	for (int i = 0; i < ITEMS; i++)
		llist_add(&items[i].node, &one);
	llist_for_each_entry_safe(item, next, llist_del_all(&one), node)
		assert_int_equal(llist_add(&item->node, &two), item->number == ITEMS - 1);
	llist_for_each_safe(node, after, llist_del_all(&two))
	{
		assert_int_equal(llist_entry(node, struct item, node)->number, n++);
		node->next = NULL;
	}
	assert_int_equal(n, ITEMS);
}

static void a_chain_is_added(void **state)
{
	LLIST_HEAD(list);
	struct item *item;
	int n = 0;

	number_items();
	assert_true(llist_add(&items[2].node, &list));
	items[0].node.next = &items[1].node;
	assert_false(llist_add_batch(&items[0].node, &items[1].node, &list));
	llist_for_each_entry(item, llist_del_all(&list), node) assert_int_equal(item->number, n++);
	assert_int_equal(n, 3);
}

static void the_first_is_taken(void **state)
{
	LLIST_HEAD(list);

	number_items();
	assert_null(llist_del_first(&list));
	for (int i = 0; i < ITEMS; i++)
		llist_add(&items[i].node, &list);
	for (int i = ITEMS; i-- > 0;)
		assert_ptr_equal(llist_del_first(&list), &items[i].node);
	assert_null(llist_del_first(&list));
	assert_true(llist_empty(&list));
}

/* ---- Threads ---- */

static struct item all[ALL];
static struct llist_head shared;
static int finished; /* atomic */

static void *adds(void *arg)
{
	struct item *mine = &all[(long)arg * LOADS];

	for (int i = 0; i < LOADS; i++) {
		mine[i].number = i;
		llist_add(&mine[i].node, &shared);
	}
	__atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Each is taken once, those of one thread in the order in which it added them. */
static void threads_add_at_the_same_time(void **state)
{
	int next[ADDERS] = { 0 }, taken = 0;
	pthread_t threads[ADDERS];
	struct item *item, *after;
	bool last;

	for (long i = 0; i < ADDERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, adds, (void *)i), 0);
	do {
		last = __atomic_load_n(&finished, __ATOMIC_SEQ_CST) == ADDERS;
		llist_for_each_entry_safe(item, after, llist_reverse_order(llist_del_all(&shared)),
					  node)
		{
			assert_int_equal(item->number, next[(item - all) / LOADS]++);
			taken++;
		}
	} while (!last);
	assert_int_equal(taken, ALL);
	for (int i = 0; i < ADDERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_true(llist_empty(&shared));
}

/* The same, taken one at a time, the newest first: each once. */
static void one_takes_singly_meanwhile(void **state)
{
	pthread_t threads[ADDERS];
	struct llist_node *node;
	int taken = 0;
	bool last;

	finished = 0;
	for (long i = 0; i < ADDERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, adds, (void *)i), 0);
	do {
		last = __atomic_load_n(&finished, __ATOMIC_SEQ_CST) == ADDERS;
		while ((node = llist_del_first(&shared))) {
			struct item *item = llist_entry(node, struct item, node);

			assert_true(item->number >= 0);
			item->number = -1;
			taken++;
		}
	} while (!last);
	assert_int_equal(taken, ALL);
	for (int i = 0; i < ADDERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(added_and_taken),
		cmocka_unit_test(walks_of_nothing),
		cmocka_unit_test(safe_walks_survive_reuse),
		cmocka_unit_test(a_chain_is_added),
		cmocka_unit_test(the_first_is_taken),
		cmocka_unit_test(threads_add_at_the_same_time),
		cmocka_unit_test(one_takes_singly_meanwhile),
	};

	return cmocka_run_group_tests_name("llist", tests, NULL, NULL);
}
