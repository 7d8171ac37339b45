/* <linux/overflow.h> for modules: arithmetic that says whether it overflowed.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/overflow.h"
