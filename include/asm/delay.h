/* <asm/delay.h> for modules: busy waiting.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/sched.h"
