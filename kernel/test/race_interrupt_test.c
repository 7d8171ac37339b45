/* race_interrupt_test.c: the race detector on one CPU: a thread, and who comes upon it there.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/race_test.h"
#include "lib/string.h"

static unsigned long word, irqs_off_word;

static void use(unsigned long value)
{
	asm volatile("" ::"r"(value));
}

static noinline void read_in_thread(void)
{
	use(word);
}

static noinline void write_in_thread(void)
{
	word++;
}

static noinline void read_in_interrupt(void)
{
	use(word);
}

static noinline void write_in_interrupt(void)
{
	word++;
}

static noinline void write_irqs_off(void)
{
	unsigned long flags;

	local_irq_save(flags);
	irqs_off_word++;
	local_irq_restore(flags);
}

static noinline void write_irqs_off_word(void)
{
	irqs_off_word++;
}

/* A thread, bound to a CPU, and a timer that interrupts it there again and again. */
struct scene {
	struct actor actor;
	struct ktimer timer;
	void (*threads_part)(void);
	void (*handlers_part)(void);
	bool end; /* [a] */
};

#define PERIOD_NS 100000

static void comes(struct ktimer *timer)
{
	struct scene *scene = container_of(timer, struct scene, timer);

	scene->handlers_part();
	if (!READ_ONCE(scene->end))
		timer_start(timer, clock_ns() + PERIOD_NS);
}

static int thread_run(void *arg)
{
	struct scene *scene = arg;

	timer_init(&scene->timer, comes);
	timer_start(&scene->timer, clock_ns() + PERIOD_NS);
	while (!READ_ONCE(scene->end))
		scene->threads_part();
	while (timer_cancel_sync(&scene->timer))
		;
	return 0;
}

#define OFTEN 5

static bool interrupt_races(struct race_expectation *seen, void (*threads_part)(void),
			    const char *thread_name, void (*handlers_part)(void),
			    const char *interrupt_name)
{
	struct scene scene = { .threads_part = threads_part, .handlers_part = handlers_part };
	bool often = false;

	expect_race_begin(seen, thread_name, interrupt_name);
	if (actor_start(&scene.actor, thread_run, &scene, test_cpu(0)))
		often = WAIT_UNTIL(atomic_read(&seen->seen) >= OFTEN);
	WRITE_ONCE(scene.end, true);
	actor_join(&scene.actor);
	expect_race_end(seen);
	return often;
}

#define INTERRUPT_RACES(seen, f, g) interrupt_races(seen, f, #f, g, #g)

TEST(race_with_interrupt)
{
	struct race_expectation seen;

	NEED_RACE_DETECTOR();
	EXPECT(INTERRUPT_RACES(&seen, read_in_thread, write_in_interrupt));
	EXPECT(INTERRUPT_RACES(&seen, write_in_thread, read_in_interrupt));
	EXPECT_EQ(seen.report.watcher.cpu, seen.report.other.cpu);
	EXPECT(!strcmp(seen.report.watcher.context, "in a thread"));
	EXPECT(!strcmp(seen.report.other.context, "in an interrupt handler"));
}

/* The same thread and handler touch one word with interrupts off, and one with interrupts on. */
static void both_in_thread(void)
{
	write_irqs_off();
	write_in_thread();
}

static void both_in_interrupt(void)
{
	write_irqs_off_word();
	read_in_interrupt();
}

TEST(race_kept_off_with_interrupts)
{
	struct race_expectation seen;

	NEED_RACE_DETECTOR();
	EXPECT(interrupt_races(&seen, both_in_thread, "write_in_thread", both_in_interrupt,
			       "read_in_interrupt"));
}

/* Two threads on one CPU: the first is preempted in the middle of its access. */
static int keep_writing(void *arg)
{
	struct scene *scene = arg;

	while (!READ_ONCE(scene->end))
		write_in_thread();
	return 0;
}

TEST(race_with_preempted_thread)
{
	struct race_expectation seen;
	struct scene scenes[2] = { { .end = false }, { .end = false } };

	NEED_RACE_DETECTOR();
	expect_race_begin(&seen, "write_in_thread", "write_in_thread");
	for (int i = 0; i < 2; i++)
		EXPECT(actor_start(&scenes[i].actor, keep_writing, &scenes[i], test_cpu(0)));
	EXPECT(WAIT_UNTIL(atomic_read(&seen.seen) >= 3));
	for (int i = 0; i < 2; i++) {
		WRITE_ONCE(scenes[i].end, true);
		actor_join(&scenes[i].actor);
	}
	expect_race_end(&seen);
	EXPECT_EQ(seen.report.watcher.cpu, seen.report.other.cpu);
}
