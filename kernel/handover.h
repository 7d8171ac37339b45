/* handover.h: another kernel takes this one's place, and all CPUs.
 * SPDX-License-Identifier: MIT
 */
#pragma once

/*
 * kernel_hand_over - stop everything, and start the kernel in the boot loader's module @module, with @words behind its own command
 *   line. All that this kernel knows is lost.
 * Sleeps. Thread context, nothing held. Does not return, but for a text that says why it could not.
 */
const char *kernel_hand_over(const char *module, const char *words);
