/* <linux/uidgid.h> for modules: users and groups.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cred.h"
