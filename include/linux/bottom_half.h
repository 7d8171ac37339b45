/* <linux/bottom_half.h> for modules: softirqs kept off this CPU.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/bh.h"
