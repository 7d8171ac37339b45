/* <linux/gfp.h> for modules: the flags of memory allocation.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/slab.h"
