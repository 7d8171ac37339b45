/* <linux/stdarg.h> for modules: lists of arguments.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <stdarg.h>
