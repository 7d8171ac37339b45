/* <linux/pid.h> for modules: threads by their numbers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/refcount.h"
#include "kernel/locking/rculist.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/sched/pid.h"
