/* <linux/param.h> for modules: how many jiffies are a second.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/config.h"
