/* irq_work_test.c: a work runs once for each time it was queued, in an interrupt, wherever it was queued from.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/irq_work.h"

#include "kernel/base/atomic.h"
#include "kernel/core/slab.h"
#include "kernel/test/lock_test.h"
#include "kernel/test/nmi_test.h"

struct item {
	struct irq_work work;
	u32 runs;
	u32 cpu;
	u32 place; /* among the runs of this CPU */
	u32 again; /* it queues itself so many times */
	bool hold; /* it spins while this is set */
	bool inside;
};

static DEFINE_PER_CPU(u32, places);

static void item_runs(struct irq_work *work)
{
	struct item *item = container_of(work, struct item, work);

	EXPECT(in_hardirq() && !in_nmi() && irqs_disabled());
	EXPECT(irq_work_is_busy(work));
	WRITE_ONCE(item->inside, true);
	item->cpu = raw_smp_processor_id();
	item->place = this_cpu_read(places);
	this_cpu_inc(places);
	EXPECT(SPIN_UNTIL(!READ_ONCE(item->hold)));
	if (item->again) {
		item->again--;
		EXPECT(irq_work_queue(work) && irq_work_is_pending(work));
	}
	WRITE_ONCE(item->inside, false);
	WRITE_ONCE(item->runs, READ_ONCE(item->runs) + 1);
}

static void item_init(struct item *item)
{
	*item = (struct item){ .runs = 0 };
	init_irq_work(&item->work, item_runs);
}

/* Queued often while interrupts are off, each runs once when they are on again, in the order queued. */
static int runs_once(void *unused)
{
	struct item items[3];
	unsigned long flags;

	for (u32 i = 0; i < ARRAY_SIZE(items); i++)
		item_init(&items[i]);
	local_irq_save(flags);
	for (u32 i = 0; i < ARRAY_SIZE(items); i++)
		EXPECT(!irq_work_is_busy(&items[i].work) && irq_work_queue(&items[i].work));
	for (u32 i = 0; i < ARRAY_SIZE(items); i++) {
		EXPECT(!irq_work_queue(&items[i].work));
		EXPECT(irq_work_is_pending(&items[i].work) && irq_work_is_busy(&items[i].work));
		EXPECT_EQ(items[i].runs, 0);
	}
	local_irq_restore(flags);
	for (u32 i = 0; i < ARRAY_SIZE(items); i++) {
		irq_work_sync(&items[i].work);
		EXPECT(!irq_work_is_pending(&items[i].work) && !irq_work_is_busy(&items[i].work));
		EXPECT_EQ(items[i].runs, 1);
		EXPECT_EQ(items[i].cpu, raw_smp_processor_id());
		EXPECT_EQ(items[i].place, items[0].place + i);
	}
	return 1;
}

TEST(irq_work_runs_once)
{
	EXPECT_EQ(test_run_on_cpus(runs_once, NULL), num_online_cpus());
}

TEST(irq_work_on_cpu)
{
	struct item item;
	u32 cpu;

	item_init(&item);
	for_each_online_cpu(cpu) {
		EXPECT(irq_work_queue_on(&item.work, cpu));
		irq_work_sync(&item.work);
		EXPECT_EQ(item.runs, cpu + 1);
		EXPECT_EQ(item.cpu, cpu);
	}
}

/* ---- Again, and at the same time ---- */

TEST(irq_work_queues_itself)
{
	struct item item;

	item_init(&item);
	item.again = 20;
	EXPECT(irq_work_queue(&item.work));
	irq_work_sync(&item.work);
	EXPECT_EQ(item.runs, 21);
	EXPECT(!irq_work_is_busy(&item.work));
}

static void item_ends_at_once(struct irq_work *work)
{
	struct item *item = container_of(work, struct item, work);

	WRITE_ONCE(item->runs, READ_ONCE(item->runs) + 1);
}

static int syncs(void *arg)
{
	struct item *item = arg;

	irq_work_sync(&item->work);
	EXPECT(!READ_ONCE(item->inside));
	return 0;
}

/* It spins on CPU 1 when it is queued, and runs, on CPU 0 as well: whoever waits waits for both runs. */
TEST(irq_work_sync_waits)
{
	struct cpumask before, mask = cpumask_of_cpu(test_cpu(0));
	struct actor actor;
	struct item item;

	if (num_online_cpus() < 3)
		SKIP("there is no CPU for the one who waits");
	before = current->cpus_allowed;
	EXPECT_EQ(set_cpus_allowed_ptr(current, &mask), 0);
	item_init(&item);
	item.hold = true;
	EXPECT(irq_work_queue_on(&item.work, test_cpu(1)));
	EXPECT(WAIT_UNTIL(READ_ONCE(item.inside)));
	EXPECT(!irq_work_is_pending(&item.work) && irq_work_is_busy(&item.work));
	item.work.func = item_ends_at_once;
	EXPECT(irq_work_queue(&item.work));
	EXPECT(WAIT_UNTIL(READ_ONCE(item.runs) == 1));
	if (actor_start(&actor, syncs, &item, test_cpu(2))) {
		msleep(3);
		EXPECT(!READ_ONCE(actor.ended) && READ_ONCE(item.inside));
		WRITE_ONCE(item.hold, false);
		actor_join(&actor);
	}
	WRITE_ONCE(item.hold, false);
	irq_work_sync(&item.work);
	EXPECT_EQ(item.runs, 2);
	EXPECT_EQ(set_cpus_allowed_ptr(current, &before), 0);
}

/* One work that all CPUs queue for each other: after each time it runs, and sees what was asked. */
struct common {
	struct irq_work work;
	struct effort effort;
	atomic_t asked, seen;
	atomic_t queued, runs;
};

static void common_runs(struct irq_work *work)
{
	struct common *common = container_of(work, struct common, work);
	int asked = atomic_read(&common->asked);
	int seen = atomic_read(&common->seen);

	while (asked - seen > 0 && !atomic_try_cmpxchg(&common->seen, &seen, asked))
		;
	atomic_inc(&common->runs);
}

static int asks(void *arg)
{
	struct common *common = arg;

	for (u32 i = 0; effort_goes_on(&common->effort, i); i++) {
		int asked = atomic_inc_return(&common->asked);

		if (i % 2 ? irq_work_queue(&common->work) :
			    irq_work_queue_on(&common->work, test_cpu(i / 2)))
			atomic_inc(&common->queued);
		if (i % 64 == 0) {
			EXPECT(WAIT_UNTIL(atomic_read(&common->seen) - asked >= 0));
		}
	}
	return 1;
}

TEST(irq_work_is_never_lost)
{
	struct common common = { .effort = effort_of(100, 400, num_online_cpus()) };

	init_irq_work(&common.work, common_runs);
	EXPECT_EQ(test_run_on_cpus(asks, &common), num_online_cpus());
	irq_work_sync(&common.work);
	EXPECT_EQ(atomic_read(&common.seen), atomic_read(&common.asked));
	EXPECT_EQ(atomic_read(&common.runs), atomic_read(&common.queued));
}

/* After irq_work_sync() the memory may go. */
static int syncs_and_frees(void *arg)
{
	struct effort *effort = arg;

	for (u32 i = 0; effort_goes_on(effort, i); i++) {
		struct item *item = kmalloc(sizeof(*item), GFP_KERNEL);

		if (!EXPECT(item))
			return 0;
		item_init(item);
		item->again = i % 3;
		irq_work_queue_on(&item->work, test_cpu(i));
		irq_work_sync(&item->work);
		EXPECT_EQ(item->runs, i % 3 + 1);
		kfree(item);
	}
	return 1;
}

TEST(irq_work_sync_and_free)
{
	struct effort effort = effort_of(50, 100, num_online_cpus());

	EXPECT_EQ(test_run_on_cpus(syncs_and_frees, &effort), num_online_cpus());
}

/* ---- From an NMI ---- */

static struct irq_work nmi_works[NR_CPUS];
static u32 nmi_queued[NR_CPUS], nmi_runs[NR_CPUS];

static void count_nmi_work(struct irq_work *work)
{
	EXPECT(in_hardirq() && !in_nmi());
	nmi_runs[work - nmi_works]++;
}

static void queue_in_nmi(void)
{
	u32 cpu = raw_smp_processor_id();

	nmi_queued[cpu] += irq_work_queue(&nmi_works[cpu]);
}

/* It is queued at once, and runs when interrupts are on, not before. */
static int from_nmi(void *unused)
{
	u32 cpu = raw_smp_processor_id();
	unsigned long flags;

	for (u32 i = 0; i < 20; i++) {
		u32 runs = nmi_runs[cpu];

		local_irq_save(flags);
		EXPECT(test_nmi_send(cpu) && test_nmi_wait(cpu));
		EXPECT(irq_work_is_pending(&nmi_works[cpu]));
		EXPECT_EQ(nmi_runs[cpu], runs);
		local_irq_restore(flags);
		irq_work_sync(&nmi_works[cpu]);
		EXPECT_EQ(nmi_runs[cpu], runs + 1);
	}
	return 1;
}

static void nmi_works_init(void)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		init_irq_work(&nmi_works[cpu], count_nmi_work);
		nmi_queued[cpu] = nmi_runs[cpu] = 0;
	}
	test_nmi_init(queue_in_nmi);
}

static void expect_nmi_runs(void)
{
	test_nmi_init(NULL);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		irq_work_sync(&nmi_works[cpu]);
		EXPECT_EQ(nmi_runs[cpu], nmi_queued[cpu]);
	}
}

TEST(irq_work_from_nmi)
{
	nmi_works_init();
	EXPECT_EQ(test_run_on_cpus(from_nmi, NULL), num_online_cpus());
	expect_nmi_runs();
}

/* NMIs come between the steps of this CPU's own queueing, and queue in the same list. */
static int queues_under_nmis(void *arg)
{
	struct effort *effort = arg;
	struct item item;
	u32 queued = 0;

	item_init(&item);
	for (u32 i = 0; effort_goes_on(effort, i); i++) {
		test_nmi_send(test_cpu(i));
		queued += irq_work_queue(&item.work);
	}
	irq_work_sync(&item.work);
	EXPECT_EQ(item.runs, queued);
	return 1;
}

/* On the CPU itself: where a thread runs no handler does. */
static int waits_for_nmi(void *unused)
{
	return test_nmi_wait(raw_smp_processor_id());
}

TEST(irq_work_amid_nmis)
{
	struct effort effort = effort_of(100, 400, num_online_cpus());

	nmi_works_init();
	EXPECT_EQ(test_run_on_cpus(queues_under_nmis, &effort), num_online_cpus());
	EXPECT_EQ(test_run_on_cpus(waits_for_nmi, NULL), num_online_cpus());
	expect_nmi_runs();
}

/* ---- Misuse ---- */

static void queue_nowhere(void *arg)
{
	irq_work_queue_on(arg, nr_cpus);
}

static void queue_uninitialized(void *unused)
{
	struct irq_work work = { .func = NULL };

	irq_work_queue(&work);
}

static void sync_in_atomic(void *arg)
{
	irq_work_sync(arg);
}

TEST(irq_work_misuse)
{
	struct item item;

	item_init(&item);
	EXPECT(test_panics(queue_nowhere, &item.work, "cpu >= nr_cpus"));
	EXPECT(test_panics(queue_uninitialized, NULL, "work->func"));
	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check who may sleep");
	EXPECT(test_panics(sync_in_atomic, &item.work, "may sleep"));
}
