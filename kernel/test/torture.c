/* torture.c: a run of the torture: its threads, its rounds, its figures.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"
#include "kernel/test/torture_body.h"
#include "lib/format.h"

#define SHORT_MS     60                  /* how long each lock is tortured in make test, */
#define LEAST_ROUNDS 3                   /* and at least so often */
#define TWIN_NS      (60 * NSEC_PER_SEC) /* within which a broken lock must fail */
#define STAT_NS      (15 * NSEC_PER_SEC) /* how often figures are shown meanwhile */
#define ROUND_MS     10                  /* a round, at most */
#define NOTES        3

static unsigned int torture_ms = SHORT_MS;

void torture_set_time(unsigned int ms)
{
	torture_ms = ms;
}

void torture_fail(struct torture *torture, const char *fmt, ...)
{
	char text[200];
	va_list args;

	if (atomic_fetch_add(1, &torture->fails) >= NOTES || torture->ops->broken)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	test_note("%s-torture: %s", torture->ops->name, text);
}

static void who_init(struct torture *torture, struct torture_who *who, const char *kind, u32 number)
{
	who->torture = torture;
	rand_seed(&who->rand, rand_next(&torture->rand));
	snprintf(who->name, sizeof(who->name), "%s %u", kind, number);
}

/* As many writers as CPUs beside as many readers, or else twice as many; and one more than fit in. */
static bool torture_init(struct torture *torture, const struct torture_ops *ops)
{
	u32 cpus = num_online_cpus();

	*torture = (struct torture){ .ops = ops, .rand = test_seed() };
	torture->nr_readers = ops->readers ? max(cpus, 2U) : 0;
	torture->nr_writers = max(ops->readers ? cpus : 2 * cpus, torture_units(torture) + 1);
	torture->threads =
		kcalloc(torture_nr_threads(torture), sizeof(*torture->threads), GFP_KERNEL);
	torture->handlers = kcalloc(nr_cpus, sizeof(*torture->handlers), GFP_KERNEL);
	return EXPECT(torture->threads && torture->handlers);
}

static bool threads_start(struct torture *torture)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		struct torture_handler *handler = &torture->handlers[cpu];

		who_init(torture, &handler->who, "the handler of CPU", cpu);
		timer_init(&handler->timer, torture_handler);
		tasklet_setup(&handler->softirq, torture_softirq);
	}
	for (u32 i = 0; i < torture_nr_threads(torture); i++) {
		struct torture_thread *thread = &torture->threads[i];

		thread->reads = i >= torture->nr_writers;
		who_init(torture, &thread->who, "thread", i);
		rand_seed(&thread->jitter, rand_next(&torture->rand));
		if (!actor_start(&thread->actor, torture_thread, thread, ANY_CPU))
			return false;
	}
	return true;
}

static void wake_all(struct torture *torture)
{
	for (u32 i = 0; i < torture_nr_threads(torture); i++)
		if (torture->threads[i].actor.task)
			wake_up_process(torture->threads[i].actor.task);
}

static void threads_end(struct torture *torture)
{
	WRITE_ONCE(torture->end, true);
	wake_all(torture);
	for (u32 i = 0; i < torture_nr_threads(torture); i++)
		actor_join(&torture->threads[i].actor);
}

/* The most and the least acquisitions of a thread, as locktorture shows them. */
static void show_kind(struct torture *torture, const char *kind, u32 from, u32 to)
{
	unsigned long most = 0, least = ~0UL, total = 0;
	int fails = atomic_read(&torture->fails);

	for (u32 i = from; i < to; i++) {
		unsigned long taken = READ_ONCE(torture->threads[i].who.taken);

		most = max(most, taken);
		least = min(least, taken);
		total += taken;
	}
	pr_info("%s-torture: %s:  Total: %lu  Max/Min: %lu/%lu %s  Fail: %d %s\n",
		torture->ops->name, kind, total, most, least, most / 2 > least ? "???" : "", fails,
		fails ? "!!!" : "");
}

static void show_figures(struct torture *torture)
{
	show_kind(torture, "Writes", 0, torture->nr_writers);
	if (torture->nr_readers)
		show_kind(torture, "Reads ", torture->nr_writers, torture_nr_threads(torture));
}

static void run_round(struct torture *torture)
{
	u64 end = clock_ns() + (1 + rand_below(&torture->rand, ROUND_MS)) * NSEC_PER_MSEC;

	WRITE_ONCE(torture->over, false);
	torture_handlers_start(torture); // While the CPUs are idle, and answer at once.
	WRITE_ONCE(torture->round, torture->round + 1);
	wake_all(torture);
	do {
		torture_stir(torture);
	} while (clock_ns() < end);
	WRITE_ONCE(torture->over, true);
	torture_handlers_stop(torture);
	torture_come_out(torture);
}

/* A lock for its time, a twin until it has failed. */
static void run_rounds(struct torture *torture)
{
	bool broken = torture->ops->broken;
	u64 begin = clock_ns();
	u64 end = begin + (broken ? TWIN_NS : torture_ms * NSEC_PER_MSEC);
	u64 stat = begin + STAT_NS;

	while (clock_ns() < end || torture->round < LEAST_ROUNDS) {
		run_round(torture);
		if (broken && atomic_read(&torture->fails))
			return;
		if (clock_ns() > stat) {
			show_figures(torture);
			stat = clock_ns() + STAT_NS;
		}
	}
}

static unsigned long updates_made(const struct torture *torture)
{
	unsigned long sum = 0;

	for (u32 i = 0; i < torture_nr_threads(torture); i++)
		sum += torture->threads[i].who.updates;
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		sum += torture->handlers[cpu].who.updates;
	return sum;
}

/* Everybody is out: look at what is left. */
static void check_end(struct torture *torture)
{
	const struct torture_ops *ops = torture->ops;
	const struct guarded *data = ops->data ? ops->data() : &torture->data;
	unsigned long updates = updates_made(torture);

	for (unsigned int i = 0; i < GUARDED_WORDS; i++)
		if (data->words[i] != updates)
			torture_fail(torture, "%lu updates were made, and word %u says %lu",
				     updates, i, data->words[i]);
	if (atomic_read(&data->torn))
		torture_fail(torture, "%d times half an update was seen", atomic_read(&data->torn));
	if (ops->ends_well && !ops->broken && !ops->ends_well())
		torture_fail(torture, "at the end it is not as it must be");
}

/* Returns how often it failed. */
static int run_one(const struct torture_ops *ops)
{
	struct torture torture;

	if (!torture_init(&torture, ops))
		goto out;
	if (ops->init)
		ops->init();
	jitter_on();
	sched_set_fifo(current); // Before all of them: or else who stirs would have to wait.
	if (threads_start(&torture))
		run_rounds(&torture);
	threads_end(&torture);
	sched_set_normal(current, 0);
	jitter_off();
	check_end(&torture);
	if (ops->exit)
		ops->exit();
	if (!ops->broken)
		show_figures(&torture);
out:
	kfree(torture.threads);
	kfree(torture.handlers);
	return atomic_read(&torture.fails);
}

static void begin(const struct torture_ops *ops)
{
	u32 cpus = num_online_cpus();

	pr_info("%s-torture:--- Start of test%s: nwriters_stress=%u nreaders_stress=%u ms=%u\n",
		ops->name, CONFIG_CHECKED ? " [debug]" : "", ops->readers ? cpus : 2 * cpus,
		ops->readers ? cpus : 0, torture_ms);
}

void torture_test(const struct torture_ops *ops)
{
	int fails, twin_fails;

	begin(ops);
	twin_fails = run_one(ops->twin);
	pr_info("%s-torture: the broken twin (%s):  Fail: %d\n", ops->name, ops->twin->broken,
		twin_fails);
	if (!EXPECT(twin_fails > 0))
		test_note("%s-torture: a lock that is broken (%s) was not found out", ops->name,
			  ops->twin->broken);
	fails = run_one(ops);
	EXPECT_EQ(fails, 0);
	pr_info("%s-torture:--- End of test: %s\n", ops->name,
		fails || !twin_fails ? "FAILURE" : "SUCCESS");
}
