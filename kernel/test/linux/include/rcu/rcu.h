/* rcu/rcu.h for Linux's own tests: what RCU shows to its tests only.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/rcu.h"

/* Nothing begins before the boot has ended, and there is no buffer of traces to be printed. */
#define rcu_inkernel_boot_has_ended() true
#define rcu_ftrace_dump(what)         ((void)0)
