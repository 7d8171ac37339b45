/* <linux/refcount.h> for modules: how many use an object.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/locking/sleep/refcount_mutex.h"
#include "kernel/locking/spin/spinlock.h"
