/* <asm/processor.h> for modules: waiting politely.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/barrier.h>
#include "kernel/base/cpu.h"
