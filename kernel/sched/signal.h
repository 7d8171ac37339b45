/* signal.h: signals, as far as sleeping threads can be interrupted by them.
 * SPDX-License-Identifier: MIT
 *
 * A kernel thread listens to no signal until it says allow_signal(), as in Linux. There are no
 * handlers: a signal that is pending ends interruptible sleeps with -EINTR, until it is flushed.
 */
#pragma once

#include "kernel/sched/task.h"

#define SIGHUP    1
#define SIGINT    2
#define SIGQUIT   3
#define SIGILL    4
#define SIGTRAP   5
#define SIGABRT   6
#define SIGBUS    7
#define SIGFPE    8
#define SIGKILL   9
#define SIGUSR1   10
#define SIGSEGV   11
#define SIGUSR2   12
#define SIGPIPE   13
#define SIGALRM   14
#define SIGTERM   15
#define SIGSTKFLT 16
#define SIGCHLD   17
#define SIGCONT   18
#define SIGSTOP   19
#define SIGTSTP   20
#define SIGTTIN   21
#define SIGTTOU   22
#define SIGURG    23
#define SIGXCPU   24
#define SIGXFSZ   25
#define SIGVTALRM 26
#define SIGPROF   27
#define SIGWINCH  28
#define SIGIO     29
#define SIGPWR    30
#define SIGSYS    31
#define SIGRTMIN  32
#define SIGRTMAX  _NSIG

/* Why a SIGIO comes. */
#define POLL_IN  1
#define POLL_OUT 2
#define POLL_MSG 3
#define POLL_ERR 4
#define POLL_PRI 5
#define POLL_HUP 6

#define SI_USER   0
#define SI_KERNEL 0x80
#define SI_QUEUE  (-1)

/* What is known of a signal besides its number. Nobody here asks for it. */
typedef struct kernel_siginfo {
	int si_signo;
	int si_errno;
	int si_code;
	int si_pid;
	unsigned int si_uid;
	int si_int;
	void *si_ptr;
} kernel_siginfo_t;

#define SEND_SIG_NOINFO ((struct kernel_siginfo *)0)
#define SEND_SIG_PRIV   ((struct kernel_siginfo *)1)

/* allow_signal, disallow_signal - listen to signal @sig, or not. Thread context; never sleep. */
void allow_signal(int sig);
void disallow_signal(int sig);

/*
 * send_sig - make @sig pending for @task, if it listens to it, and end its interruptible sleep.
 * Never sleeps. Any context but NMI; caller makes sure that @task is not freed meanwhile.
 * @priv is Linux's and means nothing here. Signal 0 is none: nothing happens. Returns 0 or -EINVAL.
 */
int send_sig(int sig, struct task_struct *task, int priv);

/* send_sig_info - the same; @info is not kept. */
static inline int send_sig_info(int sig, struct kernel_siginfo *info, struct task_struct *task)
{
	return send_sig(sig, task, 0);
}

/* flush_signals - forget what is pending. Thread context, for the thread itself; never sleeps. */
void flush_signals(struct task_struct *task);

/* kernel_dequeue_signal - take the pending signal with the lowest number. Thread context; never sleeps. Returns it, or 0. */
int kernel_dequeue_signal(void);

/* signal_pending - whether an interruptible sleep of @task would end at once. Any context. */
static inline bool signal_pending(const struct task_struct *task)
{
	return READ_ONCE(task->signals) != 0;
}

/* fatal_signal_pending - the same for SIGKILL, which ends killable sleeps too. */
static inline bool fatal_signal_pending(const struct task_struct *task)
{
	return test_bit(SIGKILL - 1, &task->signals);
}

/* signal_pending_state - the same for a sleep in @state. */
static inline bool signal_pending_state(unsigned int state, const struct task_struct *task)
{
	if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) || !signal_pending(task))
		return false;
	return (state & TASK_INTERRUPTIBLE) || fatal_signal_pending(task);
}
