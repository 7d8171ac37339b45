/* <linux/ctype.h> for modules: kinds of characters.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/ctype.h"
