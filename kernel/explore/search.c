/* search.c: every state that a scenario can reach, and the shortest way to a wrong one.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A graph search. A node is a state; its successors are what each actor that is enabled makes of it. Nodes are
 *   expanded in the order of their price: preemptions first (another thread takes a step though the last one
 *   could go on, and did not wait in a `pause`), then steps. When none is left and none was wrong, every state was
 *   seen. When one is, the search is done once more, *exactly*: with who took the last step, and whether it ended in a
 *   `pause`, as part of the node, since the price of the next step depends on them. Then the way to a wrong state that
 *   is found first has the fewest preemptions there are, and of those the fewest steps. If there is no room for
 *   that, the way that was found first stands. A search with a bound is exact from the beginning: what it
 *   leaves out depends on the price. A depth-first search keeps less, but has no such
 *   order; here states that were reached and not yet expanded are kept, some hundred bytes each.
 *   Unless it is exact, a search makes fewer and longer moves than all single steps: which of them are enough is in moves.c.
 *   A loop that waits is a circle of states: it ends by itself. Whether who waits can wait for ever is a question
 *   to the graph: a state from which no way leads to the end of all threads is wrong, even if
 *   steps can be taken in it for ever. That is asked when all states are known.
 *   States are told apart by 64 bits of hash. Of a million states some two are taken for one with a probability
 *   of 3 in 100 million.
 *   Source: the order of preemptions is that of iterative context bounding, M. Musuvathi and S. Qadeer, PLDI 2007.
 */
#include "kernel/explore/search.h"

#include <arch/clock.h>

#include "kernel/core/slab.h"
#include "kernel/core/timer.h"
#include "kernel/explore/graph.h"
#include "kernel/explore/moves.h"
#include "kernel/explore/walk.h"
#include "lib/string.h"

#define BREATH_NS (20 * NSEC_PER_MSEC)

void (*search_breath)(void);

static u32 bound = ~0U; /* of preemptions */
static u64 walk_seed;
static bool exact; /* who took the last step, and how, makes another node of the same state */
static struct state now;

bool search_init(u32 max_states)
{
	return graph_init(max_states);
}

void search_limit(u32 preemptions, u64 seed)
{
	bound = preemptions;
	walk_seed = seed;
}

/* ---- The search -------------------------------------------------------------------------------------------------- */

/* The steps of the move by @actor, to where the path has @n. */
static void note_steps(struct search_result *result, u32 n, u32 steps, u32 actor, u32 first)
{
	for (u32 i = 0; i < steps; i++)
		result->path[n + i] = (u8)(i <= first ? actor : stage_thread_of(actor));
}

/* The way to node @number, and @last, which failed there, or NULL. */
static void note_path(struct search_result *result, u32 number, const struct move *last)
{
	u32 n = graph_node(number)->length;

	result->preemptions = graph_node(number)->preemptions;
	result->length = n;
	if (last) {
		note_steps(result, n, last->steps, last->actor, last->first);
		result->length += last->steps;
	}
	while (n) {
		const struct node *node = graph_node(number);

		number = node->parent;
		n = graph_node(number)->length;
		note_steps(result, n, node->length - n, node->actor, node->first);
	}
	result->kind = WRONG;
	result->failure = *stage_failure();
}

static bool is_thread(u32 actor)
{
	return stage_thread_of(actor) == actor;
}

/* What is no thread, a store buffer or the source of an interrupt, preempts nobody. */
static bool is_preemption(const struct node *node, u32 actor, const struct state *state)
{
	return is_thread(actor) && node->runs != NOBODY && node->runs != actor && !node->yielded &&
	       state_enabled(state, node->runs);
}

static u32 reach(struct node found)
{
	u64 last = exact ? 2 * found.runs + found.yielded : 0;

	return graph_reach(found, state_hash(&now) + last * 0x9e3779b97f4a7c15ULL, &now);
}

/* What @move makes of node @number, whose state is @state, as was `now` before the last move. STEP_OK: the search goes on. */
static enum outcome take(struct search_result *result, u32 number, const struct state *state,
			 struct move *move)
{
	const struct node *node = graph_node(number);
	u32 actor = move->actor;
	bool preempts = is_preemption(node, actor, state);
	struct node found = { .parent = number,
			      .preemptions = (u8)(node->preemptions + preempts),
			      .actor = move->actor,
			      .first = move->first,
			      .runs = is_thread(actor) ? (u8)actor : node->runs };
	enum outcome outcome;
	u32 to = GRAPH_NONE;

	if (found.preemptions > bound) {
		// What comes then is not known, and so, not known to be endless.
		graph_node(number)->ends_well = true;
		result->bounded = true;
		return STEP_OK;
	}
	state_back(&now, state);
	outcome = state_step(&now, move);
	if (outcome == STEP_FAILED) {
		note_path(result, number, move);
		result->preemptions = found.preemptions;
	}
	if (outcome != STEP_OK)
		return outcome;
	result->steps += move->steps;
	result->instructions += move->instructions;
	found.length = (u16)(node->length + move->steps);
	found.yielded = is_thread(actor) ? move->yielded : node->yielded;
	if (found.length < MAX_LENGTH - MOVE_STEPS_MAX && found.preemptions < MAX_PREEMPTIONS)
		to = reach(found);
	else
		result->too_long = true;
	return to != GRAPH_NONE && graph_add_edge(number, to) ? STEP_OK : STEP_NO_MEMORY;
}

static enum outcome expand(struct search_result *result, u32 number)
{
	struct node *node = graph_node(number);
	struct state *state = node->state;
	struct move moves[MOVES_MAX];
	u32 n = exact ? moves_all(state, moves) : moves_enough(state, moves);
	enum outcome outcome = STEP_OK;

	memcpy(&now, state, state_size());
	for (u32 i = 0; i < n && outcome == STEP_OK; i++)
		outcome = take(result, number, state, &moves[i]);
	if (!n) {
		outcome = state_end(state);
		node->ends_well = outcome == STEP_OK;
		if (!node->ends_well)
			note_path(result, number, NULL);
	}
	graph_put_state(state);
	node->state = NULL;
	return outcome;
}

void search_breathe(void)
{
	static u32 calls;
	static u64 last;

	if (++calls % 64 || clock_ns() - last < BREATH_NS)
		return;
	stage_leave();
	if (search_breath)
		search_breath();
	stage_enter();
	local_leave_stage();
	last = clock_ns();
}

static enum outcome expand_all(struct search_result *result)
{
	enum outcome outcome = STEP_OK;
	u32 number;

	if (reach((struct node){ .parent = GRAPH_NONE, .actor = NOBODY, .runs = NOBODY }) ==
	    GRAPH_NONE)
		return STEP_NO_MEMORY;
	while (outcome == STEP_OK && (number = graph_take_cheapest()) != GRAPH_NONE) {
		outcome = expand(result, number);
		search_breathe();
	}
	return outcome;
}

/* Returns false if the search is to begin anew. */
static bool search_once(const struct scenario *scenario, bool tso, struct search_result *result)
{
	enum outcome outcome;
	u32 number;

	graph_forget();
	local_forget();
	result->kind = EXHAUSTED;
	result->bounded = result->too_long = false;
	outcome = state_begin(scenario, tso, &now);
	if (outcome == STEP_FAILED) {
		result->kind = WRONG;
		result->failure = *stage_failure();
		result->length = result->preemptions = 0;
	}
	if (outcome == STEP_OK)
		outcome = expand_all(result);
	if (outcome == STEP_NO_MEMORY)
		result->kind = TOO_MANY;
	if (outcome != STEP_OK)
		return outcome != STEP_RESTART;
	number = graph_find_endless();
	if (number != GRAPH_NONE) {
		stage_note_failure(FAULT_LIVELOCK, 0, "from here the threads never end");
		note_path(result, number, NULL);
	}
	return true;
}

static void search_until_shared(const struct scenario *scenario, bool tso,
				struct search_result *result)
{
	while (!search_once(scenario, tso, result))
		result->restarts++;
}

/* The way to what is wrong with the fewest preemptions; the one in @result, if there is no room to look for it. */
static void search_exactly(const struct scenario *scenario, bool tso, struct search_result *result)
{
	static struct search_result first;

	first = *result;
	exact = true;
	search_until_shared(scenario, tso, result);
	if (result->kind == WRONG)
		return;
	*result = first;
	result->any_way = true;
}

void search_run(const struct scenario *scenario, bool tso, struct search_result *result)
{
	u64 start = clock_ns(), executed = stage_steps();

	stage_forget_shared();
	stage_enter();
	result->steps = result->instructions = result->restarts = result->ways = 0;
	result->any_way = false;
	exact = bound < MAX_PREEMPTIONS;
	search_until_shared(scenario, tso, result);
	result->states = graph_nodes();
	result->locals = local_count();
	if (result->kind == WRONG && !exact)
		search_exactly(scenario, tso, result);
	graph_forget(); // The walks need its memory.
	if (result->kind == TOO_MANY)
		result->ways = walk_run(scenario, tso, walk_seed, result);
	local_forget();
	stage_leave();
	result->ns = clock_ns() - start;
	result->executed = stage_steps() - executed;
}
