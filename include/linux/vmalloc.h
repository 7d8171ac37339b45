/* <linux/vmalloc.h> for modules: memory by the page.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/vmalloc.h"
