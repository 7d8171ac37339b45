/* graph.h: the states that a search has reached, the cheapest way to each, and the steps between them.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/explore/state.h"

#define GRAPH_NONE      0xffffffffU
#define NOBODY          0xffU
#define MAX_PREEMPTIONS 32U
#define MAX_LENGTH      4096U

struct node {
	u64 hash;
	struct state *state; /* until it is expanded */
	u32 parent;
	u32 next, prev; /* in its bucket, while it is not expanded */
	u32 slot;       /* where its number is in the table */
	u32 edges;      /* the last one that leads here */
	u16 length;
	u8 preemptions;
	u8 actor; /* of the move that led here, see state.h; NOBODY: none did */
	u8 first;
	u8 runs;      /* the thread that ran last, or NOBODY */
	bool yielded; /* that step ended in a `pause` */
	bool expanded;
	bool leads_on;  /* a step leads from here to a node that is dearer */
	bool ends_well; /* a way leads from here to the end of all threads */
};

/*
 * graph_fits - for how many nodes @bytes suffice.
 * graph_init - memory for at most @max_nodes states and so many times EDGES_PER_NODE steps. Returns false without.
 * graph_forget - there are no nodes; local_forget() follows.
 * graph_reach - @found, all but its hash filled in, is @state, which hashes to @hash: a new node, or a cheaper way to an old one.
 *   Returns its number, or GRAPH_NONE when there is no room.
 * graph_add_edge - a step leads from one to the other. Returns false when there is no room.
 * graph_take_cheapest - the node to expand next: the one with the fewest preemptions, and of those the fewest steps; or
 *   GRAPH_NONE. What is reached from it is never cheaper than it. Its state is the caller's.
 * graph_put_state - it is not needed any more.
 * graph_find_endless - all nodes are expanded: one from which no way leads to one that ends well, with as few preemptions as
 *   such a way needs; or GRAPH_NONE.
 * Never sleep.
 */
u32 graph_fits(size_t bytes);
bool graph_init(u32 max_nodes);
void graph_forget(void);
struct node *graph_node(u32 number);
u32 graph_nodes(void);
u32 graph_reach(struct node found, u64 hash, const struct state *state);
bool graph_add_edge(u32 from, u32 to);
u32 graph_take_cheapest(void);
void graph_put_state(struct state *state);
u32 graph_find_endless(void);
