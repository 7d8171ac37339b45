/* <asm/ioctl.h> for modules: commands' numbers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/ioctl.h"
