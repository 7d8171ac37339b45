/* Lists: moving parts of them, walks from the middle, sorting. */
/* SPDX-License-Identifier: MIT */
// sources: lib/list_sort.c
// flags:
#include "lib/list_sort.h"
#include "lib/test/include/test.h"

#define ITEMS 9

struct item {
	int number;
	struct list_head link;
};

/* Items numbered from 1, on `head`. */
static void make(struct list_head *head, struct item *items, int count)
{
	INIT_LIST_HEAD(head);
	for (int i = 0; i < count; i++) {
		items[i].number = i + 1;
		list_add_tail(&items[i].link, head);
	}
}

/* The numbers on the list, forward; backward it must be the same. */
static void check(struct list_head *head, const char *expected)
{
	size_t length = 0;
	struct item *item;
	char actual[ITEMS + 1] = "";

	list_for_each_entry(item, head, link)
		actual[length++] = (char)('0' + item->number);
	list_for_each_entry_reverse(item, head, link)
		assert_int_equal(actual[--length], '0' + item->number);
	assert_int_equal(length, 0);
	assert_string_equal(actual, expected);
}

static void elements_change_places(__unused void **state)
{
	struct item items[4], others[2];
	struct list_head head, more;

	make(&head, items, 4);
	list_swap(&items[0].link, &items[3].link);
	check(&head, "4231");
	list_swap(&items[1].link, &items[2].link);
	check(&head, "4321");
	list_swap(&items[1].link, &items[2].link);
	check(&head, "4231");
	make(&more, others, 2);
	list_swap(&others[1].link, &items[0].link);
	check(&head, "4232");
	check(&more, "11");
	list_replace_init(&items[1].link, &others[0].link);
	assert_true(list_empty(&items[1].link));
	check(&head, "4132");
}

static void lists_are_rotated(__unused void **state)
{
	struct item items[4];
	struct list_head head;

	make(&head, items, 4);
	list_rotate_left(&head);
	check(&head, "2341");
	list_rotate_to_front(&items[3].link, &head);
	check(&head, "4123");
	list_rotate_to_front(&items[3].link, &head);
	check(&head, "4123");
	make(&head, items, 1);
	list_rotate_left(&head);
	list_rotate_to_front(&items[0].link, &head);
	check(&head, "1");
	INIT_LIST_HEAD(&head);
	list_rotate_left(&head);
	check(&head, "");
}

static void lists_are_cut(__unused void **state)
{
	struct list_head head, front;
	struct item items[4], more[3];

	for (int at = 0; at < 4; at++) {
		make(&head, items, 4);
		list_cut_position(&front, &head, &items[at].link);
		check(&front, (const char *[]){ "1", "12", "123", "1234" }[at]);
		check(&head, (const char *[]){ "234", "34", "4", "" }[at]);
		make(&head, items, 4);
		list_cut_before(&front, &head, &items[at].link);
		check(&front, (const char *[]){ "", "1", "12", "123" }[at]);
		check(&head, (const char *[]){ "1234", "234", "34", "4" }[at]);
	}
	make(&head, items, 4);
	list_cut_position(&front, &head, &head);
	check(&front, "");
	list_cut_before(&front, &head, &head);
	check(&front, "1234");
	check(&head, "");
	make(&head, more, 3);
	list_bulk_move_tail(&head, &items[1].link, &items[2].link);
	check(&head, "12323");
	check(&front, "14");
}

static void walks_begin_anywhere(__unused void **state)
{
	struct item items[5], *item, *other;
	struct list_head head, *link, *next;
	int seen = 0;

	make(&head, items, 5);
	item = &items[1];
	list_for_each_entry_continue(item, &head, link)
		seen = seen * 10 + item->number;
	assert_int_equal(seen, 345);
	item = &items[2];
	list_for_each_entry_from(item, &head, link)
		seen = seen * 10 + item->number;
	assert_int_equal(seen, 345345);
	item = &items[2];
	seen = 0;
	list_for_each_entry_continue_reverse(item, &head, link)
		seen = seen * 10 + item->number;
	assert_int_equal(seen, 21);
	item = &items[2];
	list_for_each_entry_from_reverse(item, &head, link)
		seen = seen * 10 + item->number;
	assert_int_equal(seen, 21321);
	item = list_prepare_entry((struct item *)NULL, &head, link);
	list_for_each_entry_continue(item, &head, link)
		seen = item->number;
	assert_int_equal(seen, 5);
	item = &items[1];
	list_for_each_entry_safe_continue(item, other, &head, link)
		list_del(&item->link);
	check(&head, "12");
	item = &items[1];
	list_for_each_entry_safe_from(item, other, &head, link)
		list_del(&item->link);
	check(&head, "1");
	make(&head, items, 3);
	seen = 0;
	list_for_each_prev(link, &head)
		seen = seen * 10 + list_entry(link, struct item, link)->number;
	assert_int_equal(seen, 321);
	list_for_each_prev_safe(link, next, &head)
		list_del(link);
	check(&head, "");
}

#define SORTED_MAX 100

static int by_tens(void *priv, const struct list_head *a, const struct list_head *b)
{
	(*(int *)priv)++;
	return list_entry(a, struct item, link)->number / 10 -
	       list_entry(b, struct item, link)->number / 10;
}

/* By tens; among those of equal tens in the order in which they were, which the ones tell. */
static void lists_are_sorted(__unused void **state)
{
	static struct item items[SORTED_MAX];
	struct rand_state rand;
	struct item *item;

	rand_seed(&rand, test_seed());
	for (int round = 0; round < 3000; round++) {
		int count = (int)rand_below(&rand, SORTED_MAX + 1), compared = 0, seen = 0;
		int ones[10] = { 0 }, before = 0;
		LIST_HEAD(head);

		for (int i = 0; i < count; i++) {
			int tens = (int)rand_below(&rand, 10);

			items[i].number = tens * 1000 + ones[tens]++;
			items[i].number = tens * 10 + min(items[i].number % 1000, 9);
			list_add_tail(&items[i].link, &head);
		}
		list_sort(&compared, &head, by_tens);
		list_for_each_entry(item, &head, link) {
			assert_true(item->number >= before);
			assert_ptr_equal(item->link.next->prev, &item->link);
			before = item->number;
			seen++;
		}
		assert_int_equal(seen, count);
		assert_true(compared <= count * 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_change_places), cmocka_unit_test(lists_are_rotated),
		cmocka_unit_test(lists_are_cut),          cmocka_unit_test(walks_begin_anywhere),
		cmocka_unit_test(lists_are_sorted),
	};

	return cmocka_run_group_tests_name("list_more", tests, NULL, NULL);
}
