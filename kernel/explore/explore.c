/* explore.c: runs the scenarios, and says what was found.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/run.h"

#include <arch/clock.h>
#include <arch/console.h>
#include <arch/insn.h>
#include <arch/paging.h>

#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/timer.h"
#include "kernel/debug/symbols.h"
#include "kernel/explore/graph.h"
#include "kernel/explore/report.h"
#include "kernel/explore/search.h"
#include "kernel/explore/table.h"
#include "kernel/locking/spin/osq.h"
#include "kernel/main.h"
#include "kernel/mode.h"
#include "kernel/names.h"
#include "kernel/options.h"
#include "lib/format.h"
#include "lib/string.h"

#define CTRL_C 3

SCENARIO_NAME(quick);

static struct search_result result;

static bool interrupted; /* [a] by Ctrl-C */

static void receive(int c)
{
	if (c == CTRL_C)
		WRITE_ONCE(interrupted, true);
}

/* Now and then, interrupts on. */
static void end_if_interrupted(void)
{
	if (!READ_ONCE(interrupted))
		return;
	pr_plain("^C\n");
	run_end(VERDICT_FAIL);
}

bool explore_known(const char *name)
{
	for (const struct scenario *s = scenarios_start; s < scenarios_end; s++) {
		if (!strcmp(s->name, name) || (s->group && !strcmp(s->group, name)))
			return true;
	}
	return !strcmp(name, "quick");
}

void explore_print_names(void)
{
	pr_plain("  quick\n");
	for (const struct scenario *s = scenarios_start; s < scenarios_end; s++)
		pr_plain("  %s\n", s->name);
}

static const char *verdict_of(void)
{
	static char text[120];

	if (result.kind == WRONG) {
		snprintf(text, sizeof(text), "%s%s%s", report_fault(result.failure.fault),
			 result.ways ? ", found by a random walk" : "",
			 result.any_way ? ", with the fewest preemptions or not" : "");
	} else if (result.kind == TOO_MANY) {
		snprintf(text, sizeof(text), "NOT exhaustive: %s; %u random walks found nothing",
			 result.too_long ? "a way has too many steps" :
					   "too many states for the memory",
			 result.ways);
	} else {
		snprintf(text, sizeof(text), "nothing wrong is reachable%s",
			 result.bounded ? " with so few preemptions (NOT exhaustive)" : "");
	}
	return text;
}

static bool is_chosen(const struct scenario *scenario, const char *names)
{
	if (options.cpus && scenario->threads != options.cpus)
		return false;
	return name_in_list(scenario->name, names) ||
	       (scenario->group && name_in_list(scenario->group, names)) ||
	       (!scenario->slow && *names && name_in_list("quick", names));
}

/* For our tools. */
static void print_result(const struct scenario *scenario, bool tso, bool right)
{
	// Two lines: a line of the log has an end, and the verdict must not be behind it.
	pr_plain(
		"counted states=%u steps=%llu instructions=%llu executed=%llu restarts=%u locals=%u us=%llu\n",
		result.states, (unsigned long long)result.steps,
		(unsigned long long)result.instructions, (unsigned long long)result.executed,
		result.restarts, result.locals, (unsigned long long)result.ns / NSEC_PER_USEC);
	pr_plain("explored %s model=%s threads=%u preemptions=%u length=%u %s: %s\n",
		 scenario->name, tso ? "tso" : "sc", scenario->threads,
		 result.kind == WRONG ? result.preemptions : 0,
		 result.kind == WRONG ? result.length : 0, right ? "as it must" : "UNEXPECTED",
		 verdict_of());
	if (result.kind == WRONG) {
		pr_plain("failed thread=%u at %pS: %s\n", result.failure.thread,
			 (void *)result.failure.rip, result.failure.text);
		if (scenario->guard)
			pr_plain("guard %s\n", scenario->guard);
		report_watched(scenario);
		report_path(scenario, tso, result.path, result.length, false);
		report_token(scenario, result.path, result.length);
	}
}

/* Returns whether it came out as it must. */
static bool explore(const struct scenario *scenario, bool tso)
{
	bool broken = scenario->broken || (tso && scenario->needs_fence);
	bool wrong, right;

	search_run(scenario, tso, &result);
	wrong = result.kind == WRONG && result.failure.fault != FAULT_UNEXPLAINED;
	right = broken ? wrong : result.kind == EXHAUSTED;
	if (options.table)
		table_result(scenario, tso, &result, right, verdict_of());
	else
		print_result(scenario, tso, right);
	return right;
}

/* Whether the way that was replayed is the one that @searched ended with, since no thread ever ends from there: that only a
 * search can know. */
static bool is_endless(const struct search_result *searched)
{
	return searched->kind == WRONG && searched->failure.fault == FAULT_LIVELOCK &&
	       searched->length == result.length &&
	       !memcmp(searched->path, result.path, result.length);
}

/* Take the steps of @token in @scenario: VERDICT_PASS if that ends in what is wrong. What is a step depends on what
 * is shared, and that the search finds out. */
static enum verdict replay(const struct scenario *scenario, bool tso, const char *token)
{
	static struct search_result searched;
	enum outcome outcome;
	enum fault fault;
	bool found;

	search_run(scenario, tso, &result);
	searched = result;
	if (!report_parse_token(token, stage_actors(), &result)) {
		pr_plain("explore: replay=%s: give the steps of 0 to %u, as in 0x3,1x2\n", token,
			 stage_actors() - 1);
		return VERDICT_USAGE;
	}
	report_watched(scenario);
	outcome = report_path(scenario, tso, result.path, result.length, true);
	found = outcome == STEP_FAILED || (outcome == STEP_OK && is_endless(&searched));
	fault = outcome == STEP_FAILED ? stage_failure()->fault : FAULT_LIVELOCK;
	pr_plain("replayed %s threads=%u: %s\n", scenario->name, scenario->threads,
		 found                   ? report_fault(fault) :
		 outcome == STEP_RESTART ? "more is shared than the search found: no answer" :
					   "nothing is wrong up to here");
	return found && fault != FAULT_UNEXPLAINED ? VERDICT_PASS : VERDICT_FAIL;
}

/* In each model that is asked for. */
static bool is_modelled(bool tso)
{
	return !options.model[0] || !strcmp(options.model, tso ? "tso" : "sc");
}

/* Explore what is chosen in one model; @done: how many were before. Returns how many came out as they must. */
static u32 explore_all(const char *names, bool tso, u32 *done)
{
	u32 right = 0;

	for (const struct scenario *s = scenarios_start; s < scenarios_end; s++) {
		bool as_it_must;

		if (!is_chosen(s, names))
			continue;
		as_it_must = explore(s, tso);
		++*done;
		if (!options.table)
			pr_plain("%s %u explore_%s_%s\n", as_it_must ? "ok" : "not ok", *done,
				 s->name, tso ? "tso" : "sc");
		right += as_it_must;
	}
	return right;
}

enum verdict explore_prepare(void)
{
	if (!insn_init()) {
		pr_plain(
			"explore: this kernel has no table of its instructions: use make explore\n");
		return VERDICT_USAGE;
	}
	spin_max_looks = 0; // Each look more multiplies the states, and shows nothing new.
	// What the states themselves take comes out of the rest.
	if (!stage_init() || !search_init(graph_fits(page_free_count() * PAGE_SIZE / 2))) {
		pr_plain("explore: too little memory: give more, as in MEM=512M\n");
		return VERDICT_FAIL;
	}
	return VERDICT_PASS;
}

static enum verdict explore_run(const char *names, u64 seed)
{
	enum verdict prepared = explore_prepare();
	u32 n = 0, done = 0, right = 0;

	if (prepared != VERDICT_PASS)
		return prepared;
	search_limit((u32)options.bound, seed);
	if (options.then[0] && !console_irq_init(receive))
		search_breath = end_if_interrupted;
	for (const struct scenario *s = scenarios_start; s < scenarios_end; s++) {
		if (is_chosen(s, names) && options.replay[0])
			return replay(s, !is_modelled(false), options.replay);
		n += is_chosen(s, names);
	}
	if (!n) {
		pr_plain("explore: cpus=%lu leaves none of run=%s\n", options.cpus, names);
		return VERDICT_USAGE;
	}
	if (options.table)
		table_head();
	else
		pr_plain("KTAP version 1\n1..%u\n", n * (is_modelled(false) + is_modelled(true)));
	for (int tso = 0; tso <= 1; tso++) {
		if (is_modelled(tso))
			right += explore_all(names, tso, &done);
	}
	if (options.table)
		table_end(right, done);
	return right == done ? VERDICT_PASS : VERDICT_FAIL;
}

MODE(explore, .noun = "scenario", .known = explore_known, .print_names = explore_print_names,
     .run = explore_run);
