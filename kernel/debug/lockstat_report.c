/* lockstat_report.c: the statistics of locks, switched and printed.
 * SPDX-License-Identifier: MIT
 *
 * First the table of Linux's /proc/lock_stat: a row a class, or one each for its writers (-W) and readers (-R) if
 * it had both, those with the most contentions first; times in microseconds. Under a row whose lock was waited
 * for, the places that had to wait, and then those that had the lock meanwhile.
 * Then, of what was waited for, what Linux does not count: by which path the lock was taken, and histograms of
 * how long it was waited for and held.
 */
#include "kernel/debug/lockstat_report.h"

#include "kernel/core/page.h"
#include "kernel/core/printk.h"
#include "kernel/core/smpcall.h"
#include "kernel/locking/lockdep_internal.h"
#include "kernel/locking/lockstat.h"
#include "lib/bits.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#if CONFIG_CHECKED

#define NAME_WIDTH 40
#define WIDTH      14
#define COLUMNS    12
#define TOP_POINTS 4
#define BAR        30 /* characters of a histogram's longest bar */

/* What the rows are sorted by. */
struct entry {
	u64 contentions;
	u64 acquisitions;
	u16 class;
};

static struct entry entries[LOCKSTAT_CLASSES]; /* of the thread that prints */

static int give_memory(u32 cpu)
{
	size_t size = lockstat_cpu_size();
	void *memory = page_alloc((unsigned int)fls64((size - 1) / PAGE_SIZE));

	if (!memory)
		return -ENOMEM;
	memset(memory, 0, size);
	lockstat_cpu_give(cpu, memory);
	return 0;
}

int lock_stat_start(void)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		if (!lockstat_cpu_has(cpu) && give_memory(cpu))
			return -ENOMEM;
	}
	WRITE_ONCE(lock_stat, 1);
	return 0;
}

void lock_stat_stop(void)
{
	WRITE_ONCE(lock_stat, 0);
}

void lock_stat_clear(void)
{
	on_each_cpu(lockstat_cpu_clear, NULL, true);
}

/* ---- The table ---- */

static void print_rule(char c, u32 n)
{
	char line[PRINTK_LINE];

	n = min_t(u32, n, sizeof(line) - 1);
	for (u32 i = 0; i < n; i++)
		line[i] = c;
	line[n] = '\0';
	pr_plain("%s\n", line);
}

static void print_heads(void)
{
	static const char *const heads[COLUMNS] = {
		"con-bounces",    "contentions",  "waittime-min",   "waittime-max",
		"waittime-total", "waittime-avg", "acq-bounces",    "acquisitions",
		"holdtime-min",   "holdtime-max", "holdtime-total", "holdtime-avg",
	};
	char line[PRINTK_LINE];
	size_t used = (size_t)scnprintf(line, sizeof(line), "%*s", NAME_WIDTH + 1, "class name");

	for (u32 i = 0; i < COLUMNS; i++)
		used += (size_t)scnprintf(line + used, sizeof(line) - used, " %*s", WIDTH,
					  heads[i]);
	print_rule('-', (u32)used);
	pr_plain("%s\n", line);
	print_rule('-', (u32)used);
}

struct name {
	char text[64];
};

/* @mode: "-W", "-R", or "". */
static struct name name_of(u16 number, const char *mode)
{
	const struct lock_class *class = &lockdep_classes[number];
	struct name name = { "" };

	if (class->subclass)
		snprintf(name.text, sizeof(name.text), "%.32s/%u%s", class->name, class->subclass,
			 mode);
	else
		snprintf(name.text, sizeof(name.text), "%.34s%s", class->name, mode);
	return name;
}

/* Microseconds with two decimals. */
static size_t put_us(char *line, size_t size, u64 ns)
{
	char text[WIDTH + 8];

	snprintf(text, sizeof(text), "%llu.%02llu", (unsigned long long)(ns / 1000),
		 (unsigned long long)(ns % 1000 / 10));
	return (size_t)scnprintf(line, size, " %*s", WIDTH, text);
}

static size_t put_times(char *line, size_t size, u64 bounces, const struct lockstat_times *times)
{
	size_t used = (size_t)scnprintf(line, size, " %*llu %*llu", WIDTH,
					(unsigned long long)bounces, WIDTH,
					(unsigned long long)times->n);

	used += put_us(line + used, size - used, times->min);
	used += put_us(line + used, size - used, times->max);
	used += put_us(line + used, size - used, times->total);
	used += put_us(line + used, size - used, times->n ? times->total / times->n : 0);
	return used;
}

void lock_stat_format(char *line, size_t size, const char *name, const struct lockstat_row *row)
{
	size_t used = (size_t)scnprintf(line, size, "%*s:", NAME_WIDTH, name);

	used += put_times(line + used, size - used, row->con_bounces, &row->wait);
	put_times(line + used, size - used, row->acq_bounces, &row->hold);
}

static void print_row(u16 class, const char *mode, const struct lockstat_row *row)
{
	char line[PRINTK_LINE];

	lock_stat_format(line, sizeof(line), name_of(class, mode).text, row);
	pr_plain("%s\n", line);
}

static void print_points(u16 class, bool holders)
{
	struct lockstat_point top[TOP_POINTS];
	u32 n = lockstat_top(class, holders, top, TOP_POINTS);

	if (n)
		pr_plain("%*s %s\n", NAME_WIDTH, "", "---------");
	for (u32 i = 0; i < n; i++)
		pr_plain("%*s %*llu %s at [<%016lx>] %pS\n", NAME_WIDTH, name_of(class, "").text,
			 WIDTH, (unsigned long long)top[i].n, holders ? "held" : "waited",
			 top[i].where, (void *)top[i].where);
}

static bool is_used(const struct lockstat_row *row)
{
	return row->wait.n || row->hold.n;
}

static void print_class(u16 class)
{
	struct lockstat_row write = lockstat_sum(class, false);
	struct lockstat_row read = lockstat_sum(class, true);

	if (is_used(&write))
		print_row(class, is_used(&read) ? "-W" : "", &write);
	if (is_used(&read))
		print_row(class, is_used(&write) ? "-R" : "", &read);
	print_points(class, false);
	print_points(class, true);
}

/* ---- What Linux does not count ---- */

/* "64 us": 2^(LOCKSTAT_FIRST + @bucket) ns, about. */
static struct name bound_of(u32 bucket)
{
	u64 ns = 1ULL << (LOCKSTAT_FIRST + bucket);
	struct name name = { "" };

	if (bucket == LOCKSTAT_BUCKETS - 1)
		snprintf(name.text, sizeof(name.text), "more");
	else if (ns < 1024)
		snprintf(name.text, sizeof(name.text), "%llu ns", (unsigned long long)ns);
	else if (ns < 1024 * 1024)
		snprintf(name.text, sizeof(name.text), "%llu us", (unsigned long long)(ns >> 10));
	else
		snprintf(name.text, sizeof(name.text), "%llu ms", (unsigned long long)(ns >> 20));
	return name;
}

static u32 most_in(const struct lockstat_times *times)
{
	u32 most = 1;

	for (u32 i = 0; i < LOCKSTAT_BUCKETS; i++)
		most = max(most, times->log2[i]);
	return most;
}

static struct name bar_of(u32 n, u32 most)
{
	u32 length = (u32)(((u64)n * BAR + most - 1) / most);
	struct name bar;

	for (u32 i = 0; i < length; i++)
		bar.text[i] = '#';
	bar.text[length] = '\0';
	return bar;
}

static void print_histogram(const struct lockstat_row *row)
{
	u32 most_wait = most_in(&row->wait), most_hold = most_in(&row->hold);

	pr_plain("  %10s  %10s %-*s %10s\n", "less than", "waited", BAR, "", "held");
	for (u32 i = 0; i < LOCKSTAT_BUCKETS; i++) {
		u32 waited = row->wait.log2[i], held = row->hold.log2[i];

		if (waited || held)
			pr_plain("  %10s  %10u %-*s %10u %s\n", bound_of(i).text, waited, BAR,
				 bar_of(waited, most_wait).text, held,
				 bar_of(held, most_hold).text);
	}
}

static void print_paths(u16 class, const char *mode, const struct lockstat_row *row)
{
	if (!row->wait.n)
		return;
	pr_plain(
		"\n%s: taken at once %llu, spinning %llu, from the wait list %llu; %llu looks while it was held\n",
		name_of(class, mode).text, (unsigned long long)row->paths[LOCKSTAT_FAST],
		(unsigned long long)row->paths[LOCKSTAT_SPUN],
		(unsigned long long)row->paths[LOCKSTAT_SLEPT], (unsigned long long)row->spins);
	print_histogram(row);
}

static void print_more(u16 class)
{
	struct lockstat_row write = lockstat_sum(class, false);
	struct lockstat_row read = lockstat_sum(class, true);

	print_paths(class, is_used(&read) ? "-W" : "", &write);
	print_paths(class, is_used(&write) ? "-R" : "", &read);
}

/* ---- All of it ---- */

static bool goes_before(const struct entry *a, const struct entry *b)
{
	if (a->contentions != b->contentions)
		return a->contentions > b->contentions;
	return a->acquisitions > b->acquisitions;
}

/* Fill entries[] with the classes that were used, in order. Returns how many. */
static u32 sort_entries(void)
{
	u32 n = 0;

	for (u16 class = 1; class < LOCKSTAT_CLASSES; class ++) {
		struct lockstat_row write = lockstat_sum(class, false);
		struct lockstat_row read = lockstat_sum(class, true);
		struct entry entry = { write.wait.n + read.wait.n, write.hold.n + read.hold.n,
				       class };
		u32 at;

		if (!lockdep_classes[class].key || !(entry.contentions + entry.acquisitions))
			continue;
		for (at = n++; at > 0 && goes_before(&entry, &entries[at - 1]); at--)
			entries[at] = entries[at - 1];
		entries[at] = entry;
	}
	return n;
}

void lock_stat_print(void)
{
	int before = READ_ONCE(lock_stat);
	u64 lost = lockstat_lost();
	u32 n;

	WRITE_ONCE(lock_stat, 0); // Printing takes locks too.
	n = sort_entries();
	pr_plain("lock_stat version 0.4\n");
	if (!READ_ONCE(debug_locks))
		pr_plain(
			"*WARNING* the validator has been turned off: since then nothing was counted\n");
	print_heads();
	for (u32 i = 0; i < n; i++)
		print_class(entries[i].class);
	for (u32 i = 0; i < n; i++)
		print_more(entries[i].class);
	if (lost)
		pr_plain("%llu events were not counted: there is room for %u classes\n",
			 (unsigned long long)lost, LOCKSTAT_CLASSES);
	WRITE_ONCE(lock_stat, before);
}

#endif
