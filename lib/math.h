/* Arithmetic under Linux's names: rounding, limits, logarithms, 64-bit division, overflow. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/bits.h"
#include "lib/limits.h"
#include "lib/macros.h"
#include "lib/types.h"

#ifdef INTERLOCK_HOST
#include <stdlib.h> // has an abs(), too
#endif

/* Rounding: to a multiple of any number; with underscore, of a power of two. The value is positive. */
#define roundup(value, step)    (DIV_ROUND_UP(value, step) * (step))
#define rounddown(value, step)  ((value) - (value) % (step))
#define round_up(value, step)   ALIGN_UP(value, step)
#define round_down(value, step) ALIGN_DOWN(value, step)

#define DIV_ROUND_DOWN_ULL(n, d) ((unsigned long long)(n) / (d))
#define DIV_ROUND_UP_ULL(n, d)   DIV_ROUND_UP((unsigned long long)(n), d)

/* The nearest whole number; `d` is positive, `n` may be negative. Each is evaluated once. */
#define DIV_ROUND_CLOSEST(n, d)                                                                    \
	({                                                                                         \
		__typeof__(n) __n = (n);                                                           \
		__typeof__(d) __d = (d);                                                           \
		__n > 0 || (__typeof__(n))-1 > 0 ? (__n + __d / 2) / __d : (__n - __d / 2) / __d;  \
	})
#define DIV_ROUND_CLOSEST_ULL(n, d) DIV_ROUND_CLOSEST((unsigned long long)(n), d)

/* value * n / d without an overflow in between, if the result fits. */
#define mult_frac(value, n, d)                                                                     \
	({                                                                                         \
		__typeof__(value) __v = (value);                                                   \
		__typeof__(n) __n = (n);                                                           \
		__typeof__(d) __d = (d);                                                           \
		__v / __d *__n + __v % __d *__n / __d;                                             \
	})

/* The distance from 0. */
#undef abs
#define abs(value)                                                                                 \
	({                                                                                         \
		__typeof__(value) __value = (value);                                               \
		__value < 0 ? -__value : __value;                                                  \
	})

#define min3(a, b, c)               min((__typeof__(a))min(a, b), c)
#define max3(a, b, c)               max((__typeof__(a))max(a, b), c)
#define clamp_t(type, v, low, high) clamp((type)(v), (type)(low), (type)(high))
#define clamp_val(value, low, high) clamp_t(__typeof__(value), value, low, high)

/* The smaller one, of two that count only if they are not 0. */
#define min_not_zero(a, b)                                                                         \
	({                                                                                         \
		__typeof__(a) __a = (a);                                                           \
		__typeof__(b) __b = (b);                                                           \
		__a == 0 ? __b : __b == 0 ? __a : min(__a, __b);                                   \
	})

/* Halves of a number. */
#define upper_32_bits(value) ((u32)((u64)(value) >> 32))
#define lower_32_bits(value) ((u32)(value))
#define upper_16_bits(value) ((u16)((u32)(value) >> 16))
#define lower_16_bits(value) ((u16)(value))

/* The number of which `value` is the two's complement in its bits 0 to `index`. */
static inline __attribute_const__ s32 sign_extend32(u32 value, int index)
{
	return (s32)(value << (31 - index)) >> (31 - index);
}

static inline __attribute_const__ s64 sign_extend64(u64 value, int index)
{
	return (s64)(value << (63 - index)) >> (63 - index);
}

/* A field of the bits that are set in `mask`: whether a value fits, put there, taken out. */
#define __field_shift(mask)     __builtin_ctzll(mask)
#define FIELD_MAX(mask)         ((__typeof__(mask))((mask) >> __field_shift(mask)))
#define FIELD_FIT(mask, value)  (!(((__typeof__(mask))(value) << __field_shift(mask)) & ~(mask)))
#define FIELD_PREP(mask, value) (((__typeof__(mask))(value) << __field_shift(mask)) & (mask))
#define FIELD_GET(mask, word)   ((__typeof__(mask))(((word) & (mask)) >> __field_shift(mask)))

/* ilog2 - the largest n with 2^n <= value; order_base_2 - the smallest with 2^n >= value. Not of 0. */
#define ilog2(value)            (63 - __builtin_clzll((unsigned long long)(value)))
#define order_base_2(value)     ilog2(((unsigned long long)(value)-1) << 1 | 1)
#define roundup_pow_of_two(v)   (1UL << order_base_2(v))
#define rounddown_pow_of_two(v) (1UL << ilog2(v))

static inline __attribute_const__ bool is_power_of_2(unsigned long value)
{
	return value && !(value & (value - 1));
}

/* Division of 64-bit numbers. On this machine the operators do it; Linux's other machines need these. */
static inline u64 div64_u64_rem(u64 n, u64 d, u64 *rest)
{
	*rest = n % d;
	return n / d;
}

static inline u64 div_u64_rem(u64 n, u32 d, u32 *rest)
{
	*rest = (u32)(n % d);
	return n / d;
}

static inline s64 div_s64_rem(s64 n, s32 d, s32 *rest)
{
	*rest = (s32)(n % d);
	return n / d;
}

static inline u64 div_u64(u64 n, u32 d)
{
	return n / d;
}

static inline s64 div_s64(s64 n, s32 d)
{
	return n / d;
}

static inline u64 div64_u64(u64 n, u64 d)
{
	return n / d;
}

static inline s64 div64_s64(s64 n, s64 d)
{
	return n / d;
}

#define div64_ul(n, d)           div64_u64(n, d)
#define div64_long(n, d)         div64_s64(n, d)
#define DIV64_U64_ROUND_UP(n, d) DIV_ROUND_UP((u64)(n), (u64)(d))

/* Divides the variable `n` by `d` in place; its value is the remainder. */
#define do_div(n, d)                                                                               \
	({                                                                                         \
		u32 __divisor = (d);                                                               \
		u32 __rest = (u32)((u64)(n) % __divisor);                                          \
		(n) = (u64)(n) / __divisor;                                                        \
		__rest;                                                                            \
	})

/* The whole part of the square root. */
unsigned long int_sqrt(unsigned long value);
