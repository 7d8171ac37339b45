/* <linux/build_bug.h> for modules: what is checked at compile time.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
