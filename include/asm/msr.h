/* <asm/msr.h> for modules: model-specific registers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/cpu.h>
