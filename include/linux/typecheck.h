/* <linux/typecheck.h> for modules: the type of a variable.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
