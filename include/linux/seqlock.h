/* <linux/seqlock.h> for modules: readers that keep nobody out, and read again if a writer came.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/preempt.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/seqcount_lock.h"
#include "kernel/locking/spin/seqlock.h"
#include "kernel/locking/spin/spinlock.h"
