/* <linux/seqlock.h> for modules: readers that keep nobody out, and read again if a writer came.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/spin/seqlock.h"
