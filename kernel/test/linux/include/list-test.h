/* list-test.h: what Linux's list-test.c needs, and is not here: included ahead of it.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/slab.h"

/* Linux waits until there is memory. Here there is always enough for this test, which would fault otherwise. */
#define __GFP_NOFAIL 0u
