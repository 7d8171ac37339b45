/* <linux/kconfig.h> for modules: the configuration.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/kconfig.h"
