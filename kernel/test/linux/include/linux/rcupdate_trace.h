/* <linux/rcupdate_trace.h> for Linux's own tests: RCU of tasks, which is not here.
 * SPDX-License-Identifier: MIT
 */
#pragma once
