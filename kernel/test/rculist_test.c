/* rculist_test.c: lists that are walked while they are changed.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/slab.h"
#include "kernel/locking/rculist.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/test/rcu_test.h"

struct node {
	unsigned long state;
	u32 key;
	struct list_head list;
	struct hlist_node hash;
	struct rcu_head head;
};

/* The keys in order, as the digits of a decimal number. */
static unsigned long list_digits(struct list_head *head)
{
	unsigned long digits = 0;
	struct node *node;

	rcu_read_lock();
	list_for_each_entry_rcu(node, head, list) digits = digits * 10 + node->key;
	rcu_read_unlock();
	return digits;
}

static unsigned long hlist_digits(struct hlist_head *head)
{
	unsigned long digits = 0;
	struct node *node;

	rcu_read_lock();
	hlist_for_each_entry_rcu(node, head, hash) digits = digits * 10 + node->key;
	rcu_read_unlock();
	return digits;
}

static void number_nodes(struct node *nodes, u32 n)
{
	for (u32 i = 0; i < n; i++)
		nodes[i] = (struct node){ .key = i + 1, .state = SCENE_ALIVE };
}

TEST(rculist_changes)
{
	struct node nodes[5];
	LIST_HEAD(head);

	number_nodes(nodes, 5);
	EXPECT(!list_first_or_null_rcu(&head, struct node, list));
	list_add_rcu(&nodes[1].list, &head);
	list_add_rcu(&nodes[0].list, &head);
	list_add_tail_rcu(&nodes[2].list, &head);
	EXPECT_EQ(list_digits(&head), 123);
	EXPECT(list_first_or_null_rcu(&head, struct node, list) == &nodes[0]);
	EXPECT(list_next_or_null_rcu(&head, &nodes[0].list, struct node, list) == &nodes[1]);
	EXPECT(!list_next_or_null_rcu(&head, &nodes[2].list, struct node, list));
	list_replace_rcu(&nodes[1].list, &nodes[3].list);
	EXPECT_EQ(list_digits(&head), 143);
	EXPECT(nodes[1].list.prev == LIST_POISON2 && nodes[1].list.next == &nodes[2].list);
	list_del_rcu(&nodes[3].list);
	list_del_rcu(&nodes[0].list);
	EXPECT_EQ(list_digits(&head), 3);
	EXPECT(list_is_singular(&head));
	list_del_rcu(&nodes[2].list);
	EXPECT(list_empty(&head));
}

TEST(rculist_hash_changes)
{
	struct node nodes[5];
	HLIST_HEAD(head);

	number_nodes(nodes, 5);
	hlist_add_head_rcu(&nodes[1].hash, &head);
	hlist_add_head_rcu(&nodes[0].hash, &head);
	hlist_add_behind_rcu(&nodes[2].hash, &nodes[1].hash);
	EXPECT_EQ(hlist_digits(&head), 123);
	hlist_add_before_rcu(&nodes[3].hash, &nodes[0].hash);
	hlist_add_tail_rcu(&nodes[4].hash, &head);
	EXPECT_EQ(hlist_digits(&head), 41235);
	hlist_del_rcu(&nodes[1].hash);
	EXPECT(nodes[1].hash.next == &nodes[2].hash && nodes[1].hash.pprev == LIST_POISON2);
	hlist_replace_rcu(&nodes[0].hash, &nodes[1].hash);
	EXPECT_EQ(hlist_digits(&head), 4235);
	hlist_del_init_rcu(&nodes[3].hash);
	hlist_del_init_rcu(&nodes[3].hash);
	EXPECT(hlist_unhashed(&nodes[3].hash));
	EXPECT(nodes[3].hash.next == &nodes[1].hash); // for who is on it
	EXPECT_EQ(hlist_digits(&head), 235);
}

/* A walker that stands on an element goes on through it, when that is removed and its neighbours too. */
TEST(rculist_walk_survives_removal)
{
	struct node nodes[6], *node;
	unsigned long digits = 0;
	LIST_HEAD(head);

	number_nodes(nodes, 6);
	for (u32 i = 0; i < 5; i++)
		list_add_tail_rcu(&nodes[i].list, &head);
	rcu_read_lock();
	list_for_each_entry_rcu(node, &head, list)
	{
		digits = digits * 10 + node->key;
		if (node->key == 2) {
			list_del_rcu(&nodes[1].list);
			list_del_rcu(&nodes[0].list);
			list_replace_rcu(&nodes[2].list, &nodes[5].list);
		}
	}
	rcu_read_unlock();
	// Element 3 was replaced behind the walker's back: it goes through the old one, which leads on.
	EXPECT_EQ(digits, 12345);
	EXPECT_EQ(list_digits(&head), 645);
}

static LIST_HEAD(from);
static LIST_HEAD(to);
static u32 syncs;

/* The elements are in neither list now: who walks them in the old one comes to its end. */
static void note_sync(void)
{
	syncs++;
	EXPECT(list_empty(&from));
	EXPECT_EQ(list_digits(&to), 3);
	synchronize_rcu();
}

TEST(rculist_splice)
{
	struct node nodes[4];

	INIT_LIST_HEAD(&to);
	syncs = 0;
	number_nodes(nodes, 4);
	list_splice_init_rcu(&from, &to, note_sync);
	EXPECT(list_empty(&to));
	EXPECT_EQ(syncs, 0);
	list_add_tail_rcu(&nodes[0].list, &from);
	list_add_tail_rcu(&nodes[1].list, &from);
	list_add_tail_rcu(&nodes[2].list, &to);
	list_splice_init_rcu(&from, &to, note_sync);
	EXPECT(list_empty(&from));
	EXPECT_EQ(syncs, 1);
	list_add_tail_rcu(&nodes[3].list, &to);
	EXPECT_EQ(list_digits(&to), 1234);
	EXPECT(to.prev == &nodes[3].list && nodes[0].list.prev == &to);
}

/* ---- Walks and changes at the same time -------------------------------------------------------------- */

/* Even keys stay; odd ones come, are replaced, and go. Every walk finds all that stay, in order. */
#define KEYS 16

static LIST_HEAD(keys);
static HLIST_HEAD(hash);
static DEFINE_SPINLOCK(keys_lock);
static struct node *by_key[KEYS]; /* under keys_lock */
static atomic_t broken_walks, dead_nodes;
static struct effort effort;

/* Note a node of a walk that found @stay nodes before that stay, the last one with key @last. */
static u32 check_node(const struct node *node, u32 *stay, u32 last)
{
	u32 key = READ_ONCE(node->key);

	if (READ_ONCE(node->state) != SCENE_ALIVE)
		atomic_inc(&dead_nodes);
	if (key % 2)
		return last;
	if (*stay && key <= last)
		atomic_inc(&broken_walks);
	(*stay)++;
	cpu_relax();
	return key;
}

static void walk_both(void)
{
	struct node *node;
	u32 stay = 0, last = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(node, &keys, list) last = check_node(node, &stay, last);
	if (stay != KEYS / 2)
		atomic_inc(&broken_walks);
	stay = last = 0;
	hlist_for_each_entry_rcu(node, &hash, hash) last = check_node(node, &stay, last);
	if (stay != KEYS / 2)
		atomic_inc(&broken_walks);
	rcu_read_unlock();
}

static void poison_node(struct rcu_head *head)
{
	struct node *node = container_of(head, struct node, head);

	WRITE_ONCE(node->state, SCENE_POISON);
	kfree(node);
}

static struct node *new_node(u32 key)
{
	struct node *node = kmalloc(sizeof(*node), GFP_KERNEL);

	if (!EXPECT(node))
		return NULL;
	*node = (struct node){ .key = key, .state = SCENE_ALIVE };
	return node;
}

/* Caller holds keys_lock. */
static void remove_key(struct node *old)
{
	by_key[old->key] = NULL;
	list_del_rcu(&old->list);
	hlist_del_rcu(&old->hash);
	call_rcu(&old->head, poison_node);
}

static void replace_key(struct node *old, struct node *node)
{
	by_key[old->key] = node;
	list_replace_rcu(&old->list, &node->list);
	hlist_replace_rcu(&old->hash, &node->hash);
	call_rcu(&old->head, poison_node);
}

/* Behind the even key before it. */
static void add_key(struct node *node)
{
	const struct node *before = by_key[node->key - 1];

	by_key[node->key] = node;
	list_add_rcu(&node->list, (struct list_head *)&before->list);
	hlist_add_behind_rcu(&node->hash, (struct hlist_node *)&before->hash);
}

/* Change an odd key: there, or not there; or replace any. */
static void change(u32 round)
{
	u32 key = round * 7 % KEYS;
	struct node *node = new_node(key), *old;

	if (!node)
		return;
	spin_lock(&keys_lock);
	old = by_key[key];
	if (!old) {
		add_key(node);
	} else if (key % 2 == 0 || round % 2) {
		replace_key(old, node);
	} else {
		remove_key(old);
		call_rcu(&node->head, poison_node);
	}
	spin_unlock(&keys_lock);
}

static int walk_or_change(void *arg)
{
	bool changes = (u32)atomic_inc_return((atomic_t *)arg) % 2;

	for (u32 i = 0; effort_goes_on(&effort, i); i++) {
		if (changes)
			change(i);
		else
			walk_both();
		cond_resched();
	}
	return 0;
}

static void fill_keys(void)
{
	for (u32 key = 0; key < KEYS; key += 2) {
		struct node *node = new_node(key);

		REQUIRE(node);
		by_key[key] = node;
		list_add_tail_rcu(&node->list, &keys);
		hlist_add_tail_rcu(&node->hash, &hash);
	}
}

TEST(rculist_walks_while_it_changes)
{
	atomic_t arrived = ATOMIC_INIT(0);
	u32 threads = num_online_cpus() + 2;

	atomic_set(&broken_walks, 0);
	atomic_set(&dead_nodes, 0);
	fill_keys();
	effort = effort_of(200, 50 * threads, threads);
	test_run_threads(threads, walk_or_change, &arrived);
	EXPECT_EQ(atomic_read(&broken_walks), 0);
	EXPECT_EQ(atomic_read(&dead_nodes), 0);
	spin_lock(&keys_lock);
	for (u32 key = 0; key < KEYS; key++) {
		if (by_key[key])
			remove_key(by_key[key]);
	}
	spin_unlock(&keys_lock);
	EXPECT(list_empty(&keys) && hlist_empty(&hash));
	rcu_barrier();
}
