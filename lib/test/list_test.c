/* Lists: each operation, and random sequences of operations against an array. */
/* SPDX-License-Identifier: MIT */
// sources:
// flags:
#include "lib/list.h"
#include "lib/test/include/test.h"

#define ITEMS 16

/* Aligned more strictly than a list's head is, which must not disturb the end of a walk. */
struct item {
	int number;
	struct list_head link;
	struct hlist_node node;
} __aligned(64);

/* The list as it should be. */
struct model {
	struct item *items[ITEMS];
	size_t count;
};

static void model_insert(struct model *model, size_t at, struct item *item)
{
	for (size_t i = model->count++; i > at; i--)
		model->items[i] = model->items[i - 1];
	model->items[at] = item;
}

static struct item *model_remove(struct model *model, size_t at)
{
	struct item *item = model->items[at];

	model->count--;
	for (size_t i = at; i < model->count; i++)
		model->items[i] = model->items[i + 1];
	return item;
}

/* The list is the model's items, in both directions, and nothing else. */
static void check(struct list_head *head, const struct model *model)
{
	struct item *item;
	size_t i = 0;

	list_for_each_entry(item, head, link) {
		assert_true(i < model->count);
		assert_ptr_equal(item, model->items[i++]);
	}
	assert_int_equal(i, model->count);
	list_for_each_entry_reverse(item, head, link)
		assert_ptr_equal(item, model->items[--i]);
	assert_int_equal(i, 0);
	assert_int_equal(list_empty(head), model->count == 0);
	assert_int_equal(list_empty_careful(head), model->count == 0);
	assert_int_equal(list_is_singular(head), model->count == 1);
}

/* One random operation on a list and on its model; `unused` holds the items on no list. */
static void operate(struct rand_state *rand, struct list_head *head, struct model *model,
		    struct model *unused)
{
	struct item *item;
	size_t at;

	if (unused->count && (!model->count || rand_below(rand, 2))) {
		item = model_remove(unused, unused->count - 1);
		if (rand_below(rand, 2)) {
			list_add(&item->link, head);
			model_insert(model, 0, item);
		} else {
			list_add_tail(&item->link, head);
			model_insert(model, model->count, item);
		}
		return;
	}
	at = rand_below(rand, (u32)model->count);
	item = model_remove(model, at);
	switch (rand_below(rand, 5)) {
	case 0:
		list_move(&item->link, head);
		model_insert(model, 0, item);
		return;
	case 1:
		list_move_tail(&item->link, head);
		model_insert(model, model->count, item);
		return;
	case 2:
		list_del(&item->link);
		assert_ptr_equal(item->link.next, LIST_POISON1);
		assert_ptr_equal(item->link.prev, LIST_POISON2);
		break;
	case 3:
		list_del_init(&item->link);
		assert_true(list_empty(&item->link));
		break;
	case 4:
		list_del_init_careful(&item->link);
		assert_true(list_empty_careful(&item->link));
		break;
	}
	model_insert(unused, 0, item);
}

static void random_operations(__unused void **state)
{
	struct model model = { .count = 0 }, unused = { .count = 0 };
	static struct item items[ITEMS];
	struct rand_state rand;
	LIST_HEAD(head);

	rand_seed(&rand, test_seed());
	for (size_t i = 0; i < ITEMS; i++)
		model_insert(&unused, i, &items[i]);
	check(&head, &model);
	for (int round = 0; round < 100000; round++) {
		operate(&rand, &head, &model, &unused);
		check(&head, &model);
	}
}

/* Puts `count` items, numbered from `first`, on a list. */
static void make_list(struct list_head *head, struct item *items, int first, int count)
{
	INIT_LIST_HEAD(head);
	for (int i = 0; i < count; i++) {
		items[i].number = first + i;
		list_add_tail(&items[i].link, head);
	}
}

static void check_numbers(struct list_head *head, const char *expected)
{
	char actual[32] = "";
	size_t length = 0;
	struct item *item;

	list_for_each_entry(item, head, link)
		actual[length++] = (char)('0' + item->number);
	assert_string_equal(actual, expected);
}

static void lists_are_spliced(__unused void **state)
{
	struct item a[2], b[3];
	struct list_head from, to;

	make_list(&from, a, 1, 2);
	make_list(&to, b, 5, 3);
	list_splice_init(&from, &to);
	check_numbers(&to, "12567");
	assert_true(list_empty(&from));

	make_list(&from, a, 1, 2);
	make_list(&to, b, 5, 3);
	list_splice_tail_init(&from, &to);
	check_numbers(&to, "56712");
	list_splice(&from, &to);
	list_splice_tail(&from, &to);
	check_numbers(&to, "56712");

	make_list(&from, a, 1, 2);
	INIT_LIST_HEAD(&to);
	list_splice(&from, &to);
	check_numbers(&to, "12");
}

static void ends_and_neighbours(__unused void **state)
{
	struct item items[3];
	struct list_head head;

	make_list(&head, items, 1, 3);
	assert_ptr_equal(list_first_entry(&head, struct item, link), &items[0]);
	assert_ptr_equal(list_last_entry(&head, struct item, link), &items[2]);
	assert_ptr_equal(list_next_entry(&items[0], link), &items[1]);
	assert_ptr_equal(list_prev_entry(&items[2], link), &items[1]);
	assert_true(list_is_first(&items[0].link, &head));
	assert_false(list_is_first(&items[1].link, &head));
	assert_true(list_is_last(&items[2].link, &head));
	assert_ptr_equal(list_first_entry_or_null(&head, struct item, link), &items[0]);
	INIT_LIST_HEAD(&head);
	assert_null(list_first_entry_or_null(&head, struct item, link));
	assert_true(list_is_head(head.next, &head));
}

static void an_element_is_replaced(__unused void **state)
{
	struct item items[3], other = { .number = 9 };
	struct list_head head;

	make_list(&head, items, 1, 3);
	list_replace(&items[1].link, &other.link);
	check_numbers(&head, "193");
	list_del(&items[0].link);
	list_replace(&other.link, &items[0].link);
	check_numbers(&head, "13");
}

/* The safe walks let the body free what it stands on. */
static void safe_walks_survive_removal(__unused void **state)
{
	struct item *item, *other;
	struct list_head *link, *after;
	LIST_HEAD(head);

	for (int i = 0; i < 5; i++) {
		item = aligned_alloc(64, sizeof(*item));
		list_add_tail(&item->link, &head);
	}
	list_for_each_safe(link, after, &head) {
		if (list_is_first(link, &head)) {
			list_del(link);
			free(list_entry(link, struct item, link));
			break;
		}
	}
	list_for_each_entry_safe(item, other, &head, link) {
		if (list_is_last(&other->link, &head))
			break;
		list_del(&item->link);
		free(item);
	}
	list_for_each_entry_safe_reverse(item, other, &head, link) {
		list_del(&item->link);
		free(item);
	}
	assert_true(list_empty(&head));
	list_for_each(link, &head)
		fail();
}

static void hash_chains(__unused void **state)
{
	struct item items[4], *item;
	struct hlist_node *after;
	HLIST_HEAD(head);
	int sum = 0;

	assert_true(hlist_empty(&head));
	for (int i = 0; i < 4; i++) {
		items[i].number = 1 << i;
		INIT_HLIST_NODE(&items[i].node);
		assert_true(hlist_unhashed(&items[i].node));
		hlist_add_head(&items[i].node, &head);
	}
	hlist_del(&items[1].node);
	assert_ptr_equal(items[1].node.next, LIST_POISON1);
	hlist_del_init(&items[3].node);
	hlist_del_init(&items[3].node);
	assert_true(hlist_unhashed(&items[3].node));
	hlist_for_each_entry(item, &head, node)
		sum = sum * 10 + item->number;
	assert_int_equal(sum, 41);
	hlist_for_each_entry_safe(item, after, &head, node)
		hlist_del(&item->node);
	assert_true(hlist_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations),
		cmocka_unit_test(lists_are_spliced),
		cmocka_unit_test(ends_and_neighbours),
		cmocka_unit_test(an_element_is_replaced),
		cmocka_unit_test(safe_walks_survive_removal),
		cmocka_unit_test(hash_chains),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
