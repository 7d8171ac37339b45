/* <asm/smp.h> for modules: the CPUs.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/preempt.h"
