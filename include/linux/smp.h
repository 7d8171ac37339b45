/* <linux/smp.h> for modules: which CPU this is, and calls to others.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cpumask_ops.h"
#include "kernel/base/preempt.h"
#include "kernel/core/parallel.h"
#include "kernel/core/percpu.h"
#include "kernel/core/smpcall.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/llist.h"
