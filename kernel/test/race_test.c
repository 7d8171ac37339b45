/* race_test.c: makes two threads meet until the race detector has seen them, or should have.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/race_test.h"

#include "lib/string.h"

/* For so many races of two functions a test waits: for a proof that there are none, and that there are. */
#define OFTEN    20
#define NOT_ONCE 2

#define WATCH 40UL /* one of so many accesses is watched meanwhile, in all of the kernel */

static struct race_expectation *expected; /* [a] */
static unsigned long usual_skip;

static bool is_in(const struct race_side *side, const char *function)
{
	return !strcmp(race_side_function(side), function);
}

static bool is_expected(const struct race_expectation *expectation,
			const struct race_report *report)
{
	const struct race_side *a = &report->watcher, *b = &report->other;

	// Who was about to access when the watch began has looked already, and remains unknown.
	if (!report->other_known)
		return is_in(a, expectation->f) || (expectation->g && is_in(a, expectation->g));
	if (!expectation->g)
		return false;
	return (is_in(a, expectation->f) && is_in(b, expectation->g)) ||
	       (is_in(b, expectation->f) && is_in(a, expectation->g));
}

/* Two CPUs may report at a time: the copy is for one, and whoever comes in between is only counted. */
static bool count_expected(const struct race_report *report, bool first)
{
	struct race_expectation *expectation = READ_ONCE(expected);
	static atomic_t copying;

	if (!expectation || !is_expected(expectation, report))
		return false;
	if (!report->other_known && expectation->g)
		return true;
	if (!atomic_xchg(&copying, 1)) {
		expectation->report = *report;
		atomic_set_release(&copying, 0);
	}
	if (first)
		atomic_inc(&expectation->first);
	atomic_inc(&expectation->seen);
	return true;
}

void expect_race_begin(struct race_expectation *expectation, const char *f, const char *g)
{
	*expectation = (struct race_expectation){ .f = f, .g = g };
	WRITE_ONCE(expected, expectation);
	race_set_filter(count_expected);
	usual_skip = race_set_skip(WATCH);
}

unsigned int expect_race_end(struct race_expectation *expectation)
{
	race_set_skip(usual_skip);
	race_set_filter(NULL);
	WRITE_ONCE(expected, NULL);
	return (unsigned int)atomic_read(&expectation->seen);
}

/* ---- Meeting --------------------------------------------------------------------------------- */

struct guest {
	struct actor actor;
	void (*fn)(void);
	void (*also)(void);
	unsigned int times; /* @also is called after each call of @fn */
	bool end;           /* [a] */
};

static int guest_run(void *arg)
{
	struct guest *guest = arg;

	while (!READ_ONCE(guest->end)) {
		guest->fn();
		for (unsigned int i = 0; i < guest->times; i++)
			guest->also();
	}
	return 0;
}

/* Let @guests meet on two CPUs until the expected race was seen @often times. Returns whether it was. */
static bool meet(struct guest *guests, struct race_expectation *expectation, int often)
{
	bool seen = false;

	if (actor_start(&guests[0].actor, guest_run, &guests[0], test_cpu(0)) &&
	    actor_start(&guests[1].actor, guest_run, &guests[1], test_cpu(1)))
		seen = WAIT_UNTIL(atomic_read(&expectation->seen) >= often);
	for (int i = 0; i < 2; i++) {
		WRITE_ONCE(guests[i].end, true);
		actor_join(&guests[i].actor);
	}
	return seen;
}

bool races_between(struct race_expectation *expectation, void (*f)(void), const char *f_name,
		   void (*g)(void), const char *g_name)
{
	struct guest guests[2] = { { .fn = f }, { .fn = g } };
	bool seen;

	expect_race_begin(expectation, f_name, g_name);
	seen = meet(guests, expectation, NOT_ONCE);
	expect_race_end(expectation);
	if (!seen)
		test_note("%s() and %s() were not seen to race", f_name, g_name ?: "somebody");
	return seen;
}

/* What the same threads do besides, and are seen at: a proof that they met. */
static unsigned long control;

static noinline void control_write(void)
{
	control++;
}

static noinline void control_read(void)
{
	READ_ONCE(control);
}

bool races_not(void (*f)(void), void (*g)(void), unsigned int others)
{
	struct guest guests[2] = { { .fn = f, .also = control_write, .times = others },
				   { .fn = g, .also = control_read, .times = others } };
	struct race_expectation expectation;
	bool seen;

	expect_race_begin(&expectation, "control_write", "control_read");
	seen = meet(guests, &expectation, OFTEN);
	expect_race_end(&expectation);
	return seen;
}
