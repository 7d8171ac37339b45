/* module_spin.h: whether a thread goes round in circles, and nothing that it does shows.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

struct task_struct;

/*
 * spins_in_place - whether @task, which is awake, was found in the same few states again and again: registers, flags, and what
 *   is on its stack. If nobody else changes memory it does so for ever (the theory says what that leaves out).
 * Sleeps, for some seconds at most. Thread context; one at a time; the caller has a reference to @task.
 */
bool spins_in_place(const struct task_struct *task);
