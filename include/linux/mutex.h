/* <linux/mutex.h> for modules: mutual exclusion between threads that may sleep.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/base/cpu.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/spin/osq.h"
#include "kernel/locking/spin/spinlock.h"
#include "lib/list.h"
