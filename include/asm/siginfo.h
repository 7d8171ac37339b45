/* <asm/siginfo.h> for modules: what is known of a signal.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/signal.h"
