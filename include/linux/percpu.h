/* <linux/percpu.h> for modules: variables of which each CPU has its own copy.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cpumask_ops.h"
#include "kernel/core/percpu.h"
