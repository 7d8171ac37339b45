/* timer_check.c: whether a timer that is set up is one already, and pending.
 * SPDX-License-Identifier: MIT
 *
 * It would be in the list of timers all the same, with its links gone: the list is searched, for what is in the timer may
 * be anything.
 */
#include "kernel/base/misuse.h"
#include "kernel/core/timer_list.h"

#if CONFIG_CHECKED

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

#endif
