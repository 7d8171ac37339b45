/* <linux/kernel.h> for modules: what every module needs: messages, common macros, types.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/bitops.h>

#include "kernel/base/hooks.h"
#include "kernel/base/kconfig.h"
#include "kernel/base/trace.h"
#include "kernel/core/kstrdup.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/printk_forms.h"
#include "lib/bits.h"
#include "lib/byteorder.h"
#include "lib/ctype.h"
#include "lib/err.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/hexdump.h"
#include "lib/hlist.h"
#include "lib/kstrtox.h"
#include "lib/limits.h"
#include "lib/macros.h"
#include "lib/math.h"
#include "lib/scan.h"
#include "lib/string.h"
#include "lib/types.h"
