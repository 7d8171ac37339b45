/* <linux/device/class.h> for modules: classes of devices.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/device.h"
