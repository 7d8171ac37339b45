/* <linux/trace_clock.h> for Linux's own tests: the clock of traces.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/sched.h"

#define trace_clock_local() local_clock()
