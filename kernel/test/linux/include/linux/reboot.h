/* <linux/reboot.h> for Linux's own tests: the end of the machine, which here is the end of the run.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/panic.h"
#include "kernel/notifier.h"

/* Who would be told before the machine is turned off. It is turned off when nothing runs any more. */
static inline int register_reboot_notifier(struct notifier_block *block)
{
	return 0;
}

static inline int unregister_reboot_notifier(struct notifier_block *block)
{
	return 0;
}

/* For tests that were asked to end so (shutdown=1), which nobody does here. */
static inline void kernel_power_off(void)
{
	panic("a test wants the machine off");
}
