/* <linux/capability.h> for modules: what a thread may do.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cred.h"
