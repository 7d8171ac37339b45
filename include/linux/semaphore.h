/* <linux/semaphore.h> for modules: a number of units, taken and given back.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/semaphore.h"
#include "kernel/locking/spin/spinlock.h"
#include "lib/list.h"
