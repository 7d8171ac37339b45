/* <linux/wait.h> for modules: sleep until a condition holds.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/wait.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/sched/sched.h"
#include "kernel/wait_woken.h"
#include "lib/list.h"
