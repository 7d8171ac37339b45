/* The version of Linux whose names, and their meaning, modules find here. */
/* SPDX-License-Identifier: MIT */
#pragma once

#define LINUX_VERSION_MAJOR      6
#define LINUX_VERSION_PATCHLEVEL 1
#define LINUX_VERSION_SUBLEVEL   0

#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#define LINUX_VERSION_CODE                                                                         \
	KERNEL_VERSION(LINUX_VERSION_MAJOR, LINUX_VERSION_PATCHLEVEL, LINUX_VERSION_SUBLEVEL)
#define UTS_RELEASE "6.1.0-interlock"
