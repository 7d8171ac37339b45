/* <linux/compiler_types.h> for modules: attributes.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
