/* <asm/bug.h> for modules: what must not be.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/panic.h"
