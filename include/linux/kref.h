/* <linux/kref.h> for modules: a reference count with the function that frees.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/refcount_mutex.h"
#include "kernel/locking/spin/spinlock.h"
