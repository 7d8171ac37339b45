/* <linux/jump_label.h> for modules: switches that are nearly always one way.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/atomic.h"
#include "kernel/core/jump_label.h"
