/* <linux/kcsan-checks.h> for modules: where it is here. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/instrument.h"
