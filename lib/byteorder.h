/* The order of a number's bytes: swapping them, and numbers whose order is given. Linux's names. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the order of this machine");

/* swab - the bytes in reverse. swahw - the halves exchanged. swahb - each half's two bytes exchanged. */
#define swab16(x)  __builtin_bswap16(x)
#define swab32(x)  __builtin_bswap32(x)
#define swab64(x)  __builtin_bswap64(x)
#define swahw32(x) ((u32)(x) << 16 | (u32)(x) >> 16)
#define swahb32(x) swahw32(swab32(x))

/* From this machine's order to a given one, and back. */
#define cpu_to_le16(x) ((u16)(x))
#define cpu_to_le32(x) ((u32)(x))
#define cpu_to_le64(x) ((u64)(x))
#define cpu_to_be16(x) swab16(x)
#define cpu_to_be32(x) swab32(x)
#define cpu_to_be64(x) swab64(x)
#define le16_to_cpu(x) cpu_to_le16(x)
#define le32_to_cpu(x) cpu_to_le32(x)
#define le64_to_cpu(x) cpu_to_le64(x)
#define be16_to_cpu(x) cpu_to_be16(x)
#define be32_to_cpu(x) cpu_to_be32(x)
#define be64_to_cpu(x) cpu_to_be64(x)
#define htons(x)       cpu_to_be16(x)
#define htonl(x)       cpu_to_be32(x)
#define ntohs(x)       be16_to_cpu(x)
#define ntohl(x)       be32_to_cpu(x)
