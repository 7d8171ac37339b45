/* Sorting an array, and searching in one that is sorted. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/* Below 0, 0, above 0: `a` comes before `b`, either way, after it. */
typedef int (*cmp_func_t)(const void *a, const void *b);
typedef int (*cmp_r_func_t)(const void *a, const void *b, const void *priv);
typedef void (*swap_func_t)(void *a, void *b, int size);

/*
 * sort - sort `count` elements of `size` bytes by `compare`; they are exchanged by `exchange`, or, if that
 * is NULL, byte by byte. Heapsort: n log n comparisons at worst, no memory; not stable.
 * Never sleeps, unless the callbacks do. Any context.
 */
void sort(void *base, size_t count, size_t size, cmp_func_t compare, swap_func_t exchange);

/*
 * bsearch - an element that is equal to `key`, by `compare`(key, element), or NULL. Never sleeps.
 */
void *bsearch(const void *key, const void *base, size_t count, size_t size, cmp_func_t compare);
