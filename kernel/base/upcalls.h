/* upcalls.h: the three functions that lower layers call upward, and why each must be.
 * SPDX-License-Identifier: MIT
 *
 * Everything else that goes up goes by registration: the upper layer hands the lower one a function.
 */
#pragma once

#include "lib/macros.h"

/*
 * panic - report what is broken and stop the machine.
 * Never sleeps. Any context, NMI included; whatever is held stays held. Does not return.
 * Upward because a lock that finds itself broken, two layers below the console, cannot go on.
 * It begins in the machine's layer, which keeps
 * the caller's registers, and goes on in kernel/core/panic.c.
 */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn __cold;

/*
 * printk - put one message, of whole lines, on the console.
 * Never sleeps. Any context, NMI included. Returns the number of characters.
 * Upward because every layer has something to say, the locks below the console's own lock too: the
 * console takes a raw spinlock, which reports nothing. Defined in kernel/core/printk.c.
 */
int printk(const char *fmt, ...) __printf(1, 2);

/*
 * preempt_schedule - give up the CPU, if that is allowed here.
 * May switch threads, never blocks. Any context: where preemption or interrupts are off it returns
 * at once. Upward because preempt_enable(), which every spin_unlock() ends with, may be the moment
 * that a wake-up has been waiting for. Defined in kernel/sched/sched.c.
 */
void preempt_schedule(void);
