/* <linux/instrumented.h> for modules: what the race detector is told.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/instrument.h"
