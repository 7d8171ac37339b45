/* <asm/signal.h> for modules: the numbers of signals.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/signal.h"
