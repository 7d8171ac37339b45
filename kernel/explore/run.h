/* run.h: what the explorer's modes, explore and play, share.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/cpu.h>

#include "lib/types.h"

/*
 * explore_known - there is a scenario, or a group of them, @name. explore_print_names - print their names, a line each.
 * Never sleep.
 * explore_prepare - memory for all that follows, once. Thread context; may sleep. Returns VERDICT_PASS, or has
 *   said what is missing.
 */
bool explore_known(const char *name);
void explore_print_names(void);
enum verdict explore_prepare(void);
