/* The checksum of Ethernet and of zip files, bit by bit. */
/* SPDX-License-Identifier: MIT */
#include "lib/crc32.h"

#define POLYNOMIAL 0xedb88320U

u32 crc32_le(u32 crc, const void *bytes, size_t size)
{
	for (const u8 *byte = bytes; size; size--, byte++) {
		crc ^= *byte;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
	}
	return crc;
}
