/* <linux/init.h> for modules: where a module begins and ends.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/module.h"
