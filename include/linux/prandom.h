/* <linux/prandom.h> for modules: random numbers, from SEED.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/random.h"
