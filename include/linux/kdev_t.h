/* <linux/kdev_t.h> for modules: devices' numbers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/node.h"
