/* search.c: every state that a scenario can reach, and the shortest way to a wrong one.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A graph search. A node is a state; its successors are what each thread that is enabled makes of it. Nodes are
 *   expanded in the order of their price: preemptions first (another thread takes a step though the last one
 *   could go on, and did not wait in a `pause`), then steps. When none is left and none was wrong, every state was
 *   seen. When one is, the search is done once more, with who took the last step as part of the node, since the price
 *   of the next step depends on it: then the way to a wrong state that is found first has the fewest
 *   preemptions there are, and of those the fewest steps. A depth-first search keeps less, but has no such
 *   order; here states that were reached and not yet expanded are kept, some hundred bytes each.
 *   A loop that waits is a circle of states: it ends by itself. Whether who waits can wait for ever is a question
 *   to the graph: a state from which no way leads to the end of all threads is wrong, even if
 *   steps can be taken in it for ever. That is asked when all states are known.
 *   States are told apart by 64 bits of hash. Of a million states some two are taken for one with a probability
 *   of 3 in 100 million.
 *   Sources: the order of preemptions is that of iterative context bounding, M. Musuvathi and S. Qadeer, PLDI 2007.
 */
#include "kernel/explore/search.h"

#include <arch/clock.h>

#include "kernel/core/slab.h"
#include "kernel/core/vmalloc.h"
#include "kernel/core/timer.h"
#include "lib/string.h"

#define NO_NODE         0xffffffffU
#define NOBODY          0xffU
#define MAX_PREEMPTIONS 32U
#define MAX_LENGTH      SEARCH_PATH_MAX
#define BREATH_NS       (20 * NSEC_PER_MSEC)

struct node {
	u64 hash;
	u32 parent;
	u16 length;
	u8 preemptions;
	u8 actor;       /* who took the last step; NOBODY: nobody yet */
	u8 runs;        /* the thread that ran last, or NOBODY */
	u32 next, prev; /* in its bucket, while it is not expanded */
	void *state;    /* its bytes, likewise */
	bool yielded;   /* that step ended in a `pause` */
	bool expanded;
	bool ends_well; /* a way leads from here to the end of all threads */
};

struct edge {
	u32 from, to;
};

/* The page allocator has blocks of a few MiB at most: arrays in pieces. */
#define PIECE      65536U
#define MAX_PIECES 32U

static struct node *nodes[MAX_PIECES];
static struct edge *edges[MAX_PIECES];
static u32 *table; /* open addressing: node numbers by hash */
static u32 max_nodes, max_edges, n_nodes, n_edges, n_expanded;
static u32 longest; /* of all ways so far */
static bool exact;  /* who took the last step makes another node of the same state */
static u32 table_mask;
static u32 buckets[MAX_PREEMPTIONS][MAX_LENGTH];
static u8 buffer[STAGE_STATE_MAX] __aligned(8);

static struct node *node_at(u32 number)
{
	return &nodes[number / PIECE][number % PIECE];
}

static struct edge *edge_at(u32 number)
{
	return &edges[number / PIECE][number % PIECE];
}

bool search_init(u32 max_states)
{
	u32 slots = 1;

	while (slots < 2 * max_states)
		slots *= 2;
	max_nodes = max_states;
	max_edges = MAX_PIECES * PIECE;
	for (u32 i = 0; i < DIV_ROUND_UP(max_nodes, PIECE); i++) {
		nodes[i] = vmalloc(PIECE * sizeof(*nodes[i]));
		if (!nodes[i])
			return false;
	}
	for (u32 i = 0; i < MAX_PIECES; i++) {
		edges[i] = vmalloc(PIECE * sizeof(*edges[i]));
		if (!edges[i])
			return false;
	}
	table = vmalloc(slots * sizeof(*table));
	table_mask = slots - 1;
	return table;
}

/* ---- Nodes --------------------------------------------------------------------------------------------------- */

static u32 *slot_of(u64 hash)
{
	u32 at = (u32)(hash >> 20) & table_mask;

	while (table[at] != NO_NODE && node_at(table[at])->hash != hash)
		at = (at + 1) & table_mask;
	return &table[at];
}

static u32 *bucket_of(const struct node *node)
{
	return &buckets[node->preemptions][node->length];
}

static void put_in_bucket(u32 number)
{
	struct node *node = node_at(number);
	u32 *head = bucket_of(node);

	longest = max_t(u32, longest, node->length);
	node->prev = NO_NODE;
	node->next = *head;
	if (*head != NO_NODE)
		node_at(*head)->prev = number;
	*head = number;
}

static void take_from_bucket(u32 number)
{
	struct node *node = node_at(number);

	if (node->prev != NO_NODE)
		node_at(node->prev)->next = node->next;
	else
		*bucket_of(node) = node->next;
	if (node->next != NO_NODE)
		node_at(node->next)->prev = node->prev;
}

static bool is_cheaper(const struct node *a, const struct node *b)
{
	return a->preemptions != b->preemptions ? a->preemptions < b->preemptions :
						  a->length < b->length;
}

/* Returns false when there is no room. */
static bool add_edge(u32 from, u32 to)
{
	if (n_edges == max_edges)
		return false;
	*edge_at(n_edges++) = (struct edge){ from, to };
	return true;
}

/* The machine is in a state that @found describes but for the hash: a new node, or a cheaper way to an old one. Returns
 * its number, or NO_NODE when there is no room. */
static u32 reach(struct node found)
{
	u64 hash;
	size_t size = stage_save(buffer, &hash);
	u32 *slot, number;

	found.hash = hash + (exact ? found.runs : 0) * 0x9e3779b97f4a7c15ULL;
	slot = slot_of(found.hash);
	number = *slot;
	if (number != NO_NODE) {
		struct node *known = node_at(number);

		if (!known->expanded && is_cheaper(&found, known)) {
			take_from_bucket(number);
			known->parent = found.parent;
			known->actor = found.actor;
			known->runs = found.runs;
			known->yielded = found.yielded;
			known->length = found.length;
			known->preemptions = found.preemptions;
			put_in_bucket(number);
		}
		return number;
	}
	if (n_nodes == max_nodes)
		return NO_NODE;
	found.state = kmalloc(size, GFP_ATOMIC);
	if (!found.state)
		return NO_NODE;
	memcpy(found.state, buffer, size);
	number = n_nodes++;
	*slot = number;
	*node_at(number) = found;
	put_in_bucket(number);
	return number;
}

/* The node to expand next. What is reached from one is never cheaper than it, so the search never goes back. */
static u32 cheapest(void)
{
	static struct {
		u32 preemptions, length;
	} at;

	if (!n_expanded)
		at.preemptions = at.length = 0;
	for (; at.preemptions < MAX_PREEMPTIONS; at.preemptions++, at.length = 0) {
		for (; at.length <= longest; at.length++) {
			if (buckets[at.preemptions][at.length] != NO_NODE)
				return buckets[at.preemptions][at.length];
		}
	}
	return NO_NODE;
}

/* ---- The search -------------------------------------------------------------------------------------------------- */

static void note_path(struct search_result *result, u32 number, u32 last_actor)
{
	u32 n = node_at(number)->length;

	result->preemptions = node_at(number)->preemptions;
	result->length = n + (last_actor != NOBODY);
	if (last_actor != NOBODY)
		result->path[n] = (u8)last_actor;
	for (; n; number = node_at(number)->parent)
		result->path[--n] = node_at(number)->actor;
	result->kind = WRONG;
	result->failure = *stage_failure();
}

static bool is_thread(u32 actor)
{
	return stage_thread_of(actor) == actor;
}

/* A store buffer is no thread: what it does preempts nobody. */
static bool is_preemption(const struct node *node, u32 actor)
{
	return is_thread(actor) && node->runs != NOBODY && node->runs != actor &&
	       stage_enabled(node->runs) && !node->yielded;
}

/* What @actor makes of node @number, in whose state the machine is. False: the search is over. */
static bool take_step(struct search_result *result, u32 number, u32 actor, bool *restart)
{
	const struct node *node = node_at(number);
	struct node found = { .parent = number,
			      .length = (u16)(node->length + 1),
			      .preemptions = (u8)(node->preemptions + is_preemption(node, actor)),
			      .actor = (u8)actor,
			      .runs = is_thread(actor) ? (u8)actor : node->runs };
	enum outcome outcome = stage_step(actor);
	u32 to = NO_NODE;

	found.yielded = is_thread(actor) ? stage_yielded(actor) : node->yielded;
	if (outcome == STEP_RESTART) {
		*restart = true;
		return false;
	}
	if (outcome == STEP_FAILED) {
		note_path(result, number, actor);
		result->preemptions = found.preemptions;
		return false;
	}
	if (found.length < MAX_LENGTH && found.preemptions < MAX_PREEMPTIONS)
		to = reach(found);
	if (to == NO_NODE || !add_edge(number, to))
		result->kind = TOO_MANY;
	return result->kind != TOO_MANY;
}

static bool expand(struct search_result *result, u32 number, bool *restart)
{
	struct node *node = node_at(number);
	void *state = node->state;
	bool any = false, goes_on = true;

	take_from_bucket(number);
	node->expanded = true;
	n_expanded++;
	for (u32 actor = 0; actor < stage_actors() && goes_on; actor++) {
		stage_restore(state);
		if (!stage_enabled(actor))
			continue;
		any = true;
		goes_on = take_step(result, number, actor, restart);
	}
	if (!any) {
		node->ends_well = stage_end() == STEP_OK;
		if (!node->ends_well) {
			note_path(result, number, NOBODY);
			goes_on = false;
		}
	}
	if (goes_on) {
		kfree(state);
		node->state = NULL;
	}
	return goes_on;
}

/* From the ends backwards: which nodes lead there. Returns the cheapest that does not, or NO_NODE. */
static u32 find_endless(void)
{
	u32 worst = NO_NODE;
	bool more = true;

	while (more) {
		more = false;
		for (u32 i = n_edges; i-- > 0;) {
			struct node *from = node_at(edge_at(i)->from);

			if (node_at(edge_at(i)->to)->ends_well && !from->ends_well) {
				from->ends_well = true;
				more = true;
			}
		}
	}
	for (u32 i = 0; i < n_nodes; i++) {
		if (!node_at(i)->ends_well &&
		    (worst == NO_NODE || is_cheaper(node_at(i), node_at(worst))))
			worst = i;
	}
	return worst;
}

static void forget_nodes(void)
{
	for (u32 i = 0; i < n_nodes; i++)
		kfree(node_at(i)->state);
	n_nodes = n_edges = n_expanded = longest = 0;
	memset(table, 0xff, (table_mask + 1) * sizeof(*table));
	memset(buckets, 0xff, sizeof(buckets));
}

/* Let interrupts in, now and then. */
static void breathe(u64 *last)
{
	if (clock_ns() - *last < BREATH_NS)
		return;
	stage_leave();
	stage_enter();
	*last = clock_ns();
}

/* Returns false if the search is to begin anew. */
static bool search_once(const struct scenario *scenario, bool tso, struct search_result *result)
{
	enum outcome outcome;
	bool restart = false;
	u64 last = clock_ns();
	u32 number;

	forget_nodes();
	result->kind = EXHAUSTED;
	outcome = stage_begin(scenario, tso);
	if (outcome == STEP_RESTART)
		return false;
	if (outcome == STEP_FAILED) {
		result->kind = WRONG;
		result->failure = *stage_failure();
		result->length = 0;
		return true;
	}
	reach((struct node){ .parent = NO_NODE, .actor = NOBODY, .runs = NOBODY });
	while ((number = cheapest()) != NO_NODE) {
		if (!expand(result, number, &restart))
			return !restart;
		breathe(&last);
	}
	number = find_endless();
	if (number != NO_NODE) {
		stage_note_failure(FAULT_LIVELOCK, 0, "from here the threads never end");
		note_path(result, number, NOBODY);
	}
	return true;
}

static void search_until_shared(const struct scenario *scenario, bool tso,
				struct search_result *result)
{
	while (!search_once(scenario, tso, result))
		;
}

void search_run(const struct scenario *scenario, bool tso, struct search_result *result)
{
	u64 start = clock_ns(), steps = stage_steps();

	stage_forget_shared();
	stage_enter();
	exact = false;
	search_until_shared(scenario, tso, result);
	result->states = n_nodes;
	if (result->kind == WRONG) {
		exact = true;
		search_until_shared(scenario, tso, result);
	}
	forget_nodes();
	stage_leave();
	result->ns = clock_ns() - start;
	result->steps = stage_steps() - steps;
}
