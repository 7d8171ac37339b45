/* stage.h: the explorer's stage: a few CPUs, each with one thread, that run one step at a time on a real one.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/step.h>

#include "kernel/explore/explore.h"

struct thread_wait;

/* What is wrong in a state. */
enum fault {
	FAULT_NONE,
	FAULT_EXCLUSION,  /* two are in the critical section */
	FAULT_ASSERTION,  /* explore_assert(), or the scenario's final check */
	FAULT_PANIC,      /* the kernel's own panic(), BUG_ON() or warning */
	FAULT_EXCEPTION,  /* a page fault or the like */
	FAULT_DEAD_FRAME, /* memory of a stack frame that is gone */
	FAULT_FREED,      /* memory that was freed */
	FAULT_CONTEXT,    /* a thread ends with preemption or interrupts off */
	FAULT_DEADLOCK,   /* nobody can go on, and not all have ended */
	FAULT_LOST_WAKEUP, /* the same, but everybody who is left sleeps, and for no lock that another has */
	FAULT_LIVELOCK,    /* all can go on for ever, and nobody can reach the end */
	FAULT_UNEXPLAINED, /* an instruction that the explorer does not understand: no verdict */
};

struct failure {
	enum fault fault;
	u32 thread;
	unsigned long rip;
	const char *text;
};

/* What a thread is about to do, or has done: what another one may see of it. */
struct op {
	unsigned long rip;
	unsigned long address; /* of the datum; 0: none */
	u32 size;
	u32 how;           /* INSN_READ and so on */
	const char *model; /* the function that is modelled, or NULL */
	bool first_half;   /* of a read-modify-write that is no locked one: only the read */
	bool second_half;
};

enum outcome {
	STEP_OK,
	STEP_FAILED,  /* stage_failure() says why */
	STEP_RESTART, /* something private turned out to be shared: everything is to begin anew */
	STEP_NO_MEMORY,
};

/* stage_init - memory for CPUs and threads; once. Returns false without memory. May sleep. */
bool stage_init(void);

extern u32 stage_n_threads; /* of the scenario */

static inline u32 stage_thread_of(u32 actor)
{
	return actor % stage_n_threads;
}

/*
 * stage_begin - set @scenario up anew, with stores that are delayed if @tso, and have each thread stand before its first step that others can see.
 * stage_forget_shared - nothing private is known to be shared any more: before another scenario.
 * stage_first_steps - from now on stage_begin() also takes the steps of these @n actors, which stay where they are.
 * stage_actors - how many can take steps: the threads, by their numbers; behind them in the same order, if stores are
 *   delayed, their store buffers, each of which makes the thread's oldest store visible; and behind those, if the
 *   scenario has a handler, the sources of their CPUs' interrupts. stage_thread_of - whose.
 * stage_enabled - @actor can take a step now.
 * stage_step - @actor, which is enabled, takes it; a thread also what is private up to the next.
 * stage_last - what was done. stage_next - what its next step will do.
 * stage_wait_of - as wait_of(), of @thread; @is_read: readers, whom nobody knows by name, have what it waits for.
 * stage_end - if nobody is enabled: have all ended, and is everything as the scenario says it must be?
 * Never sleep. Between stage_enter() and stage_leave(), which turn interrupts off and on; what is shared is then as in the
 * beginning, so the stage is to begin anew, or be loaded (state.h).
 */
void stage_enter(void);
void stage_leave(void);
void stage_forget_shared(void);
enum outcome stage_begin(const struct scenario *scenario, bool tso);
void stage_first_steps(const u8 *actors, u32 n);
u32 stage_actors(void);
bool stage_enabled(u32 actor);
enum outcome stage_step(u32 actor);
const struct op *stage_last(void);
const struct op *stage_next(u32 actor);
bool stage_wait_of(u32 thread, struct thread_wait *wait, bool *is_read);
enum outcome stage_end(void);
const struct failure *stage_failure(void);
void stage_note_failure(enum fault fault, u32 thread, const char *text);
u64 stage_steps(void); /* instructions executed so far */
