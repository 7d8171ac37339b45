/* <linux/cpumask.h> for modules: sets of CPUs, and which are online.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cpu.h"
#include "kernel/base/cpumask.h"
#include "kernel/base/cpumask_ops.h"
