/* <asm/cmpxchg.h> for modules: exchange and compare.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/cmpxchg.h>
