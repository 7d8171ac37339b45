/* <linux/percpu-defs.h> for modules: per-CPU variables.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/percpu.h"
