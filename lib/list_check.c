/* Whether a list is consistent where it is about to be changed: for the checked profile. */
/* SPDX-License-Identifier: MIT */
#include "lib/hlist.h"
#include "lib/list.h"
#include "lib/types.h"

#if defined(CONFIG_CHECKED) && CONFIG_CHECKED

static void (*report)(const char *fmt, ...) __printf(1, 2);

void list_register_report(void (*print)(const char *fmt, ...))
{
	WRITE_ONCE(report, print);
}

/* Say it, if somebody listens. Returns false. */
#define CORRUPT(...)                                                                               \
	({                                                                                         \
		void (*__report)(const char *, ...) __printf(1, 2) = READ_ONCE(report);            \
		if (__report)                                                                      \
			__report("list corruption: " __VA_ARGS__);                                 \
		false;                                                                             \
	})

/* Whether the processor would not even look there: its upper 17 bits are not alike. So are those of what is no pointer. */
static bool is_wild(const struct list_head *entry)
{
	s64 address = (s64)(unsigned long)entry;

	return (s64)((u64)address << 16) >> 16 != address;
}

bool __list_add_valid(const struct list_head *entry, const struct list_head *before,
		      const struct list_head *after)
{
	if (unlikely(!before || !after))
		return CORRUPT("%p is added beside NULL: the list was never initialized", entry);
	if (unlikely(is_wild(before) || is_wild(after)))
		return CORRUPT(
			"%p is added to what is no list: its memory was freed, or written over",
			entry);
	if (unlikely(after->prev != before))
		return CORRUPT("%p is added before %p, whose prev is %p and should be %p", entry,
			       after, after->prev, before);
	if (unlikely(before->next != after))
		return CORRUPT("%p is added after %p, whose next is %p and should be %p", entry,
			       before, before->next, after);
	if (unlikely(entry == before || entry == after))
		return CORRUPT("%p is added twice: it is in the list, between %p and %p", entry,
			       before, after);
	return true;
}

bool __list_del_entry_valid(const struct list_head *entry)
{
	const struct list_head *before = entry->prev, *after = entry->next;

	if (unlikely(!before || !after))
		return CORRUPT("%p is removed and was never in a list", entry);
	if (unlikely(after == LIST_POISON1))
		return CORRUPT("%p is removed twice: its next is LIST_POISON1 (%p)", entry, after);
	if (unlikely(before == LIST_POISON2))
		return CORRUPT("%p is removed twice: its prev is LIST_POISON2 (%p)", entry, before);
	if (unlikely(is_wild(before) || is_wild(after)))
		return CORRUPT(
			"%p is removed, and is no list entry any more: its memory was freed, or written over",
			entry);
	if (unlikely(before->next != entry))
		return CORRUPT("%p is removed, and the next of its prev %p is %p", entry, before,
			       before->next);
	if (unlikely(after->prev != entry))
		return CORRUPT("%p is removed, and the prev of its next %p is %p", entry, after,
			       after->prev);
	return true;
}

bool __hlist_del_valid(const struct hlist_node *node)
{
	struct hlist_node **pprev = READ_ONCE(node->pprev);

	if (unlikely(!pprev))
		return CORRUPT("%p is removed and was never in a chain", node);
	if (unlikely(pprev == LIST_POISON2))
		return CORRUPT("%p is removed twice: its pprev is LIST_POISON2 (%p)", node, pprev);
	if (unlikely(is_wild((const struct list_head *)pprev)))
		return CORRUPT(
			"%p is removed, and is in no chain any more: its memory was freed, or written over",
			node);
	if (unlikely(*pprev != node))
		return CORRUPT("%p is removed, and what its pprev %p points at is %p", node, pprev,
			       *pprev);
	return true;
}

#endif
