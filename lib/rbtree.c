/* Red-black trees. */
/* SPDX-License-Identifier: MIT */
#include "lib/rbtree.h"

/*
 * THEORY
 *	Each node is red or black (a missing one is black), and
 *	  (R) a red node has no red child;
 *	  (B) every way from a node down to a missing one has the same number of black nodes.
 *	So the longest way down is at most twice as long as the shortest: no walk is longer than 2 log n.
 *
 *	A new node is red, which may break R. It is mended upward: a red uncle takes the blame up two
 *	levels; a black one ends it by a rotation or two. A node that is taken out has one child at most (or
 *	its place is taken by the next node, which has one at most). If it was black, its ways are one black
 *	short, which is mended upward, too: by the sibling, which gives a black node of its own (rotations,
 *	the end), or becomes red, so that the parent's ways are short.
 *
 *	A rotation keeps the order:        x            y
 *	(toward side 0)                   a  y    =>   x  c
 *	                                    b  c      a  b
 *
 *	Left and right are the sides 0 and 1, so that each case is written once. (Cormen, Leiserson, Rivest,
 *	Stein, "Introduction to Algorithms", chapter 13.)
 */
#define BLACK 1UL

static bool is_red(const struct rb_node *node)
{
	return node && !(node->__rb_parent_color & BLACK);
}

static void set_red(struct rb_node *node)
{
	node->__rb_parent_color &= ~BLACK;
}

static void set_black(struct rb_node *node)
{
	node->__rb_parent_color |= BLACK;
}

static void set_parent(struct rb_node *node, struct rb_node *parent)
{
	if (node)
		node->__rb_parent_color = (unsigned long)parent | (node->__rb_parent_color & BLACK);
}

/* @entry, or nothing, becomes what @old is to @parent, or to the root. */
static void replace_child(struct rb_root *root, struct rb_node *parent, const struct rb_node *old,
			  struct rb_node *entry)
{
	if (parent)
		parent->child[parent->rb_right == old] = entry;
	else
		root->rb_node = entry;
	set_parent(entry, parent);
}

/* @node goes down on @side, and its child on the other comes up. */
static void rotate(struct rb_root *root, struct rb_node *node, int side)
{
	struct rb_node *up = node->child[!side];

	node->child[!side] = up->child[side];
	set_parent(node->child[!side], node);
	replace_child(root, rb_parent(node), node, up);
	up->child[side] = node;
	set_parent(node, up);
}

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *parent;

	while (is_red(parent = rb_parent(node))) {
		struct rb_node *grand = rb_parent(parent); // there is one: the root is black
		int side = parent == grand->rb_right;
		struct rb_node *uncle = grand->child[!side];

		set_red(grand);
		if (is_red(uncle)) {
			set_black(parent);
			set_black(uncle);
			node = grand;
			continue;
		}
		if (node == parent->child[!side]) {
			rotate(root, parent, side);
			swap(node, parent);
		}
		set_black(parent);
		rotate(root, grand, !side);
	}
	set_black(root->rb_node);
}

/* The ways through @node, below @parent, are one black short. @node may be missing. */
static void mend(struct rb_root *root, struct rb_node *node, struct rb_node *parent)
{
	while (parent && !is_red(node)) {
		int side = node == parent->rb_right;
		struct rb_node *sibling = parent->child[!side]; // there is one, by B

		if (is_red(sibling)) {
			set_black(sibling);
			set_red(parent);
			rotate(root, parent, side);
			sibling = parent->child[!side];
		}
		if (!is_red(sibling->rb_left) && !is_red(sibling->rb_right)) {
			set_red(sibling);
			node = parent;
			parent = rb_parent(node);
			continue;
		}
		if (!is_red(sibling->child[!side])) {
			set_black(sibling->child[side]);
			set_red(sibling);
			rotate(root, sibling, !side);
			sibling = parent->child[!side];
		}
		if (is_red(parent))
			set_red(sibling);
		else
			set_black(sibling);
		set_black(parent);
		set_black(sibling->child[!side]);
		rotate(root, parent, side);
		return;
	}
	if (node)
		set_black(node);
}

/* Of @node's two children's trees, the first node of the right one takes its place and colour. */
static void erase_inner(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *next = rb_next(node), *parent = rb_parent(next), *child = next->rb_right;
	bool black = !is_red(next);

	replace_child(root, parent, next, child);
	if (parent == node)
		parent = next;
	rb_replace_node(node, next, root);
	if (black)
		mend(root, child, parent);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *child = node->rb_left ?: node->rb_right, *parent = rb_parent(node);

	if (node->rb_left && node->rb_right) {
		erase_inner(node, root);
		return;
	}
	replace_child(root, parent, node, child);
	if (!is_red(node))
		mend(root, child, parent);
}

void rb_replace_node(struct rb_node *old, struct rb_node *entry, struct rb_root *root)
{
	*entry = *old;
	replace_child(root, rb_parent(old), old, entry);
	set_parent(entry->rb_left, entry);
	set_parent(entry->rb_right, entry);
}

/* As far as it goes on @side. */
static struct rb_node *outermost(struct rb_node *node, int side)
{
	while (node && node->child[side])
		node = node->child[side];
	return node;
}

/* The neighbour on @side: in the tree below, or the first above that this is on the other side of. */
static struct rb_node *neighbour(const struct rb_node *node, int side)
{
	struct rb_node *parent;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (node->child[side])
		return outermost(node->child[side], !side);
	while ((parent = rb_parent(node)) && node == parent->child[side])
		node = parent;
	return parent;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->rb_node, 0);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->rb_node, 1);
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return neighbour(node, 1);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return neighbour(node, 0);
}

/* The first below in postorder: down, to the left where there is one, else to the right. */
static struct rb_node *deepest(struct rb_node *node)
{
	while (node && (node->rb_left || node->rb_right))
		node = node->rb_left ?: node->rb_right;
	return node;
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return deepest(root->rb_node);
}

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = rb_parent(node);

	if (parent && node == parent->rb_left && parent->rb_right)
		return deepest(parent->rb_right);
	return parent;
}

struct rb_node *rb_add_cached(struct rb_node *node, struct rb_root_cached *root,
			      bool (*less)(struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &root->rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		bool goes_left = less(node, *link);

		parent = *link;
		leftmost = leftmost && goes_left;
		link = &parent->child[!goes_left];
	}
	rb_link_node(node, parent, link);
	rb_insert_color_cached(node, root, leftmost);
	return leftmost ? node : NULL;
}

void rb_add(struct rb_node *node, struct rb_root *root,
	    bool (*less)(struct rb_node *, const struct rb_node *))
{
	struct rb_root_cached cached = { *root, NULL };

	rb_add_cached(node, &cached, less);
	*root = cached.rb_root;
}

struct rb_node *rb_find(const void *key, const struct rb_root *root,
			int (*compare)(const void *key, const struct rb_node *))
{
	struct rb_node *node = root->rb_node;
	int order;

	while (node && (order = compare(key, node)) != 0)
		node = node->child[order > 0];
	return node;
}

struct rb_node *rb_find_first(const void *key, const struct rb_root *root,
			      int (*compare)(const void *key, const struct rb_node *))
{
	struct rb_node *node = root->rb_node, *found = NULL;

	while (node) {
		int order = compare(key, node);

		if (!order)
			found = node;
		node = node->child[order > 0];
	}
	return found;
}

struct rb_node *rb_next_match(const void *key, struct rb_node *node,
			      int (*compare)(const void *key, const struct rb_node *))
{
	struct rb_node *next = rb_next(node);

	return next && !compare(key, next) ? next : NULL;
}

struct rb_node *rb_find_add(struct rb_node *node, struct rb_root *root,
			    int (*compare)(struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		int order = compare(node, *link);

		if (!order)
			return *link;
		parent = *link;
		link = &parent->child[order > 0];
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, root);
	return NULL;
}
