/* misuse.h: what is said to whoever uses something wrongly, and how the run goes on after it.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Who made one mistake wants to know of the next as well, in the same run. So a check that finds misuse does not
 *   stop the machine; it calls misuse(), which reports it: what, who, what he holds, his backtrace, and the
 *   holder's, if there is one. The run is no pass. Then the check does one of two things, and its contract says which:
 *	- what was asked for is not done: a lock that is not held is not released, a wait that would have no end
 *	  is no wait, memory that is free already is not freed;
 *	- what was broken is put right, and it is done: a lock that was never initialized is, then.
 *   Where neither can be, because to go on would wait for ever or destroy more, the check calls panic(): a lock that
 *   its holder waits for; a chain of free memory, or a stack, that was written over.
 *   With panic_on_warn=1 on the command line the first report of any kind is a panic.
 */
#pragma once

#include <stdarg.h>

#include "lib/macros.h"
#include "lib/types.h"

struct task_struct;

/*
 * misuse - report what the rest of the arguments say; from the same place, to which the same calls lead, once. @holder is
 *   the thread whose backtrace belongs to it, too, or NULL. Returns, and the caller goes on as is said above.
 *   A self-test of locks is forgiven, see hook_register_forgives(). Never sleeps. Any context.
 * misuse_register - who reports, with the caller's frame. Boot, once: before that, misuse is a panic.
 */
void misuse(const struct task_struct *holder, const char *fmt, ...) __printf(2, 3) __cold;
void misuse_register(void (*report)(const struct task_struct *holder, unsigned long frame,
				    const char *fmt, va_list args));

/*
 * hook_register_forgives - who is asked first: true, and misuse is not reported. That is for self-tests that misuse
 *   locks and look whether it is found; registered in no other run, and never forgiven to a thread that is not
 *   the self-test's. NULL: nobody. Any context.
 */
void hook_register_forgives(bool (*forgives)(void));
