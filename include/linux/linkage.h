/* <linux/linkage.h> for modules: what is called from assembly.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
