/* debugger.h: stopping the machine for a debugger, looking at it while it stands, and letting it go on.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

struct context;
struct trap_frame;

/* Why a CPU stops the machine. The signals are Unix's, which is what gdb speaks of. */
#define DEBUG_SIGINT  2
#define DEBUG_SIGTRAP 5
#define DEBUG_SIGABRT 6

/* The kinds of breakpoints and watchpoints, by the numbers that gdb gives them; and two things more that may stop a CPU. */
enum debug_kind {
	DEBUG_BREAK,        /* an instruction that is replaced */
	DEBUG_HARD_BREAK,   /* one that the CPU looks out for */
	DEBUG_WATCH_WRITE,  /* data */
	DEBUG_WATCH_READ,   /* read or written: the CPU has no less */
	DEBUG_WATCH_ACCESS, /* read or written */
	DEBUG_OTHER,        /* a step, Ctrl-C, a panic */
	DEBUG_QUIET,        /* a debugger has come, and will ask */
};

struct debug_event {
	u8 signal; /* 0: none */
	enum debug_kind kind;
	unsigned long address; /* of the data, for a watchpoint */
	const char *message;   /* of a panic; or NULL */
};

/* In place of a CPU's number: all are to run. */
#define DEBUG_ALL_CPUS (~0U)

/*
 * debugger_start - from now on breakpoints, bytes on COM2 and panics stop the machine; and stop it here.
 * debugger_line_start - have the bytes on COM2 interrupt CPU 0, now that there are interrupt controllers.
 * debugger_init_cpu - this CPU, which begins, looks out for what the others do.
 * debugger_exit - tell the debugger, if there is one, of the run's end. Never stops.
 * Never sleep. Boot CPU; that CPU; any context.
 */
void debugger_start(void);
void debugger_line_start(void);
void debugger_init_cpu(void);
void debugger_exit(unsigned int status);

/*
 * What follows is for who speaks with the debugger, while the machine stands; on the CPU that stopped it.
 *
 * debugger_frame - where CPU @cpu was stopped; NULL if it was not.
 * debugger_step - make ready for one step of that CPU. False: it has been made already.
 */
struct trap_frame *debugger_frame(u32 cpu);
bool debugger_step(u32 cpu);

/*
 * debug_read, debug_write - copy @n bytes of memory, of which nothing may be believed. False: not all of it is there, and
 *   nothing was written. debug_write() writes to code and constants, too.
 */
bool debug_read(unsigned long address, void *to, size_t n);
bool debug_write(unsigned long address, const void *from, size_t n);

/*
 * debug_break_set, debug_break_clear - put and remove a breakpoint or a watchpoint; as often as one likes.
 * debug_break_clear_all - remove all.
 * Return 0, -EINVAL for what the CPU cannot watch, or -ENOSPC.
 */
int debug_break_set(enum debug_kind kind, unsigned long address, size_t size);
int debug_break_clear(enum debug_kind kind, unsigned long address, size_t size);
void debug_break_clear_all(void);

/*
 * A thread's registers: it runs, and its CPU was stopped at @frame; or does not, and left @saved; or neither is known.
 * debug_register - where register @n of debug_registers_xml is, and its @size; NULL: it is not known.
 * debug_register_set - change it. False: that cannot be done.
 */
struct debug_registers {
	struct trap_frame *frame;
	const struct context *saved;
	unsigned long cpu_base; /* of the per-CPU variables; 0: it does not run */
};
#define DEBUG_REGISTER_BYTES 10 /* of the largest */
extern const char debug_registers_xml[];
extern const u32 debug_nr_registers;
size_t debug_register_size(u32 n);
bool debug_register(const struct debug_registers *registers, u32 n, u8 *value);
bool debug_register_set(const struct debug_registers *registers, u32 n, const u8 *value);

/*
 * The line to the debugger: the UART at COM2, 115200 baud, 8n1.
 * debug_line_init - find it and set it up. Returns whether there is one. Boot CPU.
 * debug_line_get - the next byte; or -1. debug_line_put - send one; the wait is bounded.
 * debug_line_drain - wait, with a bound, until the last has left.
 */
bool debug_line_init(void);
int debug_line_get(void);
void debug_line_put(u8 byte);
void debug_line_drain(void);
