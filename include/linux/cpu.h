/* <linux/cpu.h> for modules: CPUs, none of which goes away.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <linux/device.h>

#include "kernel/core/hotplug.h"
