/* Red-black trees: random changes against an array, and the rules after each. */
/* SPDX-License-Identifier: MIT */
// sources: lib/rbtree.c
// flags:
#include "lib/rbtree.h"
#include "lib/test/include/test.h"

#define ITEMS 60

struct item {
	int key;
	struct rb_node node;
};

static struct item items[ITEMS];
static struct rb_root_cached tree;

#define item_of(pointer) rb_entry(pointer, struct item, node)

static bool less(struct rb_node *a, const struct rb_node *b)
{
	return item_of(a)->key < item_of(b)->key;
}

static int compare_nodes(struct rb_node *a, const struct rb_node *b)
{
	return item_of(a)->key - item_of(b)->key;
}

static int compare_key(const void *key, const struct rb_node *node)
{
	return *(const int *)key - item_of(node)->key;
}

static bool is_black(const struct rb_node *node)
{
	return !node || (node->__rb_parent_color & 1);
}

/* Rules R and B of lib/rbtree.c, and the parents. Returns the black nodes on each way down. */
static int check_below(const struct rb_node *node, const struct rb_node *parent)
{
	int left, right;

	if (!node)
		return 0;
	assert_ptr_equal(rb_parent(node), parent);
	assert_true(is_black(node) || is_black(parent));
	left = check_below(node->rb_left, node);
	right = check_below(node->rb_right, node);
	assert_int_equal(left, right);
	return left + is_black(node);
}

/* The tree has the items that are `in`, in order, and is balanced. */
static void check(const bool *in)
{
	struct rb_node *node = rb_last(&tree.rb_root);
	int expected = 0, seen = 0, key = -1;

	assert_true(is_black(tree.rb_root.rb_node));
	check_below(tree.rb_root.rb_node, NULL);
	for (int i = 0; i < ITEMS; i++)
		expected += in[i];
	assert_int_equal(RB_EMPTY_ROOT(&tree.rb_root), expected == 0);
	assert_ptr_equal(rb_first_cached(&tree), rb_first(&tree.rb_root));
	for (; node; node = rb_prev(node))
		seen++;
	assert_int_equal(seen, expected);
	for (node = rb_first(&tree.rb_root); node; node = rb_next(node)) {
		assert_true(in[item_of(node) - items]);
		assert_true(item_of(node)->key >= key);
		key = item_of(node)->key;
		seen--;
	}
	assert_int_equal(seen, 0);
}

static void random_changes(__unused void **state)
{
	bool in[ITEMS] = { false };
	struct rand_state rand;

	rand_seed(&rand, test_seed());
	tree = RB_ROOT_CACHED;
	for (int i = 0; i < ITEMS; i++)
		RB_CLEAR_NODE(&items[i].node);
	for (int round = 0; round < 60000; round++) {
		// Now rather more, now rather fewer, so that it becomes empty and full.
		u32 i = rand_below(&rand, ITEMS), fill = round / 3000 % 2 ? 3 : 1;

		if (in[i] && rand_below(&rand, 4) >= fill) {
			rb_erase_cached(&items[i].node, &tree);
			RB_CLEAR_NODE(&items[i].node);
			assert_true(RB_EMPTY_NODE(&items[i].node));
			assert_null(rb_next(&items[i].node));
			in[i] = false;
		} else if (!in[i] && rand_below(&rand, 4) < fill) {
			items[i].key = (int)rand_below(&rand, ITEMS);
			rb_add_cached(&items[i].node, &tree, less);
			in[i] = true;
		}
		check(in);
	}
}

static void finding(__unused void **state)
{
	struct rb_root root = RB_ROOT;
	struct rb_node *node;
	struct item twin;
	int key, seen = 0;

	for (int i = 0; i < ITEMS; i++) {
		items[i].key = i / 3 * 2;
		rb_add(&items[i].node, &root, less);
	}
	for (key = -1; key <= ITEMS / 3 * 2; key++) {
		bool there = key >= 0 && key < ITEMS / 3 * 2 && key % 2 == 0;

		assert_int_equal(rb_find(&key, &root, compare_key) != NULL, there);
		seen = 0;
		rb_for_each(node, &key, &root, compare_key) {
			assert_ptr_equal(node, &items[key / 2 * 3 + seen].node);
			seen++;
		}
		assert_int_equal(seen, there ? 3 : 0);
	}
	twin.key = 10;
	node = rb_find_add(&twin.node, &root, compare_nodes);
	assert_int_equal(item_of(node)->key, 10);
	twin.key = 11;
	assert_null(rb_find_add(&twin.node, &root, compare_nodes));
	assert_ptr_equal(rb_find(&twin.key, &root, compare_key), &twin.node);
	check_below(root.rb_node, NULL);
}

static void replacing(__unused void **state)
{
	struct item other = { .key = 3 };

	tree = RB_ROOT_CACHED;
	for (int i = 0; i < 7; i++) {
		items[i].key = i;
		assert_ptr_equal(rb_add_cached(&items[i].node, &tree, less),
				 i ? NULL : &items[i].node);
	}
	for (int i = 0; i < 7; i++) {
		rb_replace_node_cached(&items[i].node, &other.node, &tree);
		check_below(tree.rb_root.rb_node, NULL);
		assert_ptr_equal(rb_first_cached(&tree), rb_first(&tree.rb_root));
		if (i)
			assert_ptr_equal(rb_prev(&other.node), &items[i - 1].node);
		rb_replace_node_cached(&other.node, &items[i].node, &tree);
	}
}

/* Each element is freed when its children are. */
static void postorder(__unused void **state)
{
	struct rb_root root = RB_ROOT;
	struct item *item, *after;
	int seen = 0;

	for (int i = 0; i < 33; i++) {
		item = malloc(sizeof(*item));
		item->key = i * 7 % 33;
		rb_add(&item->node, &root, less);
	}
	rbtree_postorder_for_each_entry_safe(item, after, &root, node) {
		free(item);
		seen++;
	}
	assert_int_equal(seen, 33);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_changes),
		cmocka_unit_test(finding),
		cmocka_unit_test(replacing),
		cmocka_unit_test(postorder),
	};

	return cmocka_run_group_tests_name("rbtree", tests, NULL, NULL);
}
