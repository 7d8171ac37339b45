/* <asm/uaccess.h> for modules: programs' memory.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/uaccess.h"
