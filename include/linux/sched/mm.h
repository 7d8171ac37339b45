/* <linux/sched/mm.h> for modules: who may allocate.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/slab.h"
