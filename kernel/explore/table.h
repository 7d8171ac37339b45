/* table.h: what was found, for people at the serial line (table=1): as tools/explore.py shows it elsewhere.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/explore/search.h"

/*
 * table_head - the heads of the columns. table_result - a row for @scenario: @verdict, and whether it is the @right one; and, if it is
 *   one of those that were asked for by name, or is not right, the steps to what is wrong, which report_path() takes.
 * table_end - of @all that were explored so many came out @right.
 * table_token - a part of the token that repeats the steps, the @first or another one.
 * table_step - the row of step @number, by @thread: @op, and what its datum was and is.
 * Never sleep. Thread context.
 */
void table_head(void);
void table_end(u32 right, u32 all);
void table_token(const struct scenario *scenario, const char *part, bool first);
void table_result(const struct scenario *scenario, bool tso, const struct search_result *result,
		  bool right, const char *verdict);
void table_step(u32 number, u32 thread, const struct op *op, u64 before, u64 after);
