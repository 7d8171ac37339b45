/* <linux/kernel.h> for modules: what every module needs: messages, common macros, types.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/hooks.h"
#include "kernel/core/kstrdup.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/kstrtox.h"
#include "lib/limits.h"
#include "lib/macros.h"
#include "lib/types.h"
