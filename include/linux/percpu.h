/* <linux/percpu.h> for modules: variables of which each CPU has its own copy.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/percpu.h>

#include "kernel/base/preempt.h"
