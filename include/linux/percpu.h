/* <linux/percpu.h> for modules: variables of which each CPU has its own copy.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cpumask_ops.h"
#include "kernel/base/preempt.h"
#include "kernel/core/percpu.h"
#include "kernel/core/printk_forms.h"
#include "kernel/core/smpcall.h"
