/* <linux/version.h> for modules: which Linux's names these are.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/version.h"
