/* <linux/poll.h> for modules: waiting for files. Here are none; a module that only includes it compiles.
 * SPDX-License-Identifier: MIT
 */
#pragma once
