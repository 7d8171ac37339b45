/* list_misuse_test.c: what the checked profile says of lists that are broken, or would be.
 * SPDX-License-Identifier: MIT
 *
 * What is reported is not done: the list stays as it is.
 */
#include "kernel/core/panic.h"
#include "kernel/locking/rculist.h"
#include "kernel/test/test.h"

#define NO_CHECKS "the fast profile does not check this"

static LIST_HEAD(head);
static struct list_head one, two;

static void make(void)
{
	INIT_LIST_HEAD(&head);
	list_add_tail(&one, &head);
	list_add_tail(&two, &head);
}

static bool is_as_made(void)
{
	return head.next == &one && one.next == &two && two.next == &head && head.prev == &two &&
	       two.prev == &one && one.prev == &head;
}

static void remove(void *entry)
{
	list_del((struct list_head *)entry);
}

static void remove_init(void *entry)
{
	list_del_init((struct list_head *)entry);
}

static void remove_rcu(void *entry)
{
	list_del_rcu((struct list_head *)entry);
}

static void add(void *entry)
{
	list_add((struct list_head *)entry, &head);
}

static void add_tail(void *entry)
{
	list_add_tail((struct list_head *)entry, &head);
}

static void add_rcu(void *entry)
{
	list_add_rcu((struct list_head *)entry, &head);
}

TEST(list_removed_twice)
{
	struct list_head never = { NULL, NULL };

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	make();
	list_del(&one);
	EXPECT_EQ(test_warnings(remove, &one, "removed twice: its next is LIST_POISON1"), 1);
	make();
	list_del_rcu(&one);
	EXPECT_EQ(test_warnings(remove_init, &one, "removed twice: its prev is LIST_POISON2"), 1);
	make();
	EXPECT_EQ(test_warnings(remove_init, &never, "was never in a list"), 1);
	EXPECT(is_as_made());
}

TEST(list_added_twice)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	make();
	EXPECT_EQ(test_warnings(add, &one, "is added twice"), 1);
	EXPECT_EQ(test_warnings(add_rcu, &one, "is added twice"), 1);
	EXPECT_EQ(test_warnings(add_tail, &two, "is added twice"), 1);
	EXPECT(is_as_made());
}

TEST(list_added_to_none)
{
	struct list_head entry;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	head = (struct list_head){ NULL, NULL };
	EXPECT_EQ(test_warnings(add, &entry, "the list was never initialized"), 1);
	EXPECT_EQ(test_warnings(add_tail, &entry, "the list was never initialized"), 1);
	EXPECT(!head.next && !head.prev);
}

/* A link was overwritten: each neighbour is looked at. */
TEST(list_links_are_wrong)
{
	struct list_head entry;

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	make();
	one.prev = &two;
	EXPECT_EQ(test_warnings(add, &entry, "whose prev is"), 1);
	EXPECT_EQ(test_warnings(add_rcu, &entry, "whose prev is"), 1);
	make();
	two.next = &one;
	EXPECT_EQ(test_warnings(add_tail, &entry, "whose next is"), 1);
	make();
	head.next = &two;
	EXPECT_EQ(test_warnings(remove, &one, "the next of its prev"), 1);
	make();
	two.prev = &head;
	EXPECT_EQ(test_warnings(remove_rcu, &one, "the prev of its next"), 1);
	make();
	EXPECT(is_as_made());
}

static HLIST_HEAD(chain);

static void remove_node(void *node)
{
	hlist_del(node);
}

TEST(hlist_removed_twice)
{
	struct hlist_node node, other, never = { NULL, NULL };

	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	hlist_add_head(&node, &chain);
	hlist_add_head(&other, &chain);
	hlist_del(&node);
	EXPECT_EQ(test_warnings(remove_node, &node, "removed twice: its pprev is LIST_POISON2"), 1);
	EXPECT_EQ(test_warnings(remove_node, &never, "was never in a chain"), 1);
	EXPECT(chain.first == &other && !other.next);
	hlist_del(&other);
}
