/* <linux/preempt.h> for modules: preemption on and off, and in which context we are.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/preempt.h"
