/* Intrusive lists, with Linux's names: list_head, a ring. The chains of hash tables are in hlist.h. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/hlist.h"
#include "lib/macros.h"
#include "lib/types.h"

/*
 * A list_head is both the list and the link in each element. The list is a ring through its head:
 *
 *	head.next -> first.next -> ... -> last.next -> head         (and prev the other way round)
 *
 * so an empty list points at itself, and adding or removing never asks whether it is at an end.
 *
 * Nothing here locks. Stores to `next` that a lockless list_empty() may see are WRITE_ONCE; every
 * other use needs the lock of the list's owner.
 */
struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)                                                                       \
	{                                                                                          \
		&(name), &(name)                                                                   \
	}
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	WRITE_ONCE(head->next, head);
	WRITE_ONCE(head->prev, head);
}

/*
 * Whether `entry` may be put between `before` and `after`, and whether it may be removed. In the checked profile a
 * list that is not consistent there is reported, by whoever registered for it, and left as it is; so is an entry that
 * was removed before, or that would be its own neighbour. lib/list_check.c
 */
#if defined(CONFIG_CHECKED) && CONFIG_CHECKED
bool __list_add_valid(const struct list_head *entry, const struct list_head *before,
		      const struct list_head *after);
bool __list_del_entry_valid(const struct list_head *entry);
void list_register_report(void (*report)(const char *fmt, ...));
#else
static inline bool __list_add_valid(const struct list_head *entry __unused,
				    const struct list_head *before __unused,
				    const struct list_head *after __unused)
{
	return true;
}

static inline bool __list_del_entry_valid(const struct list_head *entry __unused)
{
	return true;
}

#define list_register_report(report) ((void)0)
#endif

/* Link `entry` between two neighbours. The forward store is last: a walker sees it whole. */
static inline void __list_insert(struct list_head *entry, struct list_head *before,
				 struct list_head *after)
{
	if (!__list_add_valid(entry, before, after))
		return;
	after->prev = entry;
	entry->next = after;
	entry->prev = before;
	WRITE_ONCE(before->next, entry);
}

/* Make two elements neighbours, which drops whatever was between them. */
static inline void __list_join(struct list_head *before, struct list_head *after)
{
	after->prev = before;
	WRITE_ONCE(before->next, after);
}

static inline void __list_unlink(struct list_head *entry)
{
	if (__list_del_entry_valid(entry))
		__list_join(entry->prev, entry->next);
}

/* Add at the front: as on a stack. */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
	__list_insert(entry, head, head->next);
}

/* Add at the end: as to a queue. */
static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	__list_insert(entry, head->prev, head);
}

/* Remove; the element may not be asked or removed again before it is added or initialized. */
static inline void list_del(struct list_head *entry)
{
	__list_unlink(entry);
	entry->next = LIST_POISON1;
	entry->prev = LIST_POISON2;
}

/* Remove, and leave the element an empty list: list_empty(entry) then says "on no list". */
static inline void list_del_init(struct list_head *entry)
{
	__list_unlink(entry);
	INIT_LIST_HEAD(entry);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	__list_unlink(entry);
	list_add(entry, head);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	__list_unlink(entry);
	list_add_tail(entry, head);
}

/* `entry` takes the place of `old`, which must be on a list and is then on none. */
static inline void list_replace(struct list_head *old, struct list_head *entry)
{
	entry->next = old->next;
	entry->prev = old->prev;
	entry->next->prev = entry;
	WRITE_ONCE(entry->prev->next, entry);
}

static inline void list_replace_init(struct list_head *old, struct list_head *entry)
{
	list_replace(old, entry);
	INIT_LIST_HEAD(old);
}

/* `a` and `b` change places; they are two elements, on one list or on two. */
static inline void list_swap(struct list_head *a, struct list_head *b)
{
	struct list_head *before_b = b->prev;

	list_del(b);
	list_replace(a, b);
	list_add(a, before_b == a ? b : before_b);
}

/* The elements from `first` to `last` of another place or list go to the end of `head`. */
static inline void list_bulk_move_tail(struct list_head *head, struct list_head *first,
				       struct list_head *last)
{
	__list_join(first->prev, last->next);
	__list_join(head->prev, first);
	__list_join(last, head);
}

/* Without the list's lock the answer is only a hint. */
static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

/* The first element becomes the last; the one at `entry`, the first. */
static inline void list_rotate_left(struct list_head *head)
{
	if (!list_empty(head))
		list_move_tail(head->next, head);
}

static inline void list_rotate_to_front(struct list_head *entry, struct list_head *head)
{
	list_move_tail(head, entry);
}

static inline bool list_is_head(const struct list_head *entry, const struct list_head *head)
{
	return entry == head;
}

static inline bool list_is_first(const struct list_head *entry, const struct list_head *head)
{
	return entry->prev == head;
}

static inline bool list_is_last(const struct list_head *entry, const struct list_head *head)
{
	return entry->next == head;
}

/*
 * Remove under the list's lock, where another CPU asks list_empty_careful(entry) without it. Who
 * then gets "empty" also sees everything that was stored before the removal, and the remover no
 * longer touches the entry: it may be on a stack that is about to be left.
 */
static inline void list_del_init_careful(struct list_head *entry)
{
	__list_unlink(entry);
	WRITE_ONCE(entry->prev, entry);
	// [L] pairs with [L] in list_empty_careful()
	__atomic_store_n(&entry->next, entry, __ATOMIC_RELEASE);
}

/* Empty, and not in the middle of list_del_init_careful() on another CPU. */
static inline bool list_empty_careful(const struct list_head *head)
{
	// [L] pairs with [L] in list_del_init_careful()
	const struct list_head *next = __atomic_load_n(&head->next, __ATOMIC_ACQUIRE);

	return next == head && READ_ONCE(head->prev) == head;
}

/* Put the elements of a list that is not empty between two neighbours; `list` itself is stale. */
static inline void __list_splice(const struct list_head *list, struct list_head *before,
				 struct list_head *after)
{
	struct list_head *first = list->next, *last = list->prev;

	__list_join(last, after);
	__list_join(before, first);
}

/* Move all elements of `list` to the front of `head`; `list` must be initialized before reuse. */
static inline void list_splice(const struct list_head *list, struct list_head *head)
{
	if (!list_empty(list))
		__list_splice(list, head, head->next);
}

static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

/* The same at the end of `head`. */
static inline void list_splice_tail(const struct list_head *list, struct list_head *head)
{
	if (!list_empty(list))
		__list_splice(list, head->prev, head);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	list_splice_tail(list, head);
	INIT_LIST_HEAD(list);
}

/* The elements up to `entry`, it included, go to `list`, which loses what it had; `entry` may be the
 * head itself: none. list_cut_before - those before `entry`; the head means all. */
static inline void list_cut_before(struct list_head *list, struct list_head *head,
				   struct list_head *entry)
{
	struct list_head *last = entry->prev;

	INIT_LIST_HEAD(list);
	if (head->next == entry)
		return;
	__list_join(list, head->next);
	__list_join(last, list);
	__list_join(head, entry);
}

static inline void list_cut_position(struct list_head *list, struct list_head *head,
				     struct list_head *entry)
{
	if (entry == head)
		INIT_LIST_HEAD(list);
	else
		list_cut_before(list, head, entry->next);
}

/* From the link to the element around it. The ends of an empty list are no elements. */
#define list_entry(link, type, member)       container_of(link, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member)  list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member)                                               \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_next_entry(position, member)                                                          \
	list_entry(__list_link(position, member)->next, __typeof__(*(position)), member)
#define list_prev_entry(position, member)                                                          \
	list_entry(__list_link(position, member)->prev, __typeof__(*(position)), member)
#define list_entry_is_head(position, head, member) (__list_link(position, member) == (head))

/*
 * &position->member, but by arithmetic: a walk ends with a position that is no element, only the
 * place where one would be if the head were its link. A sanitizer rightly objects to a member of
 * that.
 */
#define __list_link(position, member)                                                              \
	((struct list_head *)((char *)(position) + offsetof(__typeof__(*(position)), member)))

/* Walks. In the `_safe` forms the body may remove `position`, and only it. */
#define list_for_each(position, head)                                                              \
	for (position = (head)->next; position != (head); position = position->next)

#define list_for_each_safe(position, after, head)                                                  \
	for (position = (head)->next, after = position->next; position != (head);                  \
	     position = after, after = position->next)

#define list_for_each_prev(position, head)                                                         \
	for (position = (head)->prev; position != (head); position = position->prev)

#define list_for_each_prev_safe(position, before, head)                                            \
	for (position = (head)->prev, before = position->prev; position != (head);                 \
	     position = before, before = position->prev)

#define list_for_each_entry(position, head, member)                                                \
	for (position = list_first_entry(head, __typeof__(*position), member);                     \
	     !list_entry_is_head(position, head, member);                                          \
	     position = list_next_entry(position, member))

#define list_for_each_entry_reverse(position, head, member)                                        \
	for (position = list_last_entry(head, __typeof__(*position), member);                      \
	     !list_entry_is_head(position, head, member);                                          \
	     position = list_prev_entry(position, member))

#define list_for_each_entry_safe(position, after, head, member)                                    \
	for (position = list_first_entry(head, __typeof__(*position), member),                     \
	    after = list_next_entry(position, member);                                             \
	     !list_entry_is_head(position, head, member);                                          \
	     position = after, after = list_next_entry(after, member))

#define list_for_each_entry_safe_reverse(position, before, head, member)                           \
	for (position = list_last_entry(head, __typeof__(*position), member),                      \
	    before = list_prev_entry(position, member);                                            \
	     !list_entry_is_head(position, head, member);                                          \
	     position = before, before = list_prev_entry(before, member))

/*
 * Walks that begin where one ended: after `position` (_continue), before it (_continue_reverse), at it
 * (_from). list_prepare_entry - a `position` for _continue that may be NULL: then the walk begins at the front.
 */
#define list_prepare_entry(position, head, member)                                                 \
	((position) ?: list_entry(head, __typeof__(*(position)), member))

#define list_for_each_entry_from(position, head, member)                                           \
	for (; !list_entry_is_head(position, head, member);                                        \
	     position = list_next_entry(position, member))

#define list_for_each_entry_from_reverse(position, head, member)                                   \
	for (; !list_entry_is_head(position, head, member);                                        \
	     position = list_prev_entry(position, member))

#define list_for_each_entry_continue(position, head, member)                                       \
	for (position = list_next_entry(position, member);                                         \
	     !list_entry_is_head(position, head, member);                                          \
	     position = list_next_entry(position, member))

#define list_for_each_entry_continue_reverse(position, head, member)                               \
	for (position = list_prev_entry(position, member);                                         \
	     !list_entry_is_head(position, head, member);                                          \
	     position = list_prev_entry(position, member))

#define list_for_each_entry_safe_from(position, after, head, member)                               \
	for (after = list_next_entry(position, member);                                            \
	     !list_entry_is_head(position, head, member);                                          \
	     position = after, after = list_next_entry(after, member))

#define list_for_each_entry_safe_continue(position, after, head, member)                           \
	for (position = list_next_entry(position, member),                                         \
	    after = list_next_entry(position, member);                                             \
	     !list_entry_is_head(position, head, member);                                          \
	     position = after, after = list_next_entry(after, member))
