/* <linux/interrupt.h> for modules: interrupts that are requested, softirqs kept off, tasklets.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/base/bh.h"
#include "kernel/base/cpumask_ops.h"
#include "kernel/base/irqflags.h"
#include "kernel/core/hrtimer.h"
#include "kernel/core/jump_label.h"
#include "kernel/core/printk_forms.h"
#include "kernel/irq_line.h"
#include "kernel/tasklet.h"
#include "kernel/workqueue.h"
