/* local.h: what a thread has for itself, and what its steps make of it, each kept once. Internal to the explorer.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/explore/thread.h"

/* Some bytes of a shared word. */
struct touch {
	u32 word;
	u64 mask;
};

#define MAX_TOUCHES 2 /* at most eight bytes, in one word or two */

/* What a deed of a thread made of its local state, given what was in the shared bytes that it touches. */
struct transition {
	struct transition *next; /* another one of the same local state and deed */
	struct local *to;
	u64 before[MAX_TOUCHES], after[MAX_TOUCHES];
	u32 instructions; /* were executed for it */
	bool yielded;     /* it ended in a `pause` */
	bool hidden;      /* it only delayed a store: see moves.c */
};

/* All that only its thread can see: registers, stack, CPU, stores that are delayed. */
struct local {
	struct local *same; /* another one in the same slot */
	struct local *previous;
	u64 hash;
	u32 size;
	const void *bytes;
	struct transition *made[DEEDS];
	/* What the scheduling of steps must know of it. */
	struct touch touches[DEEDS][MAX_TOUCHES]; /* by its next step, by its oldest store */
	u8 n_touches[DEEDS];
	unsigned long address[DEEDS]; /* of the first byte touched */
	u32 length[DEEDS];            /* how many bytes */
	unsigned long rip, rsp;       /* rsp: the end of the stack, if it is done */
	u8 thread;
	u8 must_flush; /* so many of its stores, before its next step */
	bool done, spins, asleep, may_time_out, inside, interruptible, interrupted;
	bool delays; /* its next step, which it can take, and before which no interrupt can come, delays a store */
	bool looks_anew; /* its next step draws a ticket or reads both halves: whatever it saw before does not matter */
};

/*
 * local_forget - forget all local states: before a search, and when more turned out to be shared.
 * local_allocate - memory that is given back then; of it all states are, whatever the size of one: of the allocator's, those of
 *   one scenario would not come back to the next one's. NULL without memory.
 * local_now - the one that thread @t is in on the stage. NULL without memory.
 * local_do - what @deed makes of @from, with @words in shared memory: remembered, or executed now. STEP_OK and *made;
 *   or the outcome. *made is NULL if there is no memory.
 * local_leave_stage - what is on the stage has been noted, and is not needed there.
 * local_enter_stage - its thread's memory is as @local says, but for what is shared.
 * local_count - how many there are.
 * Never sleep. Between stage_enter() and stage_leave().
 */
void local_forget(void);
void *local_allocate(size_t size);
struct local *local_now(u32 t);
enum outcome local_do(struct local *from, enum deed deed, const u64 *words,
		      struct transition **made);
u32 local_count(void);
void local_leave_stage(void);
void local_enter_stage(const struct local *local);
