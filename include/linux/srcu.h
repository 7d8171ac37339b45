/* <linux/srcu.h> for modules: RCU whose readers may sleep.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/rcu.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/srcu.h"
#include "kernel/workqueue.h"
