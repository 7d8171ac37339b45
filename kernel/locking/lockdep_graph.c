/* lockdep_graph.c: the graph of orders, and the search in it.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Nodes are classes. The edge A -> B says that somebody took a B while holding an A. If the edges make a
 *   circle, threads that each hold the first lock of an edge and want the second can wait for each other,
 *   all the way round: a deadlock, whenever they come to meet.
 *   Readers. A reader that may pass waiting writers (a *recursive* one) does not wait for another reader. So
 *   an edge has a kind: its lock A is held Shared or Exclusive, and B is taken by a Recursive reader or Not.
 *
 *        T1 holds A, takes B as recursive reader        ... R)   does not wait for T2, if T2
 *        T2 holds B as a reader, takes C                (S ...   only reads B
 *
 *   A path is one of waiting threads only if nowhere an edge that ends in R is followed by one that begins with
 *   S: a *strong* path. A deadlock is a strong circle. An edge keeps the set of kinds that were seen.
 *   (B. Feng, "Recursive read deadlock detection", Linux 5.10.)
 *
 *   The search goes breadth first, for the shortest circle, and knows of each node whether all ways by which
 *   it was reached end in R: then its S edges are closed. A node that was reached so, and later by another
 *   way, is another node, with more edges open: what is visited is the pair (class, only recursive). A visit
 *   with all edges open covers one without. (Linux marks the class alone, and before it looks whether the edge
 *   is open: so it never finds, with recursive readers, this deadlock of three threads:
 *        1. read A, write C    2. write B, write A    3. read B, read C    4. write C, read B
 *   From B by the recursive reader of 4, the closed edge to C of 3 hides the open way to C over A.)
 *
 *   Which edges a new lock gets. One from the lock before it, not from all: from those below there is a path
 *   over the lock before it already. Unless that path is not strong, because the lock before it was taken by
 *   a recursive reader; or it is not there, because it was taken by a trylock, which waits for nobody and
 *   so gives no edge to itself. Then the one below gets an edge too, and so on. (Linux stops at
 *   a recursive reader as well, and misses: 1. write A, read B, write C   2. write C, write A.)
 *   Or unless the lock before it is the second of a class whose order is free under an outer lock: it comes after
 *   what was held below the first, and gets no edge from what was taken between the two, since that is after
 *   the first:
 *
 *        holds N, A1, C; takes A2 under N, then D         A -> C, A -> D, and C -> D, which is on no other way
 *
 *   An edge that closes a circle is reported once and stays out of the graph, which remains without circles:
 *   so the search goes on, and what it finds next is another mistake and not the same one by another way.
 */
#include "kernel/locking/lockdep_internal.h"

#if CONFIG_CHECKED

struct lock_edge lockdep_edges[MAX_LOCKDEP_ENTRIES]; /* 0 is no edge */

static u16 n_used = 1; /* [g] from here on never used */
static u16 free_list;  /* [g] by next_after */

/* The last search: the tree of what was visited, in order. [g] */
struct visit {
	u16 class;
	u16 edge;   /* by which it was reached; 0: the root */
	u16 parent; /* from which visit */
	bool only_recursive;
};

static struct {
	struct visit visits[2 * MAX_LOCKDEP_KEYS];
	u8 seen[MAX_LOCKDEP_KEYS]; /* bit 0: with all edges open; bit 1: only recursive */
	u16 n, found;
	bool forwards;
} tree;

/* An edge looked at from its other end: R and S change places. */
static u8 turn_round(u8 kinds)
{
	u8 turned = kinds & (EDGE_SR | EDGE_EN);

	if (kinds & EDGE_ER)
		turned |= EDGE_SN;
	if (kinds & EDGE_SN)
		turned |= EDGE_ER;
	return turned;
}

#define HELD_AS_READER 0x80000000U

/* Whether whoever comes by this way would wait for a thread that holds the class of @arg. */
static bool match_held(const struct lock_class *class, bool only_recursive, u32 arg)
{
	return class == &lockdep_classes[arg & ~HELD_AS_READER] &&
	       !(only_recursive && (arg & HELD_AS_READER));
}

static void visit(u16 class, bool only_recursive, u16 parent, u16 edge)
{
	u8 bit = only_recursive ? 2 : 1;

	if (tree.seen[class] & (bit | 1))
		return;
	tree.seen[class] |= bit;
	tree.visits[tree.n++] = (struct visit){
		.class = class, .edge = edge, .parent = parent, .only_recursive = only_recursive
	};
}

static void visit_neighbours(u16 at)
{
	const struct visit *from = &tree.visits[at];
	const struct lock_class *class = &lockdep_classes[from->class];
	u16 number = tree.forwards ? class->after : class->before;

	while (number) {
		const struct lock_edge *edge = &lockdep_edges[number];
		u8 kinds = tree.forwards ? edge->kinds : turn_round(edge->kinds);

		if (from->only_recursive)
			kinds &= EDGE_ER | EDGE_EN;
		if (kinds)
			visit(tree.forwards ? edge->to : edge->from, !(kinds & (EDGE_SN | EDGE_EN)),
			      at, number);
		number = tree.forwards ? edge->next_after : edge->next_before;
	}
}

/* Whether this search ends there: nobody waits for a local lock, so what interrupts do does not spread over it. */
static bool is_in_the_way(const struct lock_class *class, lockdep_match match)
{
	return class->is_local && match != match_held;
}

bool lockdep_search(u16 root, bool only_recursive, bool forwards, lockdep_match match, u32 arg)
{
	tree.n = 0;
	tree.forwards = forwards;
	for (u32 i = 0; i < MAX_LOCKDEP_KEYS; i++)
		tree.seen[i] = 0;
	visit(root, only_recursive, 0, 0);
	for (u16 at = 0; at < tree.n; at++) {
		const struct visit *here = &tree.visits[at];

		if (is_in_the_way(&lockdep_classes[here->class], match))
			continue;
		if (match(&lockdep_classes[here->class], here->only_recursive, arg)) {
			tree.found = at;
			return true;
		}
		visit_neighbours(at);
	}
	return false;
}

struct lockdep_end lockdep_found(struct lockdep_report *report)
{
	u16 at = tree.found;
	u32 length = 0;
	u16 *path = &report->path[report->length];

	for (u16 i = at; tree.visits[i].edge; i = tree.visits[i].parent)
		length++;
	length = min_t(u32, length, MAX_LOCKDEP_PATH - report->length);
	// From the end that was found: the last edge of a path forwards, the first of one backwards.
	for (u32 i = 0; i < length; i++, at = tree.visits[at].parent)
		path[tree.forwards ? length - 1 - i : i] = tree.visits[at].edge;
	report->length += length;
	return (struct lockdep_end){ tree.visits[tree.found].class,
				     tree.visits[tree.found].only_recursive };
}

static u8 kind_of(const struct lockdep_held *prev, const struct lockdep_held *next)
{
	bool recursive = next->read == LOCKDEP_READ_REC;

	if (prev->read)
		return recursive ? EDGE_SR : EDGE_SN;
	return recursive ? EDGE_ER : EDGE_EN;
}

/* The kinds that open every way that @kind opens. */
static u8 as_strong_as(u8 kind)
{
	switch (kind) {
	case EDGE_SR:
		return EDGE_SR | EDGE_ER | EDGE_SN | EDGE_EN;
	case EDGE_EN:
		return EDGE_EN;
	default:
		return kind | EDGE_EN;
	}
}

static u16 find_edge(u16 from, u16 to)
{
	u16 number = lockdep_classes[from].after;

	while (number && lockdep_edges[number].to != to)
		number = lockdep_edges[number].next_after;
	return number;
}

static u16 make_edge(u16 from, u16 to, unsigned long frame)
{
	static bool told;
	u16 number = free_list;

	if (number) {
		free_list = lockdep_edges[number].next_after;
	} else if (n_used < MAX_LOCKDEP_ENTRIES) {
		number = n_used++;
	} else {
		if (!told)
			lockdep_complain(&(struct lockdep_report){
				.problem = LOCKDEP_FULL,
				.what = "MAX_LOCKDEP_ENTRIES too low: further orders are not kept" });
		told = true;
		return 0;
	}
	lockdep_edges[number] = (struct lock_edge){
		.from = from,
		.to = to,
		.next_after = lockdep_classes[from].after,
		.next_before = lockdep_classes[to].before,
		.trace = lockdep_save_trace(frame),
	};
	lockdep_classes[from].after = number;
	lockdep_classes[to].before = number;
	return number;
}

bool lockdep_refuse(const struct lockdep_task *task, const struct lockdep_held *prev,
		    const struct lockdep_held *next)
{
	u16 number = find_edge(prev->class, next->class) ?:
			     make_edge(prev->class, next->class, task->frame);
	u8 kind = kind_of(prev, next);

	// Number 0, when the table is full, keeps what it is told too: then only the first is reported.
	if (lockdep_edges[number].refused & kind)
		return false;
	lockdep_edges[number].refused |= kind;
	return true;
}

/* Whether the edge leaves the graph without a circle; reported if not. */
static bool check_circle(const struct lockdep_task *task, const struct lockdep_held *prev,
			 const struct lockdep_held *next)
{
	struct lockdep_report report = { .problem = LOCKDEP_CYCLE,
					 .task = task,
					 .held = prev,
					 .next = next,
					 .where = next->where };
	u32 arg = prev->class | (prev->read ? HELD_AS_READER : 0);

	if (!lockdep_search(next->class, next->read == LOCKDEP_READ_REC, true, match_held, arg))
		return true;
	lockdep_found(&report);
	lockdep_complain(&report);
	return false;
}

void lockdep_add_edge(const struct lockdep_task *task, const struct lockdep_held *prev,
		      const struct lockdep_held *next)
{
	u8 kind = kind_of(prev, next);
	u16 number = find_edge(prev->class, next->class);

	// Of two of one class lockdep.c has judged already.
	if (prev->class == next->class)
		return;
	if (number && ((lockdep_edges[number].kinds & as_strong_as(kind)) ||
		       (lockdep_edges[number].refused & kind)))
		return;
	if (!check_circle(task, prev, next) || !lockdep_check_order(task, prev, next)) {
		lockdep_refuse(task, prev, next);
		return;
	}
	number = number ?: make_edge(prev->class, next->class, task->frame);
	if (number)
		lockdep_edges[number].kinds |= kind;
}

void lockdep_add_edges(const struct lockdep_task *task, const struct lockdep_held *next, u32 below)
{
	for (u32 i = below; i > 0; i--) {
		const struct lockdep_held *prev = &task->held[i - 1];

		if (prev->context != next->context)
			return;
		if (!prev->checked)
			continue;
		lockdep_add_edge(task, prev, next);
		if (!prev->trylock && prev->read != LOCKDEP_READ_REC && !prev->partial)
			return;
	}
}

static void unlink_edge(u16 number)
{
	const struct lock_edge *edge = &lockdep_edges[number];
	u16 *link = &lockdep_classes[edge->from].after;

	while (*link != number)
		link = &lockdep_edges[*link].next_after;
	*link = edge->next_after;
	link = &lockdep_classes[edge->to].before;
	while (*link != number)
		link = &lockdep_edges[*link].next_before;
	*link = edge->next_before;
	lockdep_edges[number].next_after = free_list;
	free_list = number;
}

void lockdep_remove_edges(u16 class)
{
	while (lockdep_classes[class].after)
		unlink_edge(lockdep_classes[class].after);
	while (lockdep_classes[class].before)
		unlink_edge(lockdep_classes[class].before);
}

#endif
