/* traps.h: what the files that handle exceptions and interrupts share among themselves.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/trap.h>

#include "lib/macros.h"

/* entry.asm: the 256 stubs, TRAP_STUB_SIZE bytes apart, and trap_catch()'s way out of a function. */
extern char trap_stubs[];
int trap_call(void (*fn)(void *arg), void *arg, unsigned long *resume_rsp);
void trap_resume(void);

/* descriptor.c: have exception @vector enter at @entry; NULL: as all others do. All CPUs; interrupts off, and none of
 * them may come. */
void trap_set_entry(u32 vector, const void *entry);

/* trap.c: called by entry.asm for every exception and interrupt, interrupts off. */
void trap_dispatch(struct trap_frame *frame);

/* trap.c: the same for the debug exception, NMI and breakpoints, which a debugger may have asked for. */
void trap_debug_dispatch(struct trap_frame *frame);

/* trap_report.c: panic over an exception, in words that say what the code tried to do. */
void trap_report(const struct trap_frame *frame) __noreturn;

/* trap_report.c: called by panic.asm; the frame is made of the registers at the call of panic(). */
void panic_called(const struct trap_frame *frame, const u64 *args, void *more) __noreturn;

/*
 * machine_check.c: have hardware errors raise the machine-check exception on this CPU, which would
 * otherwise just shut down; and panic over one, after printing what the CPU recorded.
 */
void machine_check_init_cpu(void);
void machine_check_report(const struct trap_frame *frame) __noreturn;
