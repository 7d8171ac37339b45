/* kunit.c: runs what Linux's own tests give to KUnit, and reports it in KTAP: a module that they use.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A case runs in a thread of its own, so that an assertion that does not hold can end it from any depth of calls;
 *   whoever runs the suites waits for each, and only then looks at what became of it.
 */
#include "kernel/core/printk.h"
#include "kernel/kthread.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/test/linux/include/kunit/test.h"
#include "lib/format.h"
#include "lib/string.h"

#define NOTE_SIZE 256

struct kunit_memory {
	struct list_head link;
	char bytes[] __aligned(16);
};

/* What the thread of a case is given. */
struct run {
	struct kunit test;
	const struct kunit_suite *suite;
	const struct kunit_case *which;
	struct completion ended;
};

void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t flags)
{
	struct kunit_memory *memory = kmalloc(sizeof(*memory) + size, flags);

	if (!memory)
		return NULL;
	list_add(&memory->link, &test->memory);
	return memory->bytes;
}

static void free_memory(struct kunit *test)
{
	struct kunit_memory *memory, *next;

	list_for_each_entry_safe(memory, next, &test->memory, link)
		kfree(memory);
}

static void __printf(2, 0) print_note(const struct kunit *test, const char *fmt, va_list args)
{
	char text[NOTE_SIZE];

	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	pr_plain("    # %s: %s\n", test->name, text);
}

void kunit_note(const struct kunit *test, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_note(test, fmt, args);
	va_end(args);
}
EXPORT_SYMBOL_GPL(kunit_note);
EXPORT_SYMBOL_GPL(kunit_kmalloc);

void kunit_check(struct kunit *test, bool fatal, bool held, const char *place, const char *text,
		 long long left, long long right, const char *fmt, ...)
{
	va_list args;

	if (held)
		return;
	test->status = KUNIT_FAILURE;
	kunit_note(test, "%s: does not hold: %s (%lld, %lld)", place, text, left, right);
	va_start(args, fmt);
	if (fmt)
		print_note(test, fmt, args);
	va_end(args);
	if (fatal)
		kthread_complete_and_exit(test->ended, 0);
}
EXPORT_SYMBOL_GPL(kunit_check);

void kunit_end_skipped(struct kunit *test, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(test->status_comment, sizeof(test->status_comment), fmt, args);
	va_end(args);
	test->status = KUNIT_SKIPPED;
	kthread_complete_and_exit(test->ended, 0);
}
EXPORT_SYMBOL_GPL(kunit_end_skipped);

static int run_thread(void *arg)
{
	struct run *run = arg;
	int error = run->suite->init ? run->suite->init(&run->test) : 0;

	if (error)
		kunit_check(&run->test, true, false, run->suite->name, "init() == 0", error, 0,
			    NULL);
	run->which->run_case(&run->test);
	kthread_complete_and_exit(&run->ended, 0);
}

static enum kunit_status run_case(const struct kunit_suite *suite, const struct kunit_case *which,
				  unsigned int number)
{
	struct run run = { .test.name = which->name, .suite = suite, .which = which };

	init_completion(&run.ended);
	run.test.ended = &run.ended;
	INIT_LIST_HEAD(&run.test.memory);
	if (IS_ERR(kthread_run(run_thread, &run, "kunit")))
		return KUNIT_FAILURE;
	wait_for_completion(&run.ended);
	if (suite->exit)
		suite->exit(&run.test);
	free_memory(&run.test);
	if (run.test.status == KUNIT_SKIPPED)
		pr_plain("    ok %u %s # SKIP %s\n", number, which->name, run.test.status_comment);
	else
		pr_plain("    %s %u %s\n", run.test.status == KUNIT_SUCCESS ? "ok" : "not ok",
			 number, which->name);
	return run.test.status;
}

static unsigned int nr_cases(const struct kunit_suite *suite)
{
	unsigned int n = 0;

	while (suite->test_cases[n].run_case)
		n++;
	return n;
}

static void run_suite(struct kunit_suite *suite, unsigned int number)
{
	bool ready = !suite->suite_init || !suite->suite_init(suite);
	bool passed = ready;

	pr_plain("    KTAP version 1\n    # Subtest: %s\n    1..%u\n", suite->name,
		 nr_cases(suite));
	for (unsigned int i = 0; ready && i < nr_cases(suite); i++)
		passed &= run_case(suite, &suite->test_cases[i], i + 1) != KUNIT_FAILURE;
	if (suite->suite_exit)
		suite->suite_exit(suite);
	pr_plain("%s %u %s\n", passed ? "ok" : "not ok", number, suite->name);
}

void kunit_run_suites(struct kunit_suite **suites)
{
	unsigned int n = 0;

	while (suites[n])
		n++;
	pr_plain("KTAP version 1\n1..%u\n", n);
	for (unsigned int i = 0; i < n; i++)
		run_suite(suites[i], i + 1);
}
EXPORT_SYMBOL_GPL(kunit_run_suites);
