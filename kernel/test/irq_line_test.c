/* irq_line_test.c: interrupts that modules request: who may, who is called, and who is waited for.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/irq_line.h"

#include "kernel/base/hooks.h"
#include "kernel/sched/sched.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/test/test.h"
#include "lib/string.h"

static unsigned int hard, threaded;
static DECLARE_COMPLETION(thread_ran);

static irqreturn_t hard_handler(int irq, void *dev)
{
	EXPECT(in_hardirq() && irqs_disabled() && irq == 77 && dev == &hard);
	hard++;
	return IRQ_WAKE_THREAD;
}

static irqreturn_t thread_handler(int irq, void *dev)
{
	EXPECT(!in_hardirq() && !irqs_disabled());
	EXPECT(!strcmp(current->comm, "irq/77-test"));
	threaded++;
	complete(&thread_ran);
	return IRQ_HANDLED;
}

TEST(irq_line)
{
	EXPECT(!irq_line_raise(77));
	EXPECT_EQ(request_threaded_irq(77, hard_handler, thread_handler, IRQF_SHARED, "test", NULL),
		  -EINVAL);
	EXPECT_EQ(request_threaded_irq(77, hard_handler, thread_handler, 0, "test", &hard), 0);
	EXPECT_EQ(request_irq(77, hard_handler, IRQF_SHARED, "other", &threaded), -EBUSY);
	EXPECT(irq_line_raise(77));
	wait_for_completion(&thread_ran);
	EXPECT(hard == 1 && threaded == 1);
	disable_irq(77);
	EXPECT(irq_line_raise(77));
	EXPECT_EQ(hard, 1);
	enable_irq(77);
	EXPECT(irq_line_raise(77));
	free_irq(77, &hard); // Waits for the thread.
	EXPECT(hard == 2 && threaded == 2);
	EXPECT(!irq_line_raise(77));
}
