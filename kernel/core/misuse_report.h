/* misuse_report.h: who prints what misuse() says.
 * SPDX-License-Identifier: MIT
 */
#pragma once

struct task_struct;

/*
 * misuse_report_init - from now on misuse is reported, and the run goes on. Boot, once.
 * misuse_register_holder - who prints what the thread does that a report of misuse names, if it is still there:
 *   whoever knows threads, which is above. Called in any context. Boot, once.
 */
void misuse_report_init(void);
void misuse_register_holder(void (*print)(const struct task_struct *holder));
