/* Lists without a lock, with Linux's names: anybody adds, somebody takes all. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/*
 * An llist_head points at the node that was added last, each node at the one added before it.
 *
 * Adding stores the head it has seen into the node, then makes the node the head, if the head is still
 * what it has seen; otherwise it begins anew. Taking is one exchange with NULL. Neither ever waits for
 * another, so an interrupt or an NMI may do either on top of either.
 *
 * A list that is only ever taken whole has no ABA problem: nobody relies on what is behind the head he
 * saw. Who takes a single node does: he stores as the new head what he saw behind the old one. If another took both
 * meanwhile, and added the first again, the head would look unchanged, and a node that is not there would come back.
 * So one at a time may take single nodes; others may add then, but not take.
 *
 * Both are full barriers: what was stored before a node was added is seen by who takes it.
 */
struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

#define LLIST_HEAD_INIT(name)                                                                      \
	{                                                                                          \
		NULL                                                                               \
	}
#define LLIST_HEAD(name) struct llist_head name = LLIST_HEAD_INIT(name)

/* init_llist_head - make @list empty. Nobody may use it. */
static inline void init_llist_head(struct llist_head *list)
{
	list->first = NULL;
}

/* llist_empty - whether @list is empty: old at once. Any context. */
static inline bool llist_empty(const struct llist_head *list)
{
	return !READ_ONCE(list->first);
}

/*
 * llist_add - add @node, which is in no list, at the head of @list. llist_add_batch - the same with a chain
 *   of nodes, from @first to @last.
 * llist_del_all - empty the list. Returns its first node, the newest, or NULL.
 * Never wait. Any context, NMI included. The former two return whether the list was empty.
 */
static inline bool llist_add_batch(struct llist_node *first, struct llist_node *last,
				   struct llist_head *list)
{
	struct llist_node *seen = READ_ONCE(list->first);

	do {
		last->next = seen;
	} while (!__atomic_compare_exchange_n(&list->first, &seen, first, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	return !seen;
}

static inline bool llist_add(struct llist_node *node, struct llist_head *list)
{
	return llist_add_batch(node, node, list);
}

static inline struct llist_node *llist_del_all(struct llist_head *list)
{
	return __atomic_exchange_n(&list->first, (struct llist_node *)NULL, __ATOMIC_SEQ_CST);
}

/*
 * llist_del_first - take the node that was added last, or NULL: there is none. Never sleeps. Any context. Nobody else
 *   takes meanwhile, neither one nor all.
 */
static inline struct llist_node *llist_del_first(struct llist_head *list)
{
	struct llist_node *first = __atomic_load_n(&list->first, __ATOMIC_ACQUIRE);

	while (first && !__atomic_compare_exchange_n(&list->first, &first, READ_ONCE(first->next),
						     false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE))
		;
	return first;
}

/* ---- What was taken: a chain that belongs to the taker alone ---- */

static inline struct llist_node *llist_next(const struct llist_node *node)
{
	return node->next;
}

/* llist_reverse_order - turn the chain that begins with @newest around. Returns its new first node. */
static inline struct llist_node *llist_reverse_order(struct llist_node *newest)
{
	struct llist_node *oldest = NULL;

	while (newest) {
		struct llist_node *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

/* The structure that @node is part of; _or_null: NULL for NULL. */
#define llist_entry(node, type, member) container_of(node, type, member)
#define llist_entry_or_null(node, type, member)                                                    \
	({                                                                                         \
		struct llist_node *__node = (node);                                                \
		__node ? llist_entry(__node, type, member) : NULL;                                 \
	})

/* Every node of the chain from @node on. _safe: @next is read before the body, which may let the node go. */
#define llist_for_each(pos, node) for ((pos) = (node); (pos); (pos) = (pos)->next)
#define llist_for_each_safe(pos, after, node)                                                      \
	for ((pos) = (node); (pos) && ((after) = (pos)->next, true); (pos) = (after))

/* The same by the structures that the nodes are part of. */
#define llist_for_each_entry(pos, node, member)                                                    \
	for ((pos) = llist_entry_or_null((node), typeof(*(pos)), member); (pos);                   \
	     (pos) = llist_entry_or_null((pos)->member.next, typeof(*(pos)), member))
#define llist_for_each_entry_safe(pos, after, node, member)                                        \
	for ((pos) = llist_entry_or_null((node), typeof(*(pos)), member);                          \
	     (pos) &&                                                                              \
	     ((after) = llist_entry_or_null((pos)->member.next, typeof(*(pos)), member), true);    \
	     (pos) = (after))
