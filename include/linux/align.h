/* <linux/align.h> for modules: multiples of powers of two.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
