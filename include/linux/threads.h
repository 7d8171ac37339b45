/* <linux/threads.h> for modules: how many CPUs there may be.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/config.h"
