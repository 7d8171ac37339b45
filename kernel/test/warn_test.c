/* warn_test.c: reports of two CPUs at the same time are printed one after the other.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/test/lock_test.h"
#include "lib/string.h"

#define ROUNDS 10

/* Heard of the console, under its lock. */
static struct {
	char speaker; /* the last digit of the CPU whose line it is */
	char within;  /* and of the one whose report is open; 0: none is */
	unsigned int reports, mixed;
} heard;

static void hear_line(bool is_edge)
{
	if (!heard.within) {
		heard.within = is_edge ? heard.speaker : 0;
		return;
	}
	heard.mixed += heard.speaker != heard.within;
	if (is_edge) {
		heard.within = 0;
		heard.reports++;
	}
}

/* First comes `[    0.123456] cpu0: `, then the line, and then its end. */
static void hear(const char *text, size_t length)
{
	const char *end;

	if (text[0] == '[') {
		end = strnstr(text, ": ", length);
		heard.speaker = end ? end[-1] : 0;
	} else if (length > 1) {
		hear_line(strnstr(text, REPORT_LINE, length));
	}
}

static int reports(void *unused)
{
	for (int i = 0; i < ROUNDS; i++)
		warn_report("a report of warn_test");
	return 0;
}

static void report_on_two(void *unused)
{
	struct actor actors[2];

	for (u32 i = 0; i < 2; i++)
		REQUIRE(actor_start(&actors[i], reports, NULL, i));
	for (u32 i = 0; i < 2; i++)
		actor_join(&actors[i]);
}

TEST(warn_one_after_the_other)
{
	if (num_online_cpus() < 2)
		SKIP("one CPU has one report at a time");
	memset(&heard, 0, sizeof(heard));
	printk_flush();
	printk_set_tap(hear);
	EXPECT_EQ(warn_expect_anywhere(report_on_two, NULL, "a report of warn_test"), 2 * ROUNDS);
	printk_flush();
	printk_set_tap(NULL);
	EXPECT_EQ(heard.mixed, 0);
	EXPECT_EQ(heard.reports, 2 * ROUNDS);
}
