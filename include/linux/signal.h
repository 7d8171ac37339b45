/* <linux/signal.h> for modules: signals to threads.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/signal.h"
