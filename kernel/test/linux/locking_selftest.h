/* locking_selftest.h: between Linux's locking-selftest.c and the module that runs it.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

/* locking_selftest - Linux's function: run all cases, print the table. */
void locking_selftest(void);

/*
 * selftest_print - print as Linux's printk() does, or, @goes_on, as its pr_cont(): behind what is there.
 * selftest_case - run the case @fn. Returns whether it has come to its end; else " skip |" is printed for it.
 * selftest_missing - the case that runs calls @what, which this kernel has not: end it here.
 * Called by Linux's file, in the self-test's thread, in whatever context a case makes.
 */
void selftest_print(bool goes_on, const char *fmt, ...) __printf(2, 3);
bool selftest_case(void (*fn)(void));
void selftest_missing(const char *what) __noreturn;
