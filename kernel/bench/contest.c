/* contest.c: what a lock lets through when several CPUs want it all the time, and how fairly.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A contest is one row, a number of threads, each on a CPU of its own, and a section, for a short while.
 *   Each thread takes the lock, counts, stays inside as long as the section says, releases it, and looks
 *   at its CPU's time-stamp counter: outside, and at nothing that it shares with the others, so that
 *   the measuring does not make the section longer.
 *   The counter inside numbers the visits: what it gains from just before a thread takes the lock to
 *   the thread's own visit is how often others were served while that one waited. (With a lock that
 *   serves in order that is fewer than there are threads, but for a thread that the host stops between
 *   looking at the counter and joining the queue.) Its end is the sum of all visits, or the lock does
 *   not exclude.
 *   The section is a number of turns of an empty loop, which take 10 us on an unhindered CPU, and not
 *   10 us by the clock: a holder that the host stops still has its work to do.
 */
#include <arch/clock.h>
#include <arch/cpu.h>

#include "kernel/bench/bench.h"
#include "kernel/core/timer.h"
#include "kernel/base/cpu.h"
#include "kernel/locking/sleep/completion.h"
#include "lib/format.h"

#define MAX_THREADS 8
#define ALONE_NS    (20 * NSEC_PER_MSEC)  /* how long one thread is at it */
#define CONTEST_NS  (150 * NSEC_PER_MSEC) /* and several: long beside the host's time slices */
#define SECTION_NS  (10 * NSEC_PER_USEC)
#define CALIBRATION 20
#define LINE        256

/* [I] of a contest [l] under the lock that is contended for [a] atomic */
static struct {
	const struct bench *row;    /* [I] */
	unsigned int threads;       /* [I] */
	unsigned long work;         /* [I] turns of work() in a section */
	u64 window_ns;              /* [I] how long it lasts */
	u64 ticks;                  /* [I] the same, of the time-stamp counter */
	atomic_t arrived;           /* [a] threads at the start */
	struct completion all_done; /* an event a thread */
	struct bench_visitor visitors[MAX_THREADS];
	u64 served __aligned(64); /* [l] visits */
} contest;

static unsigned long turns_in_section; /* [I] of work(), in SECTION_NS */

static noinline void work(unsigned long turns)
{
	for (; turns; turns--)
		barrier();
}

void bench_inside(struct bench_visitor *visitor)
{
	u64 serial = contest.served + 1;

	contest.served = serial;
	visitor->passed = max(visitor->passed, serial - visitor->serial - 1);
	work(contest.work);
}

void bench_inside_shared(struct bench_visitor *visitor)
{
	work(contest.work);
}

u64 bench_visits(void)
{
	return READ_ONCE(contest.served);
}

/* The best of a few: turns that take SECTION_NS when nothing hinders this CPU. */
void bench_contests_init(void)
{
	unsigned long turns = 100000;
	u64 best = ~0ULL;

	for (unsigned int i = 0; i < CALIBRATION; i++) {
		u64 start = clock_ns();

		work(turns);
		best = min(best, clock_ns() - start);
	}
	turns_in_section = (unsigned long)(turns * SECTION_NS / max(best, 1ULL));
}

static void visit_until(struct bench_visitor *visitor, u64 end)
{
	u64 now;

	do {
		visitor->serial = bench_visits();
		contest.row->contest(visitor);
		now = rdtsc_ordered();
		visitor->longest = max(visitor->longest, now - visitor->last);
		visitor->last = now;
		visitor->visits++;
		visitor->in_time += now < end;
	} while (now < end);
}

static int contender(void *arg)
{
	struct bench_visitor *visitor = arg;

	atomic_inc(&contest.arrived);
	while (atomic_read(&contest.arrived) < (int)contest.threads)
		cpu_relax();
	visitor->last = rdtsc_ordered();
	visit_until(visitor, visitor->last + contest.ticks);
	complete(&contest.all_done);
	return 0;
}

static void start_contenders(void)
{
	unsigned int n = 0;
	u32 cpu;

	for_each_online_cpu(cpu) {
		if (n == contest.threads)
			break;
		contest.visitors[n] = (struct bench_visitor){ 0 };
		bench_start(contender, &contest.visitors[n++], cpu);
	}
}

/* Ticks of the time-stamp counter in a second: only ratios of times need be right. */
static u64 ticks_per_second(void)
{
	static u64 ticks;
	u64 start;

	if (ticks)
		return ticks;
	start = rdtsc_ordered();
	clock_delay_ns(NSEC_PER_SEC / 100);
	ticks = 100 * (rdtsc_ordered() - start);
	return ticks;
}

static bool print_contest(void)
{
	u64 longest = 0, passed = 0, visits = 0;
	char counts[LINE];
	size_t used = 0;

	for (unsigned int i = 0; i < contest.threads; i++) {
		const struct bench_visitor *visitor = &contest.visitors[i];

		longest = max(longest, visitor->longest);
		passed = max(passed, visitor->passed);
		visits += visitor->visits;
		used += (size_t)scnprintf(counts + used, sizeof(counts) - used, "%s%llu",
					  i ? "," : "", (unsigned long long)visitor->in_time);
	}
	pr_plain("contest %s threads=%u section_ns=%llu window_ns=%llu wait_us=%llu passed=%llu "
		 "counts=%s\n",
		 contest.row->name, contest.threads, contest.work ? SECTION_NS : 0ULL,
		 (unsigned long long)contest.window_ns,
		 (unsigned long long)(longest * 1000 / (ticks_per_second() / 1000)),
		 (unsigned long long)passed, counts);
	if (contest.row->shared || visits == contest.served)
		return true;
	pr_plain("bench: %s lost updates: %llu visits counted to %llu\n", contest.row->name,
		 (unsigned long long)visits, (unsigned long long)contest.served);
	return false;
}

static bool hold_contest(const struct bench *row, unsigned int threads, unsigned long turns)
{
	contest.row = row;
	contest.threads = threads;
	contest.work = turns;
	contest.window_ns = threads == 1 ? ALONE_NS : CONTEST_NS;
	contest.ticks = contest.window_ns * (ticks_per_second() / 1000) / NSEC_PER_MSEC;
	contest.served = 0;
	atomic_set(&contest.arrived, 0);
	init_completion(&contest.all_done);
	start_contenders();
	for (unsigned int i = 0; i < threads; i++)
		wait_for_completion(&contest.all_done);
	return print_contest();
}

bool bench_contests(void)
{
	const struct bench *row;
	unsigned int most = min(num_online_cpus(), MAX_THREADS + 0U);
	bool right = true;

	for (unsigned int threads = 1; threads <= most; threads *= 2) {
		for_each_bench(row, contest)
		{
			right &= hold_contest(row, threads, 0);
			right &= hold_contest(row, threads, turns_in_section);
		}
	}
	return right;
}
