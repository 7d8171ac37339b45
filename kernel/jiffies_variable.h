/* jiffies_variable.h: jiffies as a variable, which an interrupt counts.
 * SPDX-License-Identifier: MIT
 */
#pragma once

/*
 * jiffies_variable_start - from now on this CPU's timer sets the variable, HZ times a second. It is behind while the CPU keeps
 *   interrupts off, as Linux's is. Once. Never sleeps. Thread context.
 */
void jiffies_variable_start(void);
