/* race_context.h: what the race detector keeps of each thread, and of each CPU's handlers.
 * SPDX-License-Identifier: MIT
 *
 * What a thread has said of its accesses (lib/instrument.h) follows it from CPU to CPU, so it is part of
 * the thread; the scheduler, which knows threads, hands it down here at each switch. In other profiles
 * it takes no room, and the functions are empty.
 */
#pragma once

#include "kernel/base/cpu.h"
#include "lib/instrument.h"

#if CONFIG_RACE

/* [c] written by the thread or the handler itself only. */
struct race_context {
	u32 paused;                /* [c] race_pause() not yet resumed */
	u32 atomic;                /* [c] race_atomic_begin() not yet ended */
	u32 atomic_looks;          /* [c] race_atomic_next(): what is left of it */
	struct race_claim *claims; /* [c] the innermost */
	bool watches;              /* [c] one of its accesses, or claims, is held up */
};

/* race_switch_to - from here on this CPU runs the thread that owns @context. Interrupts off. */
static inline void race_switch_to(struct race_context *context)
{
	this_cpu_write(cpu_local.race, context);
}

/* race_context_of_thread - the running thread's context, as it is now, and as it is to be again: for who
 * ends a function in its middle. Thread context. */
static inline struct race_context race_context_of_thread(void)
{
	return *this_cpu_read(cpu_local.race);
}

static inline void race_context_restore(struct race_context saved)
{
	*this_cpu_read(cpu_local.race) = saved;
}

#else

struct race_context {
};

static inline void race_switch_to(struct race_context *context)
{
}

static inline struct race_context race_context_of_thread(void)
{
	return (struct race_context){};
}

static inline void race_context_restore(struct race_context saved)
{
}

#endif
