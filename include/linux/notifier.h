/* <linux/notifier.h> for modules: chains of callbacks.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/notifier.h"
