/* <linux/errno.h> for modules: the numbers of errors.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/errno.h"
