/* <linux/poison.h> for modules: what removed elements point at.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/hlist.h"
