/* <linux/pm.h> for modules: what drivers do when a machine is suspended: never here.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/platform_device.h"
