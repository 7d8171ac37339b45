/* <linux/stddef.h> for modules: NULL, offsetof.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"
