/* <linux/once.h> for modules: doing something once.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/printk_forms.h"
