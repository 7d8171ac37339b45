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

#ifndef INTERLOCK_HOST
#define CHAR_BIT  8
#define SHRT_MAX  0x7fff
#define SHRT_MIN  (-SHRT_MAX - 1)
#define USHRT_MAX 0xffff
#define SCHAR_MAX 0x7f
#define UCHAR_MAX 0xff
#endif

#define S8_MAX  0x7f
#define S8_MIN  (-S8_MAX - 1)
#define S16_MAX 0x7fff
#define S16_MIN (-S16_MAX - 1)
#define S32_MAX 0x7fffffff
#define S32_MIN (-S32_MAX - 1)
#define U8_MAX  0xff
#define U16_MAX 0xffff
#define U32_MAX 0xffffffffU
#define U64_MAX 0xffffffffffffffffULL
#define S64_MAX 0x7fffffffffffffffLL
#define S64_MIN (-S64_MAX - 1)
