/* <linux/slab.h> for modules: memory by the object.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/kstrdup.h"
#include "kernel/core/slab.h"
#include "kernel/core/vmalloc.h"
#include "lib/overflow.h"
