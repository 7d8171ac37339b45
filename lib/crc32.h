/* The checksum of Ethernet and of zip files. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/*
 * crc32_le - go on with `crc` over `size` bytes: the polynomial 0xedb88320, lowest bit first. Neither
 * inverts: the usual checksum is ~crc32(~0, bytes, size). Never sleep. Any context.
 */
u32 crc32_le(u32 crc, const void *bytes, size_t size);
#define crc32(seed, bytes, size) crc32_le(seed, bytes, size)
