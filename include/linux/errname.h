/* <linux/errname.h> for modules: the names of errors.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/errname.h"
