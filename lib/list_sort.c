/* Sorting a list: merge sort, from the bottom up. */
/* SPDX-License-Identifier: MIT */
#include "lib/list_sort.h"

/*
 * THEORY
 *	runs[i] is a sorted list of 2^i elements, or empty: as the bits of a counter are. Each element that
 *	is taken off is a run of one; while there is a run of its size it is merged with that (the carry),
 *	and then it is stored. At the end all runs are merged, the shortest first. The run that is stored
 *	longer came earlier in the list, so it wins a tie, and equal elements keep their order.
 */
#define RUNS_MAX 48 // more elements than memory holds

/* Merge `late` into `early`; both are sorted, and `late` is empty afterwards. */
static void merge(void *priv, struct list_head *early, struct list_head *late,
		  list_cmp_func_t compare)
{
	struct list_head *place = early->next;

	while (!list_empty(late) && place != early) {
		if (compare(priv, place, late->next) > 0)
			list_move_tail(late->next, place);
		else
			place = place->next;
	}
	list_splice_tail_init(late, early);
}

void list_sort(void *priv, struct list_head *head, list_cmp_func_t compare)
{
	struct list_head runs[RUNS_MAX];
	unsigned int n_runs = 0, i;
	LIST_HEAD(carry);

	while (!list_empty(head)) {
		list_move(head->next, &carry);
		for (i = 0; i < n_runs && !list_empty(&runs[i]); i++) {
			merge(priv, &runs[i], &carry, compare);
			list_splice_init(&runs[i], &carry);
		}
		if (i == n_runs)
			INIT_LIST_HEAD(&runs[n_runs++]);
		list_splice_init(&carry, &runs[i]);
	}
	for (i = 0; i < n_runs; i++) {
		merge(priv, &runs[i], head, compare);
		list_splice_init(&runs[i], head);
	}
}
