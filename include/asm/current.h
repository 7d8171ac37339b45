/* <asm/current.h> for modules: the running thread.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cpu.h"
