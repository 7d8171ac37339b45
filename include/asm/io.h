/* <asm/io.h> for modules: ports.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/io.h>
