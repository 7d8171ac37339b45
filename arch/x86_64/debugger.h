/* debugger.h: what the files that serve a debugger share among themselves.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/debugger.h>
#include <arch/trap.h>

#include "kernel/base/cpu.h"

/* debugger.c: whether exception or NMI @frame is the debugger's, who has then dealt with it. Called by trap.c. */
bool debugger_trap(struct trap_frame *frame);

/* entry.asm: where a CPU that was summoned goes on; and halting until an NMI. */
extern const char debug_summoned[], debug_halt_end[];
void debug_halt(const bool *poked);

/* debugger.c: whether there is a debugger's stub, so that an NMI may be late, and nobody's. */
bool debugger_is_on(void);

/*
 * debug_line.c: give the UART's interrupt a way to CPU 0, as an NMI; false: there is none. Let it come, or not.
 */
bool debug_line_route(void);
void debug_line_listen(bool on);

/*
 * debug_memory.c: put the breakpoints that are instructions into the code, and take them out again.
 * debug_break_at - whether one is at @address, in the code. debug_break_in_code - whether there is such an instruction, be
 *   it one of these or not. debug_break_drop - it is no more: the code is as it was.
 */
void debug_breaks_insert(void);
void debug_breaks_remove(void);
bool debug_break_at(unsigned long address);
bool debug_break_in_code(unsigned long address);
void debug_break_drop(unsigned long address);

/*
 * debug_watch.c: the debug registers but the first, which is the kernel's own (arch/watch.h).
 * debug_watch_set, debug_watch_clear - as debug_break_set(), for all kinds but DEBUG_BREAK.
 * debug_watch_off - this CPU looks out for nothing. Returns what to give to
 * debug_watch_on - it looks out for what is set now, and for the kernel's own.
 * debug_watch_event - which one of @dr6 it was, into @event. False: none of these.
 * debug_watch_stands - whether what made @event is still set.
 */
int debug_watch_set(enum debug_kind kind, unsigned long address, size_t size);
int debug_watch_clear(enum debug_kind kind, unsigned long address, size_t size);
void debug_watch_clear_all(void);
unsigned long debug_watch_off(void);
void debug_watch_on(unsigned long before);
bool debug_watch_event(unsigned long dr6, struct debug_event *event);
bool debug_watch_stands(const struct debug_event *event);

/* debug_step.c: a CPU's single step. */
struct debug_step {
	bool on;
	bool interrupts;   /* they were on before */
	unsigned long rip; /* of the instruction */
	u8 code[2];        /* its first bytes */
};

/*
 * debug_step_begin - have the CPU execute one instruction at @frame, no interrupt before it. False: it is one that would
 *   wait for ever, and is done with.
 * debug_step_end - the step is done, and @frame is as if nobody had stepped.
 * debug_step_cancel - the CPU stopped for another reason; if the step has not been made it will not be.
 */
bool debug_step_begin(struct debug_step *step, struct trap_frame *frame);
void debug_step_end(struct debug_step *step, struct trap_frame *frame);
void debug_step_cancel(struct debug_step *step, struct trap_frame *frame);

/* [a] any CPU  [c] its CPU only  [m] the master, while its CPU is stopped */
struct debug_place {
	struct trap_frame *frame; /* [a] where it is stopped; NULL: it is not */
	bool go;                  /* [a] it may go on */
	bool seen;                /* [a] a master knows that it is stopped here */
	bool summoned;            /* [a] it is to stop */
	bool inside;              /* [c] it is in debugger_trap(), or on its way */
	bool halts;               /* [c] NMIs can wake it */
	bool poked;               /* [c] an NMI has come */
	struct debug_event event; /* [c] what the NMI that sent it here was for */
	unsigned long watched;    /* [c] what it looked out for then (debug_watch_off()) */
	struct debug_step step;   /* [m] and [c] */
};
extern struct debug_place debug_places[NR_CPUS];

static inline struct debug_place *debug_my_place(void)
{
	return &debug_places[raw_smp_processor_id()];
}

/*
 * debugger.c: debug_stop - this CPU stops, at @frame: for @event, which may have no signal if others have one.
 * debug_is_summoned - whether the CPU of @place is to stop, still: who summoned it may have given up.
 * debug_look_at_line - what has come over the line while the machine ran, into @event.
 * Interrupts off, and NMIs only leave notes.
 */
void debug_stop(struct trap_frame *frame, struct debug_event *event);
bool debug_is_summoned(const struct debug_place *place);
void debug_look_at_line(struct debug_event *event);
