/* timer_check.c: whether a timer that is set up is pending already, and one that is pending is a timer still.
 * SPDX-License-Identifier: MIT
 *
 * It would be in the list of timers all the same, with its links gone: the list is searched, for what is in the timer may
 * be anything.
 */
#include "kernel/base/misuse.h"
#include "kernel/core/timer_list.h"

#if CONFIG_CHECKED

extern char text_start[], text_end[];

struct search {
	const struct timer_list *wanted;
	bool found;
};

static void look(const struct timer_list *timer, void *arg)
{
	struct search *search = arg;

	search->found |= timer == search->wanted;
}

void timer_check_setup(struct timer_list *timer, unsigned long where)
{
	struct search search = { .wanted = timer };

	timer_list_walk(look, &search);
	if (likely(!search.found))
		return;
	misuse(NULL,
	       "timer %p is set up at %pS while it is pending, and would call %pS: timer_delete_sync() comes first",
	       timer, (void *)where, timer->function);
	timer_delete(timer);
}

bool timer_check_pending(const struct timer_list *timer, struct list_head *list)
{
	const char *function = (const char *)timer->function;

	if (likely(function >= text_start && function < text_end))
		return true;
	misuse(NULL,
	       "the timer at %p, which is pending, is none any more: its memory was freed, or it was on the stack of "
	       "a function that has returned: timer_delete_sync() was missing; those behind it are lost",
	       timer);
	INIT_LIST_HEAD(list);
	return false;
}

#endif
