/* <linux/mm.h> for modules: memory by the page, and by the object.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/vmalloc.h"
