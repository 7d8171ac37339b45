/* <linux/compiler_attributes.h> for modules: attributes.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
