/* utsname.c: what this kernel is called.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/utsname.h"

#include <arch/machine.h>

const struct new_utsname uts_names = {
	.sysname = "Interlock",
	.nodename = "(none)",
	.release = UTS_RELEASE,
	.version = "#1 SMP PREEMPT",
	.machine = MACHINE_NAME,
	.domainname = "(none)",
};
