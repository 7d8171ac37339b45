/* <linux/utsname.h> for modules: what the kernel is called.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/utsname.h"
