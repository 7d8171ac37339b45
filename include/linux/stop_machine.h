/* <linux/stop_machine.h> for modules: run a function while nothing else runs.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cpumask_ops.h"
#include "kernel/core/smpcall.h"
#include "kernel/stop_machine.h"
#include "lib/list.h"
