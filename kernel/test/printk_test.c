/* printk_test.c: lines from all CPUs and contexts at once: none is lost, none is torn.
 * SPDX-License-Identifier: MIT
 *
 * Each line says who wrote it and which it is, and ends with a pattern made from these: what arrives
 * at the other end of the serial line shows whether it is whole. Here it is checked that none was
 * dropped, and that the console is left to nobody.
 */
#include "kernel/core/printk.h"

#include "kernel/core/smpcall.h"
#include "kernel/options.h"
#include "kernel/test/nmi_test.h"
#include "kernel/test/sched_test.h"
#include "lib/string.h"

#define LINES_IN_ALL 240

static const char pattern[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";

/* @who: t thread, i interrupt, n NMI. The pattern begins at letter @number % 26, and is 1 to 26 long. */
static void write_line(char who, u32 number)
{
	int length = (int)(number % 26) + 1;

	printk(KERN_INFO "storm %c %u %u %.*s.\n", who, raw_smp_processor_id(), number, length,
	       pattern + number % 26);
}

static DEFINE_PER_CPU(u32, lines_in_nmi);
static DEFINE_PER_CPU(u32, lines_in_irq);

static void write_in_nmi(void)
{
	u32 number = this_cpu_read(lines_in_nmi);

	this_cpu_write(lines_in_nmi, number + 1);
	write_line('n', number);
}

static void write_in_interrupt(void *unused)
{
	u32 number = this_cpu_read(lines_in_irq);

	this_cpu_write(lines_in_irq, number + 1);
	write_line('i', number);
}

/* Bound, so that its lines bear one CPU's number. */
static int write_lines(void *arg)
{
	u32 next = test_cpu(raw_smp_processor_id() + 1);
	u32 lines = LINES_IN_ALL / 3 / num_online_cpus();

	for (u32 i = 0; i < lines; i++) {
		test_nmi_send(next);
		write_line('t', i);
		smp_call_function_single(next, write_in_interrupt, NULL, false);
	}
	return 1;
}

TEST(printk_storm)
{
	unsigned long dropped = printk_dropped();
	u32 cpu, nmis = 0;

	for_each_online_cpu(cpu) {
		per_cpu(lines_in_nmi, cpu) = per_cpu(lines_in_irq, cpu) = 0;
		nmis -= test_nmi_taken(cpu);
	}
	test_nmi_init(write_in_nmi);
	EXPECT_EQ(test_run_on_cpus(write_lines, NULL), num_online_cpus());
	for_each_online_cpu(cpu) {
		EXPECT(test_nmi_wait(cpu));
		nmis += test_nmi_taken(cpu);
	}
	test_nmi_init(NULL);
	printk_flush();
	EXPECT_EQ(printk_dropped(), dropped);
	EXPECT(nmis > 0);
	test_note("storm: %u lines of threads a CPU", LINES_IN_ALL / 3 / num_online_cpus());
}

/* What printk() returns, and messages at the limits of a line and of the ring. */
TEST(printk_lengths)
{
	static char text[2000];
	unsigned long dropped = printk_dropped();

	printk_set_level(7); // Debug messages are not shown now.
	EXPECT_EQ(printk(KERN_DEBUG "%s\n", "not shown"), 10);
	EXPECT_EQ(printk("%s", ""), 0);
	for (u32 length = PRINTK_LINE - 1; length <= PRINTK_LINE + 1; length++) {
		memset(text, 'x', length);
		text[length] = '\0';
		EXPECT_EQ(pr_plain("%s", text), (int)length);
	}
	memset(text, '\n', 40);
	text[40] = '\0';
	EXPECT_EQ(printk(KERN_DEBUG "%s", text), 40);
	printk_set_level((unsigned int)options.loglevel);
	printk_flush();
	EXPECT_EQ(printk_dropped(), dropped);
}

/* ---- With interrupts off, preemption off, and in an exception's shadow ------------------------------ */

static int write_in_all_contexts(void *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	write_line('o', 0);
	EXPECT(irqs_disabled());
	local_irq_restore(flags);
	preempt_disable();
	write_line('o', 1);
	EXPECT_EQ(preempt_count(), PREEMPT_OFFSET);
	preempt_enable();
	EXPECT(!irqs_disabled() && preempt_count() == 0);
	return 1;
}

TEST(printk_contexts)
{
	EXPECT_EQ(test_run_on_cpus(write_in_all_contexts, NULL), num_online_cpus());
}
