/* <linux/completion.h> for modules: wait for something to have happened.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/locking/spin/spinlock.h"
#include "lib/list.h"
