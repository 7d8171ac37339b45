/* <linux/io.h> for modules: the machine's ports and registers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/io.h>
