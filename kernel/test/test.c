/* test.c: the registry of tests, and the runner.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/test.h"

#include <arch/atomic.h>
#include <arch/trap.h>

#include "kernel/core/panic.h"
#include "kernel/core/percpu.h"
#include "kernel/core/printk.h"
#include "kernel/core/slab.h"
#include "kernel/kthread.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/mode.h"
#include "kernel/names.h"
#include "kernel/workqueue.h"
#include "lib/format.h"
#include "lib/string.h"

#define WAIT_LIMIT_MS 60000 /* generous: a virtual CPU may be away for a long time */

/* From the linker script. */
extern const struct test_case tests_start[], tests_end[];

static const struct test_case *running; /* the test that runs now */
static atomic_t failures;               /* expectations of it that did not hold */
static const char *skipped;             /* why it was skipped */
static u64 run_seed;

bool test_expect(bool held, const char *what, const char *file, int line)
{
	if (!held) {
		atomic_inc(&failures);
		pr_plain("# %s:%d: expected %s\n", file, line, what);
	}
	return held;
}

bool test_expect_eq(long actual, long expected, const char *what, const char *file, int line)
{
	if (actual != expected) {
		atomic_inc(&failures);
		pr_plain("# %s:%d: expected %s, which is %ld == %ld\n", file, line, what, actual,
			 expected);
	}
	return actual == expected;
}

void test_skip(const char *reason)
{
	skipped = reason;
}

void test_note(const char *fmt, ...)
{
	char line[PRINTK_LINE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	pr_plain("# %s\n", line);
}

static unsigned int part; /* of the running test: the last that was reported */

void test_parts(unsigned int n)
{
	part = 0;
	pr_plain("    KTAP version 1\n    1..%u\n", n);
}

bool test_part(bool passed, const char *fmt, ...)
{
	char name[PRINTK_LINE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	if (!passed)
		atomic_inc(&failures);
	pr_plain("    %sok %u %s\n", passed ? "" : "not ", ++part, name);
	return passed;
}

struct rand_state test_seed(void)
{
	struct rand_state rand;
	u64 hash = run_seed;

	for (const char *c = running->name; *c; c++)
		hash = hash * 31 + (u8)*c;
	rand_seed(&rand, hash);
	return rand;
}

/* The threads of one test_run_threads(), which waits for them on its stack. */
struct crew {
	int (*fn)(void *arg);
	void *arg;
	struct completion start; /* all exist */
	struct completion done;  /* one event a thread */
	atomic64_t sum;
};

static int crew_member(void *arg)
{
	struct crew *crew = arg;

	wait_for_completion(&crew->start);
	atomic64_add(crew->fn(crew->arg), &crew->sum);
	complete(&crew->done);
	return 0;
}

/* @cpu: bound to it; NR_CPUS: to none. */
static bool crew_add(struct crew *crew, unsigned int number, u32 cpu)
{
	struct task_struct *task = kthread_create(crew_member, crew, "test/%u", number);

	if (!EXPECT(!IS_ERR(task)))
		return false;
	if (cpu < NR_CPUS)
		kthread_bind(task, cpu);
	wake_up_process(task);
	return true;
}

static long crew_finish(struct crew *crew, unsigned int n)
{
	complete_all(&crew->start);
	for (unsigned int i = 0; i < n; i++)
		wait_for_completion_state(&crew->done, TASK_IDLE); // It may take them hours.
	return (long)atomic64_read(&crew->sum);
}

static void crew_init(struct crew *crew, int (*fn)(void *arg), void *arg)
{
	*crew = (struct crew){ .fn = fn, .arg = arg };
	init_completion(&crew->start);
	init_completion(&crew->done);
}

long test_run_threads(unsigned int n, int (*fn)(void *arg), void *arg)
{
	struct crew crew;
	unsigned int made = 0;

	crew_init(&crew, fn, arg);
	while (made < n && crew_add(&crew, made, NR_CPUS))
		made++;
	return crew_finish(&crew, made);
}

long test_run_on_cpus(int (*fn)(void *arg), void *arg)
{
	struct crew crew;
	unsigned int made = 0;
	u32 cpu;

	crew_init(&crew, fn, arg);
	for_each_online_cpu(cpu)
		made += crew_add(&crew, made, cpu);
	return crew_finish(&crew, made);
}

/* What a panic under test_panics() said. The preemption that trap_catch() holds off keeps it ours. */
static char caught_panic[512];
static struct task_struct *catching;

/* Called by panic(): end the function under test by an exception, which trap_catch() takes. */
static void catch_panic(const char *message)
{
	if (READ_ONCE(catching) != current)
		return;
	strscpy(caught_panic, message, sizeof(caught_panic));
	asm volatile("ud2");
}

bool test_panics_here(void (*fn)(void *arg), void *arg, const char *text)
{
	struct race_context race = race_context_of_thread();
	u32 held, now_held, readers, locks;
	int vector;

	caught_panic[0] = '\0';
	held = READ_ONCE(this_cpu()->nr_held);
	readers = READ_ONCE(this_cpu()->rcu_nesting);
	locks = lockdep_depth();
	WRITE_ONCE(catching, current);
	panic_set_filter(catch_panic);
	vector = trap_catch(fn, arg, NULL, NULL);
	panic_set_filter(NULL);
	WRITE_ONCE(catching, NULL);
	// What the function held when it was ended is held no more.
	while ((now_held = READ_ONCE(this_cpu()->nr_held)) > held) {
		WRITE_ONCE(this_cpu()->held[now_held - 1].lock, NULL);
		WRITE_ONCE(this_cpu()->nr_held, now_held - 1);
	}
	WRITE_ONCE(this_cpu()->rcu_nesting, readers);
	lockdep_rewind(locks);
	race_context_restore(race);
	if (vector >= 0 && strstr(caught_panic, text))
		return true;
	test_note("expected a panic that says \"%s\"; got \"%s\" (exception %d)", text,
		  caught_panic, vector);
	return false;
}

bool test_panics(void (*fn)(void *arg), void *arg, const char *text)
{
	bool did;

	preempt_disable();
	did = test_panics_here(fn, arg, text);
	preempt_enable();
	return did;
}

/* What test_warnings() counts. */
static const char *warning_text;
static struct task_struct *warned; /* [a] the thread that is looked at */
static unsigned int n_warned;

static bool count_warning(const char *message)
{
	if (READ_ONCE(warned) != current || !strstr(message, warning_text))
		return false;
	n_warned++;
	return true;
}

unsigned int test_warnings(void (*fn)(void *arg), void *arg, const char *text)
{
	warning_text = text;
	n_warned = 0;
	WRITE_ONCE(warned, current);
	warn_set_filter(count_warning);
	fn(arg);
	warn_set_filter(NULL);
	WRITE_ONCE(warned, NULL);
	return n_warned;
}

bool test_wait_for(bool (*condition)(void *arg), void *arg)
{
	for (unsigned int waited = 0; waited < WAIT_LIMIT_MS; waited++) {
		if (condition(arg))
			return true;
		msleep(1);
	}
	return condition(arg);
}

/* What a test must leave as it found it. */
struct resources {
	unsigned int tasks;
	size_t objects;
	size_t stacks;
	size_t percpu;
	unsigned long warnings;
};

static struct resources resources_now(void)
{
	return (struct resources){
		.tasks = task_count(),
		.objects = kmalloc_in_use(),
		.stacks = stack_free_count(),
		.percpu = percpu_in_use(),
		.warnings = warn_count(),
	};
}

/* A thread that has ended is freed a moment later, by the next one on its CPU. */
static bool resources_are_back(void *arg)
{
	struct resources *before = arg;
	struct resources now = resources_now();

	return now.tasks == before->tasks && now.objects == before->objects &&
	       now.stacks == before->stacks && now.percpu == before->percpu;
}

static void check_leftovers(struct resources *before)
{
	struct resources now;

	// Work that is left would make its worker while the next test looks what is there.
	flush_scheduled_work();
	if (!test_wait_for(resources_are_back, before)) {
		now = resources_now();
		test_note("left behind: threads %d, objects %ld, stacks %ld, per-CPU bytes %ld",
			  (int)(now.tasks - before->tasks), (long)(now.objects - before->objects),
			  (long)(before->stacks - now.stacks), (long)(now.percpu - before->percpu));
		EXPECT(!"nothing is left behind");
	}
	EXPECT_EQ(warn_count(), before->warnings);
}

/* Returns whether it failed. */
static bool run_one(const struct test_case *test, unsigned int number,
		    void (*print_repeat)(const char *test, u64 seed))
{
	struct resources before = resources_now();

	running = test;
	skipped = NULL;
	atomic_set(&failures, 0);
	test->run();
	check_leftovers(&before);
	if (atomic_read(&failures)) {
		print_repeat(test->name, run_seed);
		pr_plain("not ok %u %s\n", number, test->name);
		return true;
	}
	pr_plain("ok %u %s%s%s\n", number, test->name, skipped ? " # SKIP " : "", skipped ?: "");
	return false;
}

static unsigned int count_chosen(const struct test_choice *choice, const char *names)
{
	unsigned int n = 0;

	for (const struct test_case *test = tests_start; test < tests_end; test++)
		n += choice->chosen(test->name, names);
	return n;
}

enum verdict tests_run(const struct test_choice *choice, const char *names, u64 seed)
{
	unsigned int number = 0;
	unsigned int failed = 0;

	run_seed = seed;
	pr_plain("KTAP version 1\n");
	pr_plain("1..%u\n", count_chosen(choice, names));
	for (const struct test_case *test = tests_start; test < tests_end; test++) {
		if (choice->chosen(test->name, names))
			failed += run_one(test, ++number, choice->print_repeat);
	}
	return failed ? VERDICT_FAIL : VERDICT_PASS;
}

void tests_each(void (*fn)(const char *test))
{
	for (const struct test_case *test = tests_start; test < tests_end; test++)
		fn(test->name);
}

bool test_known(const char *name)
{
	for (const struct test_case *test = tests_start; test < tests_end; test++) {
		if (!strcmp(test->name, name))
			return true;
	}
	return false;
}

static void print_name(const char *name)
{
	pr_plain("  %s\n", name);
}

static void print_names(void)
{
	tests_each(print_name);
}

static void print_repeat(const char *name, u64 seed)
{
	pr_plain("# repeat: make test RUN=%s SMP=%u SEED=%llu\n", name, num_online_cpus(),
		 (unsigned long long)seed);
}

static enum verdict run(const char *names, u64 seed)
{
	static const struct test_choice all = { name_in_list, print_repeat };

	return tests_run(&all, names, seed);
}

MODE(test, .noun = "test", .known = test_known, .print_names = print_names, .run = run);
