/* <linux/gfp.h> for modules: the flags of memory allocation, and pages.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/page.h"
#include "kernel/core/vmalloc.h"
