/* wait_report.h: what is said of threads that wait for one another, or for too long.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/wait_graph.h"

/*
 * wait_graph_report - print who waits for whom at this moment, and each circle with the stacks of its threads.
 *   For the end of a run that hangs, and for whoever wants to know. Returns how many circles there are.
 * Never sleeps. Any context but NMI.
 */
unsigned int wait_graph_report(void);

/*
 * wait_describe - in words, into @buf, what @task waits for, who holds that, and since when it waits (by the log's clock). Returns the length.
 * wait_report_circle - report the circle, with stacks. wait_report_hung - report that @task has been blocked for
 *   @seconds. wait_print_thread - print what a thread does: a line, what it holds, its stack.
 * Never sleep. Any context but NMI; caller has the list of threads locked.
 */
int wait_describe(struct task_struct *task, char *buf, size_t n);
void wait_report_circle(const struct wait_circle *circle);
void wait_report_hung(struct task_struct *task, unsigned long seconds);
void wait_print_thread(struct task_struct *task);

/* wait_print_holder - the same of @task, if it is still there. Any context but NMI; the list of threads is not locked. */
void wait_print_holder(const struct task_struct *task);

/* wait_describe_pid - as wait_describe(), of thread @pid, and what it holds; 0: there is none. Any context but NMI; the list of
 * threads is not locked. */
int wait_describe_pid(int pid, char *buf, size_t n);
