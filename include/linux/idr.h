/* <linux/idr.h> for modules: numbers given out, with a pointer each.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/percpu.h"
#include "kernel/idr.h"
#include "lib/bitmap.h"
