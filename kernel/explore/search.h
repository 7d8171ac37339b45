/* search.h: every state that a scenario can reach, and the shortest way to a wrong one.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/explore/stage.h"

enum verdict_kind {
	EXHAUSTED, /* every state was seen, and none is wrong */
	WRONG,     /* one is: result->failure, and the way there */
	TOO_MANY,  /* memory ran out, or a way is too long: no verdict */
};

#define SEARCH_PATH_MAX 4096

struct search_result {
	enum verdict_kind kind;
	struct failure failure;
	u32 states;
	u32 preemptions;  /* of the way to the wrong state */
	u32 length;       /* its steps */
	bool bounded;     /* there were ways with more preemptions than the limit */
	bool too_long;    /* a way had more steps, or preemptions, than can be noted */
	bool any_way;     /* there was no room to look for the way with the fewest */
	u32 ways;         /* walked at random, when there were too many states */
	u32 locals;       /* local states, of all threads, that they are made of */
	u32 restarts;     /* since more was found to be shared */
	u64 executed;     /* instructions, to find out what they do */
	u64 steps;        /* taken, from all states */
	u64 instructions; /* that these steps stand for */
	u64 ns;
	u8 path[SEARCH_PATH_MAX]; /* which actor takes each step, see stage.h */
};

/*
 * search_init - memory for at most @max_states states. May sleep. Returns false without memory.
 * search_limit - searches take no way with more preemptions; what is chosen at random begins with @seed.
 * search_breathe - let interrupts in, and call search_breath(), now and then; for the parts of a search.
 * search_run - explore @scenario, with stores that are delayed if @tso. Never sleeps; takes up to seconds with interrupts on now and then.
 *   Thread context, on a machine whose other CPUs are idle.
 */
extern void (*search_breath)(void); /* [I] or NULL. Called with interrupts on; may not return */
void search_breathe(void);
bool search_init(u32 max_states);
void search_run(const struct scenario *scenario, bool tso, struct search_result *result);
void search_limit(u32 preemptions, u64 seed);
