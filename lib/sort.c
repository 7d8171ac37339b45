/* Sorting an array by heapsort, and searching in one that is sorted. */
/* SPDX-License-Identifier: MIT */
#include "lib/sort.h"

#include "lib/macros.h"

struct heap {
	char *base;
	size_t size; // of an element
	cmp_func_t compare;
	swap_func_t exchange;
};

static void exchange_bytes(void *a, void *b, int size)
{
	for (char *x = a, *y = b; size; size--, x++, y++)
		swap(*x, *y);
}

static void *element(const struct heap *heap, size_t i)
{
	return heap->base + i * heap->size;
}

/* Let element `i` sink until neither child, 2i + 1 and 2i + 2, is larger; the heap has `count`. */
static void sink(const struct heap *heap, size_t i, size_t count)
{
	size_t child;

	while ((child = 2 * i + 1) < count) {
		if (child + 1 < count &&
		    heap->compare(element(heap, child), element(heap, child + 1)) < 0)
			child++;
		if (heap->compare(element(heap, i), element(heap, child)) >= 0)
			return;
		heap->exchange(element(heap, i), element(heap, child), (int)heap->size);
		i = child;
	}
}

void sort(void *base, size_t count, size_t size, cmp_func_t compare, swap_func_t exchange)
{
	const struct heap heap = { base, size, compare, exchange ?: exchange_bytes };

	for (size_t i = count / 2; i; i--)
		sink(&heap, i - 1, count);
	// The largest is in front: it goes behind the heap, which loses an element.
	for (size_t i = count; i > 1; i--) {
		heap.exchange(element(&heap, 0), element(&heap, i - 1), (int)size);
		sink(&heap, 0, i - 1);
	}
}

void *bsearch(const void *key, const void *base, size_t count, size_t size, cmp_func_t compare)
{
	const char *first = base;

	while (count) {
		const char *middle = first + count / 2 * size;
		int order = compare(key, middle);

		if (!order)
			return (void *)middle;
		if (order > 0) {
			first = middle + size;
			count--;
		}
		count /= 2;
	}
	return NULL;
}
