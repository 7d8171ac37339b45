/* <linux/topology.h> for modules: which memory is near: all of it.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/hotplug.h"
