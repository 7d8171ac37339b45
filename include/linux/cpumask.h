/* <linux/cpumask.h> for modules: sets of CPUs, and which are online.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/base/cpu.h"
#include "kernel/base/cpumask.h"
#include "kernel/base/cpumask_ops.h"
#include "kernel/base/percpu.h"
#include "kernel/core/printk_forms.h"
#include "lib/bitmap.h"
