/* utsname.h: what this kernel is called.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/version.h"

#define __NEW_UTS_LEN 64

struct new_utsname {
	char sysname[__NEW_UTS_LEN + 1];
	char nodename[__NEW_UTS_LEN + 1];
	char release[__NEW_UTS_LEN + 1];
	char version[__NEW_UTS_LEN + 1];
	char machine[__NEW_UTS_LEN + 1];
	char domainname[__NEW_UTS_LEN + 1];
};

/* init_utsname, utsname - its names; the release is that of the Linux whose names modules find here. Any context. */
extern const struct new_utsname uts_names;
#define init_utsname() (&uts_names)
#define utsname()      (&uts_names)
