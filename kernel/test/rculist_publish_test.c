/* rculist_publish_test.c: at the moment when a list changes for its readers, it is whole.
 * SPDX-License-Identifier: MIT
 *
 * A change is one store, and all that a walker needs must be there before it. Walks beside changes meet
 * that moment by luck. Here the CPU stops right after the store (arch/watch.h), the rest of the change is
 * never done, and a walker must find the new list.
 */
#include <arch/trap.h>
#include <arch/watch.h>

#include "kernel/locking/rculist.h"
#include "kernel/test/rcu_test.h"

struct node {
	u32 key;
	struct list_head list;
	struct hlist_node hash;
};

/* Elements 1, 2 and 3 are in the lists; 4 and 5 are new; `from` has both. */
static struct node nodes[5];
static LIST_HEAD(head);
static LIST_HEAD(from);
static HLIST_HEAD(hash);

#define LINK(n) (&nodes[(n)-1].list)
#define HASH(n) (&nodes[(n)-1].hash)

static void set_scene(void)
{
	INIT_LIST_HEAD(&head);
	INIT_LIST_HEAD(&from);
	INIT_HLIST_HEAD(&hash);
	for (u32 i = 0; i < ARRAY_SIZE(nodes); i++)
		nodes[i] = (struct node){ .key = i + 1 };
	for (u32 n = 1; n <= 3; n++) {
		list_add_tail_rcu(LINK(n), &head);
		hlist_add_tail_rcu(HASH(n), &hash);
	}
}

/* The keys that a walker finds, as digits; a link that leads nowhere ends its walk. */
static unsigned long list_digits(void)
{
	unsigned long digits = 0;
	const struct list_head *link = READ_ONCE(head.next);

	for (u32 i = 0; link && link != &head && i < 9; i++, link = READ_ONCE(link->next))
		digits = digits * 10 + container_of(link, struct node, list)->key;
	return link == &head ? digits : 0;
}

static unsigned long hash_digits(void)
{
	unsigned long digits = 0;
	const struct hlist_node *link = READ_ONCE(hash.first);

	for (u32 i = 0; link && i < 9; i++, link = READ_ONCE(link->next))
		digits = digits * 10 + container_of(link, struct node, hash)->key;
	return digits;
}

static void add(void)
{
	list_add_rcu(LINK(4), &head);
}

static void add_tail(void)
{
	list_add_tail_rcu(LINK(4), &head);
}

static void replace(void)
{
	list_replace_rcu(LINK(2), LINK(4));
}

static void del(void)
{
	list_del_rcu(LINK(2));
}

static void do_not_wait(void)
{
}

static void splice(void)
{
	list_add_tail_rcu(LINK(4), &from);
	list_add_tail_rcu(LINK(5), &from);
	list_splice_init_rcu(&from, &head, do_not_wait);
}

static void hash_add_head(void)
{
	hlist_add_head_rcu(HASH(4), &hash);
}

static void hash_add_before(void)
{
	hlist_add_before_rcu(HASH(4), HASH(2));
}

static void hash_add_behind(void)
{
	hlist_add_behind_rcu(HASH(4), HASH(2));
}

static void hash_add_tail(void)
{
	hlist_add_tail_rcu(HASH(4), &hash);
}

static void hash_replace(void)
{
	hlist_replace_rcu(HASH(2), HASH(4));
}

static void hash_del(void)
{
	hlist_del_rcu(HASH(2));
}

/* `word` is the one that walkers follow, and `digits` what they find when it has changed. */
static const struct change {
	const char *name;
	void (*make)(void);
	const void *word;
	unsigned long (*walk)(void);
	unsigned long digits;
} changes[] = {
	{ "list_add_rcu", add, &head.next, list_digits, 4123 },
	{ "list_add_tail_rcu", add_tail, &nodes[2].list.next, list_digits, 1234 },
	{ "list_replace_rcu", replace, &nodes[0].list.next, list_digits, 143 },
	{ "list_del_rcu", del, &nodes[0].list.next, list_digits, 13 },
	{ "list_splice_init_rcu", splice, &head.next, list_digits, 45123 },
	{ "hlist_add_head_rcu", hash_add_head, &hash.first, hash_digits, 4123 },
	{ "hlist_add_before_rcu", hash_add_before, &nodes[0].hash.next, hash_digits, 1423 },
	{ "hlist_add_behind_rcu", hash_add_behind, &nodes[1].hash.next, hash_digits, 1243 },
	{ "hlist_add_tail_rcu", hash_add_tail, &nodes[2].hash.next, hash_digits, 1234 },
	{ "hlist_replace_rcu", hash_replace, &nodes[0].hash.next, hash_digits, 143 },
	{ "hlist_del_rcu", hash_del, &nodes[0].hash.next, hash_digits, 13 },
};

static void make_watched(void *arg)
{
	const struct change *change = arg;

	watch_stores(change->word);
	change->make();
}

/* Make @change up to its first store to its word. Returns whether there was one. */
static bool stop_change(const struct change *change)
{
	int vector;

	preempt_disable();
	vector = trap_catch(make_watched, (void *)change, NULL, NULL);
	watch_nothing();
	preempt_enable();
	return vector == VECTOR_WATCH;
}

TEST(rculist_is_whole_when_it_changes)
{
	for (u32 i = 0; i < ARRAY_SIZE(changes); i++) {
		bool fine;

		set_scene();
		fine = EXPECT(stop_change(&changes[i]));
		fine &= EXPECT_EQ(changes[i].walk(), changes[i].digits);
		if (!fine)
			test_note("in %s", changes[i].name);
	}
}
