/* <linux/stringify.h> for modules: a macro's value as text.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
