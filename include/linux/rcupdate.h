/* <linux/rcupdate.h> for modules: read-copy update.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/base/bh.h"
#include "kernel/base/cpumask_ops.h"
#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/rcu.h"
