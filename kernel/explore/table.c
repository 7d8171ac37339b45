/* table.c: what was found, for people: a row a scenario; and the way to what is wrong, a column a thread.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/table.h"

#include <arch/insn.h>

#include "kernel/core/printk.h"
#include "kernel/debug/symbols.h"
#include "kernel/explore/report.h"
#include "kernel/explore/thread.h"
#include "kernel/names.h"
#include "kernel/options.h"
#include "lib/format.h"
#include "lib/string.h"

#define CELL_MAX 64

static u32 width; /* of a thread's column */

void table_head(void)
{
	pr_plain("%-24s %-5s %7s %8s %9s %8s  %s\n", "scenario", "model", "threads", "states",
		 "steps", "preempt.", "verdict");
}

void table_end(u32 right, u32 all)
{
	pr_plain("explore: %u as they must be, %u not\n", right, all - right);
}

/* ---- The steps ------------------------------------------------------------------------------------------------ */

static void name_datum(char *buf, size_t n, unsigned long address)
{
	struct symbol_info datum;

	if (!symbol_lookup(address, &datum))
		snprintf(buf, n, "0x%lx", address);
	else if (datum.offset)
		snprintf(buf, n, "%s+%lu", datum.function, datum.offset);
	else
		strscpy(buf, datum.function, n);
}

/* What becomes of the datum, seen from other CPUs. */
static void describe_access(char *buf, size_t n, const struct op *op, u64 before, u64 after)
{
	unsigned long long was = before, is = after;

	if (!op->size)
		strscpy(buf, "fence", n);
	else if (!(op->how & INSN_WRITE) || op->first_half)
		snprintf(buf, n, "reads %llx", was);
	else if ((op->how & INSN_LOCKED) || was != is)
		snprintf(buf, n, "%llx->%llx%s", was, is, op->how & INSN_LOCKED ? " locked" : "");
	else if (stage_tso && !op->model) // What it stores others see later.
		strscpy(buf, "stores", n);
	else
		snprintf(buf, n, "writes %llx", is);
}

void table_step(u32 number, u32 thread, const struct op *op, u64 before, u64 after)
{
	char datum[40] = "", access[48], cell[CELL_MAX + 1];
	struct symbol_info code = { .function = "?" };

	if (op->size)
		name_datum(datum, sizeof(datum), op->address);
	describe_access(access, sizeof(access), op, before, after);
	if (op->rip)
		symbol_lookup(op->rip, &code);
	if (op->model && !strcmp(op->model, "flush"))
		snprintf(cell, sizeof(cell), "%s %s is visible", datum, access);
	else if (op->model)
		snprintf(cell, sizeof(cell), "%s()", op->model);
	else
		snprintf(cell, sizeof(cell), "%s:%u %s %s", code.function, code.line, datum,
			 access);
	pr_plain("%4u  %*s%.*s\n", number, (int)(thread * (width + 2)), "", (int)width, cell);
}

static void print_way(const struct scenario *scenario, bool tso, const struct search_result *result)
{
	const struct failure *failure = &result->failure;
	char heads[PRINTK_LINE] = "";
	size_t used = 0;

	width = scenario->threads > 2 ? 30 : 36;
	pr_plain("%s: %s (thread %u)\n", report_fault(failure->fault), failure->text,
		 failure->thread);
	for (u32 t = 0; t < scenario->threads; t++)
		used += (size_t)scnprintf(heads + used, sizeof(heads) - used, "%*sthread %u",
					  t ? (int)width - 6 : 0, "", t);
	pr_plain("   #  %s\n", heads);
	report_path(scenario, tso, result->path, result->length, false);
	report_token(scenario, result->path, result->length);
}

void table_token(const struct scenario *scenario, const char *part, bool first)
{
	if (first)
		pr_plain("again, on the host: make explore SCENARIO=%s%s REPLAY=%s\n",
			 scenario->name, stage_tso ? " MODEL=tso" : "", part);
	else
		pr_plain("  and, without a space between: %s\n", part);
}

/* Of what is wrong in both models the way is shown in the first. */
static bool is_shown(const struct scenario *scenario, bool tso, bool right)
{
	bool again = tso && scenario->broken && !options.model[0];

	return !right || (*options.run && !again && strcmp(options.run, "all") &&
			  name_in_list(scenario->name, options.run));
}

void table_result(const struct scenario *scenario, bool tso, const struct search_result *result,
		  bool right, const char *verdict)
{
	char preemptions[12] = "-";

	if (result->kind == WRONG)
		snprintf(preemptions, sizeof(preemptions), "%u", result->preemptions);
	pr_plain("%-24s %-5s %7u %8u %9llu %8s  %s%s\n", scenario->name, tso ? "tso" : "sc",
		 scenario->threads, result->states, (unsigned long long)result->steps, preemptions,
		 verdict, right ? "" : "  UNEXPECTED");
	if (result->kind == WRONG && is_shown(scenario, tso, right))
		print_way(scenario, tso, result);
}
