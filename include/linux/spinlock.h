/* <linux/spinlock.h> for modules: spinlocks, and as on Linux the reader-writer ones.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/base/bh.h"
#include "kernel/base/irqflags.h"
#include "kernel/base/preempt.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/spinlock.h"
