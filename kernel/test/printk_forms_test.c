/* printk_forms_test.c: messages that are printed once, or not too often; warnings with a text.
 * SPDX-License-Identifier: MIT
 *
 * A message's arguments are evaluated only when it is printed: they count.
 */
#include "kernel/core/printk_forms.h"

#include "kernel/core/panic.h"
#include "kernel/test/sched_test.h"
#include "lib/string.h"

static atomic_t printed;

static int count(void)
{
	return atomic_inc_return(&printed);
}

static int say_once(void *arg)
{
	for (int i = 0; i < 100; i++)
		pr_info_once("said once: %d\n", count());
	return 0;
}

TEST(printk_once)
{
	atomic_set(&printed, 0);
	test_run_threads(2 * num_online_cpus(), say_once, NULL);
	test_run_threads(1, say_once, NULL);
	// The place may have been reached in an earlier round of this boot: at most once in all.
	EXPECT(atomic_read(&printed) <= 1);
	no_printk("%d", count());
	pr_devel("%d", count());
	EXPECT(atomic_read(&printed) <= 1);
}

TEST(ratelimit_in_one_interval)
{
	DEFINE_RATELIMIT_STATE(limit, 3600 * HZ, 5);
	DEFINE_RATELIMIT_STATE(none, 0, 5);
	int said = 0, always = 0;

	for (int i = 0; i < 20; i++) {
		said += __ratelimit(&limit);
		always += __ratelimit(&none);
	}
	EXPECT_EQ(said, 5);
	EXPECT_EQ(always, 20);
	EXPECT_EQ(limit.missed, 15);
}

TEST(ratelimit_next_interval)
{
	DEFINE_RATELIMIT_STATE(limit, 1, 2);
	int said = 0;

	ratelimit_state_init(&limit, 1, 2);
	for (int i = 0; i < 3; i++) {
		said += __ratelimit(&limit);
		said += __ratelimit(&limit);
		usleep_range(2000, 3000);
	}
	EXPECT_EQ(said, 6);
}

static int say_too_often(void *arg)
{
	struct ratelimit_state *limit = arg;
	int said = 0;

	for (int i = 0; i < 200; i++)
		said += __ratelimit(limit);
	return said;
}

TEST(ratelimit_for_all_cpus)
{
	DEFINE_RATELIMIT_STATE(limit, 3600 * HZ, 50);
	unsigned int threads = 2 * num_online_cpus();

	EXPECT_EQ(test_run_threads(threads, say_too_often, &limit), 50);
	EXPECT_EQ(limit.missed, threads * 200 - 50);
}

static int warned;

static void warn_often(void *arg)
{
	for (int i = 0; i < 3; i++) {
		warned += WARN(i > 0, "number %d\n", i);
		warned += 10 * WARN_ONCE(i > 0, "number %d, once\n", i);
	}
}

TEST(warn_with_text)
{
	warned = 0;
	EXPECT_EQ(test_warnings(warn_often, NULL, "number"), 3);
	EXPECT_EQ(warned, 22);
	EXPECT_EQ(test_warnings(warn_often, NULL, "number"), 2); // "once" was said
}

/* ---- Lines that go on ------------------------------------------------------------------------------- */

static char heard[2048];
static size_t n_heard;

/* Of what is printed, the text without times and CPUs. */
static void hear(const char *text, size_t length)
{
	if (text[0] == '[' || n_heard + length >= sizeof(heard))
		return;
	memcpy(heard + n_heard, text, length);
	n_heard += length;
	heard[n_heard] = '\0';
}

static void speak_up(void *unused)
{
	_printk(KERN_INFO "other");
	_printk(KERN_CONT " goes on\n");
}

static void interrupt(void *unused)
{
	_printk(KERN_CONT "not mine\n");
}

TEST(printk_continues)
{
	n_heard = 0;
	printk_flush();
	printk_set_tap(hear);
	_printk(KERN_INFO "one");
	_printk(KERN_CONT " two");
	pr_cont(" three\n");
	pr_cont("four\nfive\n");
	_printk(KERN_INFO "six");
	_printk(KERN_INFO "seven");
	printk(KERN_INFO "eight");
	pr_cont("nine\n");
	_printk(KERN_INFO "ten ");
	speak_up(NULL);
	_printk(KERN_INFO "eleven ");
	run_at(test_cpu(1), DEFAULT_PRIO, interrupt, NULL);
	_printk(KERN_CONT "twelve");
	_printk(KERN_CONT "\n");
	printk_flush();
	printk_set_tap(NULL);
	EXPECT(strcmp(heard, "one two three\nfour\nfive\nsix\nseven\neight\nnine\nten \n"
			     "other goes on\neleven \nnot mine\ntwelve\n") == 0);
}

TEST(hex_dump)
{
	static const char bytes[40] = "sixteen bytes and then twenty-four more";

	print_hex_dump(KERN_INFO, "dump ", DUMP_PREFIX_OFFSET, 16, 1, bytes, sizeof(bytes), true);
	print_hex_dump(KERN_INFO, "dump ", DUMP_PREFIX_ADDRESS, 32, 4, bytes, sizeof(bytes), false);
	print_hex_dump_bytes("dump ", DUMP_PREFIX_NONE, bytes, sizeof(bytes));
	EXPECT_EQ(printk_dropped(), 0);
}
