/* <asm/param.h> for modules: HZ.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/config.h"
