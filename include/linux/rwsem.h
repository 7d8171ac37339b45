/* <linux/rwsem.h> for modules: a sleeping lock for many readers or one writer.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/spin/spinlock.h"
#include "lib/err.h"
#include "lib/list.h"
