/* Red-black trees: balanced search trees whose links stand in the elements. Linux's names. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/*
 * To insert, the user walks down from root->rb_node by a comparison of his own, to the NULL where the node
 * belongs, and calls rb_link_node() with that place and then rb_insert_color(); or rb_add(), which does it
 * all. Searching is such a walk, too; or rb_find(). The theory is in lib/rbtree.c.
 *
 * Nothing here locks, sleeps or allocates. Every call, walks included, needs the lock of the tree's owner.
 */
struct rb_node {
	unsigned long __rb_parent_color; // the parent, and in bit 0 the colour: 1 is black
	union {
		struct {
			struct rb_node *rb_left, *rb_right;
		};
		struct rb_node *child[2];
	};
};

struct rb_root {
	struct rb_node *rb_node;
};

/* A tree that knows its first node: for queues by time or priority. */
struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};

// clang-format off
#define RB_ROOT        (struct rb_root) { NULL }
#define RB_ROOT_CACHED (struct rb_root_cached) { { NULL }, NULL }
// clang-format on

#define RB_EMPTY_ROOT(root) (READ_ONCE((root)->rb_node) == NULL)

/* A node that is in no tree, if it was cleared: it is its own parent. */
#define RB_EMPTY_NODE(node) ((node)->__rb_parent_color == (unsigned long)(node))
#define RB_CLEAR_NODE(node) ((node)->__rb_parent_color = (unsigned long)(node))

#define rb_parent(node) ((struct rb_node *)((node)->__rb_parent_color & ~1UL))

#define rb_entry(pointer, type, member) container_of(pointer, type, member)
#define rb_entry_safe(pointer, type, member)                                                       \
	({                                                                                         \
		__typeof__(pointer) __node = (pointer);                                            \
		__node ? rb_entry(__node, type, member) : NULL;                                    \
	})

/* Put @node at the place *@link, which is NULL, below @parent. It is not in balance yet. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	*node = (struct rb_node){ .__rb_parent_color = (unsigned long)parent };
	*link = node;
}

/* rb_insert_color - balance the tree after rb_link_node(). rb_erase - take @node out. */
void rb_insert_color(struct rb_node *node, struct rb_root *root);
void rb_erase(struct rb_node *node, struct rb_root *root);

/* @entry takes the place of @old, to which it compares equal. */
void rb_replace_node(struct rb_node *old, struct rb_node *entry, struct rb_root *root);

/* In order; NULL at the end. The second two: children before their parents, for freeing all. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

/* The body may free @position; @after is scratch. */
#define rbtree_postorder_for_each_entry_safe(position, after, root, member)                        \
	for (position = rb_entry_safe(rb_first_postorder(root), __typeof__(*position), member);    \
	     position && (after = rb_entry_safe(rb_next_postorder(&position->member),              \
						__typeof__(*position), member),                    \
			 true);                                                                    \
	     position = after)

/* The same for a tree that knows its first; @leftmost: the way down never went right. */
#define rb_first_cached(root) ((root)->rb_leftmost)

static inline void rb_insert_color_cached(struct rb_node *node, struct rb_root_cached *root,
					  bool leftmost)
{
	if (leftmost)
		root->rb_leftmost = node;
	rb_insert_color(node, &root->rb_root);
}

static inline void rb_erase_cached(struct rb_node *node, struct rb_root_cached *root)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_next(node);
	rb_erase(node, &root->rb_root);
}

static inline void rb_replace_node_cached(struct rb_node *old, struct rb_node *entry,
					  struct rb_root_cached *root)
{
	if (root->rb_leftmost == old)
		root->rb_leftmost = entry;
	rb_replace_node(old, entry, &root->rb_root);
}

/*
 * rb_add - insert @node behind those that it is not less than. rb_add_cached - returns it if it is the first
 *   now, else NULL.
 * rb_find - a node for which @compare(@key, node) is 0, or NULL; _first: the first of them. rb_next_match - the
 *   next of them.
 * rb_find_add - the one that @compare(@node, other) finds equal, or, if there is none, insert and return NULL.
 */
void rb_add(struct rb_node *node, struct rb_root *root,
	    bool (*less)(struct rb_node *, const struct rb_node *));
struct rb_node *rb_add_cached(struct rb_node *node, struct rb_root_cached *root,
			      bool (*less)(struct rb_node *, const struct rb_node *));
struct rb_node *rb_find(const void *key, const struct rb_root *root,
			int (*compare)(const void *key, const struct rb_node *));
struct rb_node *rb_find_first(const void *key, const struct rb_root *root,
			      int (*compare)(const void *key, const struct rb_node *));
struct rb_node *rb_next_match(const void *key, struct rb_node *node,
			      int (*compare)(const void *key, const struct rb_node *));
struct rb_node *rb_find_add(struct rb_node *node, struct rb_root *root,
			    int (*compare)(struct rb_node *, const struct rb_node *));
#define rb_for_each(node, key, root, compare)                                                      \
	for ((node) = rb_find_first((key), (root), (compare)); (node);                             \
	     (node) = rb_next_match((key), (node), (compare)))
