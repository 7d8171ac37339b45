/* <linux/random.h> for modules: random numbers, from SEED.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/panic.h"
#include "kernel/core/percpu.h"
#include "kernel/core/printk_forms.h"
#include "kernel/core/random.h"
#include "lib/list.h"
#include "lib/math.h"
