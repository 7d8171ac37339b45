/* <linux/mm.h> for modules: memory by the page, and by the object.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <linux/fs.h>

#include "kernel/core/page.h"
#include "kernel/core/slab.h"
#include "kernel/core/vmalloc.h"
