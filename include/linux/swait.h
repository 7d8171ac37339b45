/* <linux/swait.h> for modules: simple wait queues.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/swait.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/locking/spin/spinlock.h"
#include "lib/list.h"
