/* report.h: what is printed of a scenario: its data, its steps, and the token that repeats them.
 * SPDX-License-Identifier: MIT
 *
 * tools/explore.py reads these lines and makes tables of them.
 */
#pragma once

#include "kernel/explore/search.h"

/*
 * report_fault - the name of @fault.
 * report_watch - the data that are shown, up to one without a name: what watch= on the command line says, or else the
 *   scenario. report_watched - print their names. report_value - the first 8 bytes of one.
 * report_step - let @actor take step @number, and print it, and what it did to the data.
 * report_path - set @scenario up anew and take the @length steps of @path; @stops: by way of explore_last_step().
 * report_token - print @path as text. report_parse_token - read that, into @result->path; false if it is none.
 * Never sleep. report_step(): between stage_enter() and stage_leave().
 */
const char *report_fault(enum fault fault);
const struct watched *report_watch(const struct scenario *scenario);
void report_watched(const struct scenario *scenario);
u64 report_value(const struct watched *watch);
enum outcome report_step(const struct scenario *scenario, u32 number, u32 actor);
enum outcome report_path(const struct scenario *scenario, bool tso, const u8 *path, u32 length,
			 bool stops);
void report_token(const struct scenario *scenario, const u8 *path, u32 length);
bool report_parse_token(const char *token, u32 actors, struct search_result *result);

/* explore_last_step - does nothing: gdb stops here, before @actor takes the last step of a replay. */
void explore_last_step(u32 actor);
