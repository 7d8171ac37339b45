/* <linux/uaccess.h> for modules: programs' memory.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/preempt.h"
#include "kernel/files/uaccess.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"
#include "lib/string.h"
