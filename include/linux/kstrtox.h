/* <linux/kstrtox.h> for modules: numbers out of strings.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/kstrtox.h"
