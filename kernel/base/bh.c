/* bh.c: the slow end of local_bh_enable(), and its checks.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/bh.h"

#include <arch/irqflags.h>

static void (*run_softirqs)(void); /* [I] */

void bh_register(void (*run)(void))
{
	if (run_softirqs)
		panic("two who would run softirqs");
	WRITE_ONCE(run_softirqs, run);
}

/* Not inline: it is off the path of nearly every local_bh_enable(). */
void bh_run_pending(void)
{
	void (*run)(void) = READ_ONCE(run_softirqs);

	if (run && !in_interrupt())
		run();
}

#if CONFIG_CHECKED

void bh_check_disable(unsigned long where)
{
	if (unlikely(in_hardirq() || in_nmi()))
		misuse(NULL, "softirqs are turned off at %pS on cpu%u %s, where none can run",
		       (void *)where, raw_smp_processor_id(), preempt_context());
}

bool bh_check_enable(u32 count, unsigned long where)
{
	if (unlikely(softirq_count() < SOFTIRQ_DISABLE_OFFSET)) {
		misuse(NULL,
		       "softirqs are turned on at %pS on cpu%u, where nobody has turned them off",
		       (void *)where, raw_smp_processor_id());
		return false;
	}
	if (unlikely(irqs_disabled() || in_hardirq())) {
		misuse(NULL,
		       "softirqs are turned on at %pS on cpu%u with interrupts off: they would run so",
		       (void *)where, raw_smp_processor_id());
		preempt_count_sub(count); // They run with the next that are turned on.
		return false;
	}
	if ((softirq_count() & ~SOFTIRQ_OFFSET) == SOFTIRQ_DISABLE_OFFSET && !in_serving_softirq())
		hook_softirqs_on(where);
	return true;
}

#endif
