/* graph.c: the states that a search has reached, the cheapest way to each, and the steps between them.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/graph.h"

#include "kernel/core/vmalloc.h"
#include "kernel/explore/local.h"
#include "lib/string.h"

/* The page allocator has blocks of a few MiB at most: arrays in pieces. */
#define PIECE          32768U
#define MAX_PIECES     1024U /* of nodes: 33 million, for which MEM=7G has room */
#define EDGES_PER_NODE 4U
#define SLOTS_PER_NODE 4U /* at most: one and a half, and up to twice as many */

struct edge {
	u32 from;
	u32 next; /* another one to the same node, or GRAPH_NONE */
};

static struct node *nodes[MAX_PIECES];
static struct edge *edges[EDGES_PER_NODE * MAX_PIECES];
static u32 *table[SLOTS_PER_NODE * MAX_PIECES]; /* open addressing: node numbers by hash */
static u32 max_nodes, max_edges, n_nodes, n_edges;
static u32 longest; /* of all ways so far */
static u32 table_mask;
static u32 buckets[MAX_PREEMPTIONS][MAX_LENGTH];
static u32 at_preemptions, at_length; /* no bucket before this one has a node */

struct node *graph_node(u32 number)
{
	return &nodes[number / PIECE][number % PIECE];
}

static struct edge *edge_at(u32 number)
{
	return &edges[number / PIECE][number % PIECE];
}

/* States that are expanded are taken for others. */
static struct spare {
	struct spare *next;
} * spare;

static void *take_state(void)
{
	struct spare *state = spare;

	if (!state)
		return local_allocate(state_size());
	spare = state->next;
	return state;
}

void graph_put_state(struct state *state)
{
	struct spare *put = (struct spare *)state;

	put->next = spare;
	spare = put;
}

static u32 *slot_at(u32 slot)
{
	return &table[slot / PIECE][slot % PIECE];
}

u32 graph_nodes(void)
{
	return n_nodes;
}

static bool allocate(void *pieces[], u32 n, size_t size)
{
	for (u32 i = 0; i < DIV_ROUND_UP(n, PIECE); i++) {
		pieces[i] = vmalloc(PIECE * size);
		if (!pieces[i])
			return false;
	}
	return true;
}

u32 graph_fits(size_t bytes)
{
	// A slot for each node, and up to two free ones.
	size_t each =
		sizeof(*nodes[0]) + EDGES_PER_NODE * sizeof(*edges[0]) + 3 * sizeof(*table[0]);

	return (u32)min_t(size_t, bytes / each, ~0U);
}

bool graph_init(u32 most)
{
	u32 slots = PIECE;

	max_nodes = min_t(u32, most, MAX_PIECES * PIECE);
	while (slots < max_nodes + max_nodes / 2)
		slots *= 2;
	max_edges = EDGES_PER_NODE * max_nodes;
	table_mask = slots - 1;
	if (!allocate((void **)nodes, max_nodes, sizeof(*nodes[0])) ||
	    !allocate((void **)edges, max_edges, sizeof(*edges[0])) ||
	    !allocate((void **)table, slots, sizeof(*table[0])))
		return false;
	for (u32 i = 0; i < slots / PIECE; i++)
		memset(table[i], 0xff, PIECE * sizeof(*table[i]));
	memset(buckets, 0xff, sizeof(buckets));
	return true;
}

void graph_forget(void)
{
	for (u32 i = 0; i < n_nodes; i++)
		*slot_at(graph_node(i)->slot) = GRAPH_NONE;
	spare = NULL; // local_forget() follows.
	for (u32 i = 0; i < MAX_PREEMPTIONS; i++)
		memset(buckets[i], 0xff, (longest + 1) * sizeof(buckets[i][0]));
	n_nodes = n_edges = longest = 0;
	at_preemptions = at_length = 0;
}

/* ---- Nodes --------------------------------------------------------------------------------------------------- */

static u32 find_slot(u64 hash)
{
	u32 slot = (u32)(hash >> 20) & table_mask;

	while (*slot_at(slot) != GRAPH_NONE && graph_node(*slot_at(slot))->hash != hash)
		slot = (slot + 1) & table_mask;
	return slot;
}

static u32 *bucket_of(const struct node *node)
{
	return &buckets[node->preemptions][node->length];
}

static void put_in_bucket(u32 number)
{
	struct node *node = graph_node(number);
	u32 *head = bucket_of(node);

	longest = max_t(u32, longest, node->length);
	node->prev = GRAPH_NONE;
	node->next = *head;
	if (*head != GRAPH_NONE)
		graph_node(*head)->prev = number;
	*head = number;
}

static void take_from_bucket(u32 number)
{
	struct node *node = graph_node(number);

	if (node->prev != GRAPH_NONE)
		graph_node(node->prev)->next = node->next;
	else
		*bucket_of(node) = node->next;
	if (node->next != GRAPH_NONE)
		graph_node(node->next)->prev = node->prev;
}

static bool is_cheaper(const struct node *a, const struct node *b)
{
	return a->preemptions != b->preemptions ? a->preemptions < b->preemptions :
						  a->length < b->length;
}

static void reach_again(u32 number, const struct node *found)
{
	struct node *known = graph_node(number);

	if (known->expanded || !is_cheaper(found, known))
		return;
	take_from_bucket(number);
	known->parent = found->parent;
	known->actor = found->actor;
	known->first = found->first;
	known->runs = found->runs;
	known->yielded = found->yielded;
	known->length = found->length;
	known->preemptions = found->preemptions;
	put_in_bucket(number);
}

u32 graph_reach(struct node found, u64 hash, const struct state *state)
{
	u32 slot = find_slot(hash), number = *slot_at(slot);

	if (number != GRAPH_NONE) {
		reach_again(number, &found);
		return number;
	}
	if (n_nodes == max_nodes)
		return GRAPH_NONE;
	found.state = take_state();
	if (!found.state)
		return GRAPH_NONE;
	memcpy(found.state, state, state_size());
	found.hash = hash;
	found.slot = slot;
	found.edges = GRAPH_NONE;
	number = n_nodes++;
	*slot_at(slot) = number;
	*graph_node(number) = found;
	put_in_bucket(number);
	return number;
}

u32 graph_take_cheapest(void)
{
	for (; at_preemptions < MAX_PREEMPTIONS; at_preemptions++, at_length = 0) {
		for (; at_length <= longest; at_length++) {
			u32 number = buckets[at_preemptions][at_length];

			if (number == GRAPH_NONE)
				continue;
			take_from_bucket(number);
			graph_node(number)->expanded = true;
			return number;
		}
	}
	return GRAPH_NONE;
}

/* ---- Steps between them --------------------------------------------------------------------------------------- */

bool graph_add_edge(u32 from, u32 to)
{
	if (n_edges == max_edges)
		return false;
	*edge_at(n_edges) = (struct edge){ from, graph_node(to)->edges };
	graph_node(to)->edges = n_edges++;
	return true;
}

/* From the ends backwards; those whose edges are still to be followed are in a list. */
static void spread_good_ends(void)
{
	u32 list = GRAPH_NONE;

	for (u32 i = 0; i < n_nodes; i++) {
		if (!graph_node(i)->ends_well)
			continue;
		graph_node(i)->next = list;
		list = i;
	}
	while (list != GRAPH_NONE) {
		struct node *node = graph_node(list);

		list = node->next;
		for (u32 i = node->edges; i != GRAPH_NONE; i = edge_at(i)->next) {
			struct node *from = graph_node(edge_at(i)->from);

			if (from->ends_well)
				continue;
			from->ends_well = true;
			from->next = list;
			list = edge_at(i)->from;
		}
	}
}

/* Where a step makes the way longer, somebody may still come further. */
static void find_where_it_leads_on(void)
{
	for (u32 i = 0; i < n_nodes; i++) {
		for (u32 edge = graph_node(i)->edges; edge != GRAPH_NONE;
		     edge = edge_at(edge)->next) {
			struct node *from = graph_node(edge_at(edge)->from);

			from->leads_on |= is_cheaper(from, graph_node(i));
		}
	}
}

static u32 find_cheapest_endless(bool leads_on)
{
	u32 found = GRAPH_NONE;

	for (u32 i = 0; i < n_nodes; i++) {
		const struct node *node = graph_node(i);

		if (node->ends_well || (node->leads_on && !leads_on))
			continue;
		if (found == GRAPH_NONE || is_cheaper(node, graph_node(found)))
			found = i;
	}
	return found;
}

/* Where all threads go round in circles there is more to see than where they cannot help it any more. */
u32 graph_find_endless(void)
{
	u32 first, last;

	spread_good_ends();
	find_where_it_leads_on();
	first = find_cheapest_endless(true);
	last = find_cheapest_endless(false);
	if (last == GRAPH_NONE || graph_node(last)->preemptions > graph_node(first)->preemptions)
		return first;
	return last;
}
