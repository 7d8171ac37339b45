/* Sorting a list. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/list.h"

/*
 * The sign of its result says whether `a` comes after `b`: above 0 if so. Elements of which neither comes
 * after the other keep their order. `priv` is list_sort()'s.
 */
typedef int (*list_cmp_func_t)(void *priv, const struct list_head *a, const struct list_head *b);

/*
 * list_sort - sort the list by `compare`, which must not change it. Merge sort: n log n comparisons, stable,
 * no memory. Never sleeps, unless `compare` does. Any context; caller holds the list's lock.
 */
void list_sort(void *priv, struct list_head *head, list_cmp_func_t compare);
