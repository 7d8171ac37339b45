/* programs.h: who opens the files of modules: OPS="echo hi >/dev/foo; 4x cat /dev/foo; sleep 0.5".
 * SPDX-License-Identifier: MIT
 *
 *	echo [-n] WORDS >FILE    opens, writes the words and a newline at once, closes
 *	cat FILE                 opens, reads until there is no more, prints it as lines of the log, closes
 *	ioctl FILE NUMBER [ARG]  ARG is a number; *N, the address of one, which is printed afterwards; or "TEXT", that of a text
 *	poll FILE                opens, waits until it can be read or written, says which
 *	irq N                    raises interrupt N: who has requested it is called, by an interrupt handler
 *	sleep SECONDS, wait      lets time pass; waits for what runs in the background
 *
 * `&` behind a command leaves it in the background, `4x` before it runs four of it at once. The threads have the names that
 * the programs have on Linux: bash, whose echo is, cat. Ctrl-C comes when the module's time is over.
 */
#pragma once

#include "lib/types.h"

/* programs_known - whether @ops can be understood; if not it says what cannot. Sleeps. Thread context. */
bool programs_known(const char *ops);

/*
 * programs_run - run the programs of @ops, one after the other, for @ms at most: then they get SIGINT, and two seconds later SIGKILL.
 * Sleeps. Thread context. Returns false, and says so, if one has not ended even then.
 */
bool programs_run(const char *ops, unsigned int ms);

/* programs_unused - say in one line which files of modules nobody has opened. Sleeps. Thread context. */
void programs_unused(void);
