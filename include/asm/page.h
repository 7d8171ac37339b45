/* <asm/page.h> for modules: the size of a page.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/page.h"
