/* <asm/barrier.h> for modules: barriers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/barrier.h>
