/* <linux/cred.h> for modules: who a thread runs for.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cred.h"
