/* The limits of the integer types, under the names C and Linux give them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#ifdef INTERLOCK_HOST
#include <limits.h>
#include <stdint.h>
#else
#define INT_MAX    0x7fffffff
#define INT_MIN    (-INT_MAX - 1)
#define UINT_MAX   0xffffffffU
#define LONG_MAX   0x7fffffffffffffffL
#define LONG_MIN   (-LONG_MAX - 1)
#define ULONG_MAX  0xffffffffffffffffUL
#define LLONG_MAX  0x7fffffffffffffffLL
#define LLONG_MIN  (-LLONG_MAX - 1)
#define ULLONG_MAX 0xffffffffffffffffULL
#define SIZE_MAX   ULONG_MAX
#endif

#define U8_MAX  0xff
#define U16_MAX 0xffff
#define U32_MAX 0xffffffffU
#define U64_MAX 0xffffffffffffffffULL
#define S64_MAX 0x7fffffffffffffffLL
#define S64_MIN (-S64_MAX - 1)
