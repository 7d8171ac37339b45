/* <linux/err.h> for modules: errors in pointers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/err.h"
#include "lib/errno.h"
