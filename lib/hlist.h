/* The chains of hash tables, with Linux's names: hlist. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

struct hlist_node {
	struct hlist_node *next;
	struct hlist_node **pprev; // the pointer that points at this node
};

struct hlist_head {
	struct hlist_node *first;
};

/* What a removed element points at: in page 0, which is never mapped, so that its use faults. */
#define LIST_POISON1 ((void *)0x100)
#define LIST_POISON2 ((void *)0x122)

/*
 * hlist: the head is one pointer, half of a list_head, which counts in a table of thousands. The
 * price: no way to the last element.
 */
#define HLIST_HEAD_INIT                                                                            \
	{                                                                                          \
		NULL                                                                               \
	}
#define HLIST_HEAD(name)      struct hlist_head name = HLIST_HEAD_INIT
#define INIT_HLIST_HEAD(head) ((head)->first = NULL)

static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
	node->next = NULL;
	WRITE_ONCE(node->pprev, NULL);
}

/* True of a node that was initialized, or removed by hlist_del_init(), and not added since. */
static inline bool hlist_unhashed(const struct hlist_node *node)
{
	return !node->pprev;
}

/* The same where others may change it meanwhile. */
static inline bool hlist_unhashed_lockless(const struct hlist_node *node)
{
	return !READ_ONCE(node->pprev);
}

static inline bool hlist_empty(const struct hlist_head *head)
{
	return !READ_ONCE(head->first);
}

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	node->next = head->first;
	WRITE_ONCE(node->pprev, &head->first);
	if (node->next)
		WRITE_ONCE(node->next->pprev, &node->next);
	WRITE_ONCE(head->first, node);
}

/* hlist_add_before, hlist_add_behind - beside `place`, which is in a chain. */
static inline void hlist_add_before(struct hlist_node *node, struct hlist_node *place)
{
	WRITE_ONCE(node->pprev, place->pprev);
	node->next = place;
	WRITE_ONCE(place->pprev, &node->next);
	WRITE_ONCE(*node->pprev, node);
}

static inline void hlist_add_behind(struct hlist_node *node, struct hlist_node *place)
{
	node->next = place->next;
	WRITE_ONCE(node->pprev, &place->next);
	if (node->next)
		WRITE_ONCE(node->next->pprev, &node->next);
	WRITE_ONCE(place->next, node);
}

/* hlist_add_fake - make a node that is in no chain look as if it were: hlist_del() of it does nothing. */
static inline void hlist_add_fake(struct hlist_node *node)
{
	WRITE_ONCE(node->pprev, &node->next);
}

static inline bool hlist_fake(const struct hlist_node *node)
{
	return node->pprev == &node->next;
}

/* Whether `node` is the only one of the chain. */
static inline bool hlist_is_singular_node(const struct hlist_node *node,
					  const struct hlist_head *head)
{
	return !node->next && node->pprev == &head->first;
}

/* All of `from` become the chain of `to`, which forgets what it had. */
static inline void hlist_move_list(struct hlist_head *from, struct hlist_head *to)
{
	to->first = from->first;
	if (to->first)
		WRITE_ONCE(to->first->pprev, &to->first);
	from->first = NULL;
}

/* Whether it is in a chain; if not, that is reported, and the node left as it is: checked. lib/list_check.c */
#if defined(CONFIG_CHECKED) && CONFIG_CHECKED
bool __hlist_del_valid(const struct hlist_node *node);
#else
static inline bool __hlist_del_valid(const struct hlist_node *node __unused)
{
	return true;
}
#endif

static inline void __hlist_unlink(struct hlist_node *node)
{
	if (!__hlist_del_valid(node))
		return;
	WRITE_ONCE(*node->pprev, node->next);
	if (node->next)
		WRITE_ONCE(node->next->pprev, node->pprev);
}

static inline void hlist_del(struct hlist_node *node)
{
	__hlist_unlink(node);
	node->next = LIST_POISON1;
	WRITE_ONCE(node->pprev, LIST_POISON2);
}

static inline void hlist_del_init(struct hlist_node *node)
{
	if (hlist_unhashed(node))
		return;
	__hlist_unlink(node);
	INIT_HLIST_NODE(node);
}

#define hlist_entry(link, type, member) container_of(link, type, member)
#define hlist_entry_safe(link, type, member)                                                       \
	({                                                                                         \
		__typeof__(link) __link = (link);                                                  \
		__link ? hlist_entry(__link, type, member) : NULL;                                 \
	})

#define hlist_for_each(position, head)                                                             \
	for (position = (head)->first; position; position = position->next)

#define hlist_for_each_safe(position, after, head)                                                 \
	for (position = (head)->first; position && (after = position->next, true); position = after)

/* Walks that begin after `position`, or at it. */
#define hlist_for_each_entry_continue(position, member)                                            \
	for (position = hlist_entry_safe(position->member.next, __typeof__(*position), member);    \
	     position;                                                                             \
	     position = hlist_entry_safe(position->member.next, __typeof__(*position), member))

#define hlist_for_each_entry_from(position, member)                                                \
	for (; position;                                                                           \
	     position = hlist_entry_safe(position->member.next, __typeof__(*position), member))

#define hlist_for_each_entry(position, head, member)                                               \
	for (position = hlist_entry_safe((head)->first, __typeof__(*position), member); position;  \
	     position = hlist_entry_safe(position->member.next, __typeof__(*position), member))

/* The body may remove `position`; `after` is a struct hlist_node * for scratch. */
#define hlist_for_each_entry_safe(position, after, head, member)                                   \
	for (position = hlist_entry_safe((head)->first, __typeof__(*position), member);            \
	     position && (after = position->member.next, true);                                    \
	     position = hlist_entry_safe(after, __typeof__(*position), member))
