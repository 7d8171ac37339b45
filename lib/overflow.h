/* Arithmetic that says whether it overflowed, and sizes that saturate instead. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/limits.h"
#include "lib/macros.h"
#include "lib/types.h"

/* Of a type of whole numbers. */
#define is_unsigned_type(type) (!is_signed_type(type))
#define type_max(type)         ((type)~type_min(type))
#define type_min(type)         ((type)(is_signed_type(type) ? 1ULL << (8 * sizeof(type) - 1) : 0))

/* Store the result, wrapped, in *`to`; return whether it did not fit. */
#define check_add_overflow(a, b, to) __builtin_add_overflow(a, b, to)
#define check_sub_overflow(a, b, to) __builtin_sub_overflow(a, b, to)
#define check_mul_overflow(a, b, to) __builtin_mul_overflow(a, b, to)

/* Products and sums for allocations: SIZE_MAX, for which there is no memory, if they overflow. */
static inline size_t __must_check size_mul(size_t a, size_t b)
{
	size_t product;

	return check_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

static inline size_t __must_check size_add(size_t a, size_t b)
{
	size_t sum;

	return check_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

#define array_size(a, b)     size_mul(a, b)
#define array3_size(a, b, c) size_mul(size_mul(a, b), c)

/* The size of *`pointer`, a structure, with `count` elements of its last member, an array without a size. */
#define struct_size(pointer, member, count)                                                        \
	size_add(sizeof(*(pointer)), flex_array_size(pointer, member, count))
#define flex_array_size(pointer, member, count) size_mul(count, sizeof(*(pointer)->member))
