/* jiffies_variable.c: jiffies as a variable, for modules in which the name is a member's, too.
 * SPDX-License-Identifier: MIT
 */
#define JIFFIES_VARIABLE
#include "kernel/jiffies_variable.h"

#include "kernel/core/hrtimer.h"
#include "kernel/core/jiffies.h"

volatile unsigned long jiffies;

static struct hrtimer tick;

static enum hrtimer_restart count(struct hrtimer *timer)
{
	jiffies = (unsigned long)get_jiffies_64();
	hrtimer_forward_now(timer, NSEC_PER_JIFFY);
	return HRTIMER_RESTART;
}

void jiffies_variable_start(void)
{
	jiffies = (unsigned long)get_jiffies_64();
	hrtimer_setup(&tick, count, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_start(&tick, NSEC_PER_JIFFY, HRTIMER_MODE_REL);
}
