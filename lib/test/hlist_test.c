/* Chains, and the hash tables made of them. */
/* SPDX-License-Identifier: MIT */
// sources:
// flags:
#include "lib/hashtable.h"
#include "lib/jhash.h"
#include "lib/test/include/test.h"

#include <string.h>

struct item {
	u32 key;
	int number;
	struct hlist_node node;
};

/* The numbers of a chain, and every node's way back. */
static int numbers(struct hlist_head *head)
{
	struct hlist_node **link = &head->first;
	struct item *item;
	int sum = 0;

	hlist_for_each_entry(item, head, node) {
		assert_ptr_equal(item->node.pprev, link);
		link = &item->node.next;
		sum = sum * 10 + item->number;
	}
	return sum;
}

static void chains(__unused void **state)
{
	struct item items[5], *item;
	struct hlist_node *node, *after;
	HLIST_HEAD(head);
	HLIST_HEAD(other);

	for (int i = 0; i < 5; i++)
		items[i].number = i + 1;
	hlist_add_head(&items[1].node, &head);
	assert_true(hlist_is_singular_node(&items[1].node, &head));
	hlist_add_before(&items[0].node, &items[1].node);
	assert_false(hlist_is_singular_node(&items[0].node, &head));
	assert_false(hlist_is_singular_node(&items[1].node, &head));
	hlist_add_behind(&items[3].node, &items[1].node);
	hlist_add_behind(&items[2].node, &items[1].node);
	hlist_add_behind(&items[4].node, &items[3].node);
	assert_int_equal(numbers(&head), 12345);
	hlist_move_list(&head, &other);
	assert_true(hlist_empty(&head));
	assert_int_equal(numbers(&other), 12345);
	hlist_move_list(&head, &head);

	item = &items[2];
	hlist_for_each_entry_continue(item, node)
		assert_true(item->number > 3);
	item = &items[3];
	hlist_for_each_entry_from(item, node) {
		assert_true(item->number > 3);
		item->number += 4;
	}
	assert_int_equal(numbers(&other), 12389);
	hlist_for_each(node, &other)
		hlist_entry(node, struct item, node)->number = 1;
	assert_int_equal(numbers(&other), 11111);
	hlist_for_each_safe(node, after, &other)
		hlist_del(node);
	assert_true(hlist_empty(&other));

	INIT_HLIST_NODE(&items[0].node);
	hlist_add_fake(&items[0].node);
	assert_true(hlist_fake(&items[0].node) && !hlist_unhashed(&items[0].node));
	hlist_del_init(&items[0].node);
	assert_true(hlist_unhashed(&items[0].node) && hlist_unhashed_lockless(&items[0].node));
}

/* Against an array, with keys of which several share a chain. */
static void hash_tables(__unused void **state)
{
	static struct item items[64];
	DEFINE_HASHTABLE(table, 4);
	struct rand_state rand;
	struct hlist_node *after;
	struct item *item;
	int bucket, seen;
	u64 in = 0;

	rand_seed(&rand, test_seed());
	assert_int_equal(HASH_SIZE(table), 16);
	assert_int_equal(HASH_BITS(table), 4);
	assert_true(hash_empty(table));
	for (int round = 0; round < 20000; round++) {
		u32 i = rand_below(&rand, 64), j = rand_below(&rand, 64);

		items[i].key = i * 7;
		assert_int_equal(hash_hashed(&items[i].node), in >> i & 1);
		if (in >> i & 1)
			hash_del(&items[i].node);
		else
			hash_add(table, &items[i].node, items[i].key);
		in ^= 1ULL << i;
		seen = 0;
		hash_for_each_possible(table, item, node, j * 7)
			seen += item->key == j * 7;
		assert_int_equal(seen, in >> j & 1);
		seen = 0;
		hash_for_each(table, bucket, item, node) {
			assert_ptr_equal(hash_chain(table, item->key), &table[bucket]);
			seen++;
		}
		assert_int_equal(seen, hweight64(in));
		assert_int_equal(hash_empty(table), !in);
	}
	hash_for_each_safe(table, bucket, after, item, node)
		hash_del(&item->node);
	assert_true(hash_empty(table));
	hash_add(table, &items[0].node, 5);
	hash_for_each_possible_safe(table, item, after, node, 5)
		hash_del(&item->node);
	assert_true(hash_empty(table));
	memset(table, 0xff, sizeof(table));
	hash_init(table);
	assert_true(hash_empty(table));
}

/* The values are Linux's, so that elements come in the same order. */
static void hashes(__unused void **state)
{
	assert_int_equal(hash_32(1, 8), 0x61);
	assert_int_equal(hash_32(2, 32), 0xc3910c8e);
	assert_int_equal(hash_64(1, 16), 0x61c8);
	assert_int_equal(hash_64(3, 32), 0x255992d3);
	assert_int_equal(hash_ptr((void *)3, 32), 0x255992d3);
	assert_int_equal(hash_min((u8)1, 8), hash_32(1, 8));
	assert_int_equal(hash_min(1UL << 40, 8), hash_64(1UL << 40, 8));
}

/* The values are those of the author's own test, and of Linux's. */
static void jhashes(__unused void **state)
{
	static const char text[] = "Four score and seven years ago";
	const u32 words[] = { 1, 2, 3, 4, 5 };

	assert_int_equal(jhash("", 0, 0), 0xdeadbeef);
	assert_int_equal(jhash("", 0, 0xdeadbeef), 0xbd5b7dde);
	assert_int_equal(jhash(text, 30, 0), 0x17770551);
	assert_int_equal(jhash(text, 30, 1), 0xcd628161);
	assert_int_not_equal(jhash(text, 12, 0), jhash(text, 11, 0));
	assert_int_equal(jhash2(words, 5, 7), jhash(words, sizeof(words), 7));
	assert_int_equal(jhash_3words(1, 2, 3, 9), jhash2(words, 3, 9));
	assert_int_equal(jhash_2words(1, 2, 9), jhash2(words, 2, 9));
	assert_int_equal(jhash_1word(1, 9), jhash2(words, 1, 9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains),
		cmocka_unit_test(hash_tables),
		cmocka_unit_test(hashes),
		cmocka_unit_test(jhashes),
	};

	return cmocka_run_group_tests_name("hlist", tests, NULL, NULL);
}
