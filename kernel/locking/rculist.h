/* rculist.h: lists that readers walk while they are changed.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A walker follows `next` only. So an element is added by one store, to the `next` before it, after all
 *   of it is ready [P]; and removed by one store, which leads past it. A walker finds the list
 *   as it was before that store, or as it is after. A walker that stands on the removed element goes on
 *   through the element's own `next`, which removing leaves as it is: that leads back into the list
 *   (or, after further removals, through other removed elements, which wait for this walker as well).
 *   `prev` is the updaters': readers never look at it, and it is poisoned on removal.
 *
 * RULES
 *   1. Walk inside a reader: rcu_read_lock(), or srcu_read_lock() and the condition at the end.
 *   2. Updaters keep each other out, with a lock of their own.
 *   3. A removed element is changed, freed or added again only after a grace period.
 *   4. Under the updaters' lock the plain forms of list.h walk as well.
 *   There is no list_empty_rcu(): what was not empty may be so at the next look. Use the ..._or_null forms.
 */
#pragma once

#include "kernel/locking/rcu.h"
#include "lib/list.h"

#define list_next_rcu(list)   ((list)->next)
#define hlist_first_rcu(head) ((head)->first)
#define hlist_next_rcu(node)  ((node)->next)
#define hlist_pprev_rcu(node) (*(node)->pprev)

/* Reported: outside of a reader, unless a condition is given that holds. What a walk begins with. */
#define __list_check_rcu(...) __list_check_cond_rcu(0, ##__VA_ARGS__, false)
#define __list_check_cond_rcu(unused, cond, ...)                                                   \
	rcu_check((cond) || rcu_read_lock_any_held(), "a walk", _THIS_IP_)

/*
 * list_add_rcu, list_add_tail_rcu - add @entry, which is ready, at the front or at the end.
 * list_del_rcu - remove it; walkers may be on it until a grace period has passed.
 * list_replace_rcu - @entry takes the place of @old, which is as if removed.
 * INIT_LIST_HEAD_RCU - an empty list, where readers may look already.
 * Never sleep. Any context; caller keeps other updaters out.
 */
static inline void __list_link_rcu(struct list_head *entry, struct list_head *before,
				   struct list_head *after)
{
	entry->next = after;
	entry->prev = before;
	rcu_assign_pointer(before->next, entry);
	after->prev = entry;
}

static inline void __list_add_rcu(struct list_head *entry, struct list_head *before,
				  struct list_head *after)
{
	if (__list_add_valid(entry, before, after))
		__list_link_rcu(entry, before, after);
}

static inline void list_add_rcu(struct list_head *entry, struct list_head *head)
{
	__list_add_rcu(entry, head, head->next);
}

static inline void list_add_tail_rcu(struct list_head *entry, struct list_head *head)
{
	__list_add_rcu(entry, head->prev, head);
}

static inline void list_del_rcu(struct list_head *entry)
{
	__list_unlink(entry);
	entry->prev = LIST_POISON2;
}

static inline void list_replace_rcu(struct list_head *old, struct list_head *entry)
{
	__list_link_rcu(entry, old->prev, old->next);
	old->prev = LIST_POISON2;
}

static inline void INIT_LIST_HEAD_RCU(struct list_head *list)
{
	INIT_LIST_HEAD(list);
}

/*
 * list_splice_init_rcu - move all elements of @list to the front of @head, where readers may be walking
 *   either. @sync waits for a grace period: synchronize_rcu. Sleeps, if that does.
 */
static inline void list_splice_init_rcu(struct list_head *list, struct list_head *head,
					void (*sync)(void))
{
	struct list_head *first = list->next, *last = list->prev;

	if (list_empty(list))
		return;
	// No new walker comes in by the old head; those who are in find it at the end, until they are gone.
	INIT_LIST_HEAD_RCU(list);
	sync();
	last->next = head->next;
	rcu_assign_pointer(head->next, first);
	first->prev = head;
	last->next->prev = last;
}

/* From the link to the element around it, for readers. The ends of an empty list are no elements. */
#define list_entry_rcu(link, type, member) container_of(READ_ONCE(link), type, member)
#define list_first_or_null_rcu(head, type, member)                                                 \
	({                                                                                         \
		struct list_head *__head = (head);                                                 \
		struct list_head *__first = READ_ONCE(__head->next);                               \
		__first != __head ? container_of(__first, type, member) : NULL;                    \
	})
#define list_next_or_null_rcu(head, link, type, member)                                            \
	({                                                                                         \
		struct list_head *__head = (head);                                                 \
		struct list_head *__next = READ_ONCE((link)->next);                                \
		__next != __head ? container_of(__next, type, member) : NULL;                      \
	})

/*
 * list_for_each_entry_rcu - walk @head inside a reader, or where the condition at the end holds.
 * list_for_each_entry_continue_rcu - from the element after @position; _from_rcu - from @position on.
 */
#define list_for_each_entry_rcu(position, head, member, ...)                                       \
	for (__list_check_rcu(__VA_ARGS__),                                                        \
	     position = list_entry_rcu((head)->next, typeof(*position), member);                   \
	     !list_entry_is_head(position, head, member);                                          \
	     position = list_entry_rcu(__list_link(position, member)->next, typeof(*position),     \
				       member))

#define list_for_each_entry_lockless(position, head, member)                                       \
	for (position = list_entry_rcu((head)->next, typeof(*position), member);                   \
	     !list_entry_is_head(position, head, member);                                          \
	     position = list_entry_rcu(__list_link(position, member)->next, typeof(*position),     \
				       member))

#define list_for_each_entry_continue_rcu(position, head, member)                                   \
	for (position = list_entry_rcu(__list_link(position, member)->next, typeof(*position),     \
				       member);                                                    \
	     !list_entry_is_head(position, head, member);                                          \
	     position = list_entry_rcu(__list_link(position, member)->next, typeof(*position),     \
				       member))

#define list_for_each_entry_from_rcu(position, head, member)                                       \
	for (; !list_entry_is_head(position, head, member);                                        \
	     position = list_entry_rcu(__list_link(position, member)->next, typeof(*position),     \
				       member))

/*
 * The same for hash chains. hlist_del_init_rcu leaves `pprev` NULL: hlist_unhashed() then says so, and
 * removing twice does nothing; hlist_add_before_rcu, _behind_rcu - beside @next or @prev, which is in a list.
 */
static inline void hlist_add_head_rcu(struct hlist_node *node, struct hlist_head *head)
{
	struct hlist_node *first = head->first;

	node->next = first;
	WRITE_ONCE(node->pprev, &head->first);
	rcu_assign_pointer(head->first, node);
	if (first)
		WRITE_ONCE(first->pprev, &node->next);
}

static inline void hlist_add_before_rcu(struct hlist_node *node, struct hlist_node *next)
{
	WRITE_ONCE(node->pprev, next->pprev);
	node->next = next;
	rcu_assign_pointer(*node->pprev, node);
	WRITE_ONCE(next->pprev, &node->next);
}

static inline void hlist_add_behind_rcu(struct hlist_node *node, struct hlist_node *prev)
{
	node->next = prev->next;
	WRITE_ONCE(node->pprev, &prev->next);
	rcu_assign_pointer(prev->next, node);
	if (node->next)
		WRITE_ONCE(node->next->pprev, &node->next);
}

static inline void hlist_add_tail_rcu(struct hlist_node *node, struct hlist_head *head)
{
	struct hlist_node *last = head->first;

	while (last && last->next)
		last = last->next;
	if (last)
		hlist_add_behind_rcu(node, last);
	else
		hlist_add_head_rcu(node, head);
}

static inline void hlist_del_rcu(struct hlist_node *node)
{
	__hlist_unlink(node);
	WRITE_ONCE(node->pprev, LIST_POISON2);
}

static inline void hlist_del_init_rcu(struct hlist_node *node)
{
	if (hlist_unhashed(node))
		return;
	__hlist_unlink(node);
	WRITE_ONCE(node->pprev, NULL);
}

static inline void hlist_replace_rcu(struct hlist_node *old, struct hlist_node *node)
{
	node->next = old->next;
	WRITE_ONCE(node->pprev, old->pprev);
	rcu_assign_pointer(*node->pprev, node);
	if (node->next)
		WRITE_ONCE(node->next->pprev, &node->next);
	WRITE_ONCE(old->pprev, LIST_POISON2);
}

#define hlist_for_each_entry_rcu(position, head, member, ...)                                      \
	for (__list_check_rcu(__VA_ARGS__),                                                        \
	     position = hlist_entry_safe(READ_ONCE((head)->first), typeof(*position), member);     \
	     position; position = hlist_entry_safe(READ_ONCE((position)->member.next),             \
						   typeof(*position), member))

#define hlist_for_each_entry_continue_rcu(position, member)                                        \
	for (position = hlist_entry_safe(READ_ONCE((position)->member.next), typeof(*position),    \
					 member);                                                  \
	     position; position = hlist_entry_safe(READ_ONCE((position)->member.next),             \
						   typeof(*position), member))

#define hlist_for_each_entry_from_rcu(position, member)                                            \
	for (; position; position = hlist_entry_safe(READ_ONCE((position)->member.next),           \
						     typeof(*position), member))
