/* <linux/compiler.h> for modules: attributes, READ_ONCE, WRITE_ONCE, data_race, barriers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/barrier.h>

#include "kernel/base/kconfig.h"
#include "lib/instrument.h"
#include "lib/macros.h"
