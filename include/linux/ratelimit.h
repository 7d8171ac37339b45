/* <linux/ratelimit.h> for modules: saying something not too often.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/ratelimit.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/sched/sched.h"
