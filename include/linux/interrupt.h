/* <linux/interrupt.h> for modules: softirqs kept off, tasklets.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/bh.h"
#include "kernel/tasklet.h"
