/* <linux/kobject.h> for modules: what has a directory in /sys.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/kref.h"
#include "kernel/files/kobject.h"
#include "kernel/files/sysfs.h"
#include "kernel/locking/sleep/wait.h"
#include "kernel/locking/spin/spinlock.h"
#include "kernel/workqueue.h"
#include "lib/list.h"
