/* <linux/types.h> for modules: integer types, and as on Linux the list's head.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/kconfig.h"
#include "lib/list.h"
#include "lib/types.h"
