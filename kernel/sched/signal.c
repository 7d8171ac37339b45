/* signal.c: making signals pending, and waking who listens to them.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/sched/signal.h"

#include "kernel/sched/sched.h"
#include "lib/errno.h"

static bool signal_valid(int sig)
{
	return sig >= 1 && sig <= _NSIG;
}

void allow_signal(int sig)
{
	if (signal_valid(sig))
		set_bit(sig - 1, &current->signals_allowed);
}

void disallow_signal(int sig)
{
	if (signal_valid(sig)) {
		clear_bit(sig - 1, &current->signals_allowed);
		clear_bit(sig - 1, &current->signals);
	}
}

int send_sig(int sig, struct task_struct *task, int priv)
{
	unsigned int wakes = TASK_INTERRUPTIBLE;

	if (!sig)
		return 0;
	if (!signal_valid(sig))
		return -EINVAL;
	if (!test_bit(sig - 1, &task->signals_allowed))
		return 0;
	if (sig == SIGKILL)
		wakes |= TASK_WAKEKILL;
	// A locked operation: the signal is seen by whom the wake-up finds still awake, see [S].
	set_bit(sig - 1, &task->signals);
	wake_up_state(task, wakes);
	return 0;
}

void flush_signals(struct task_struct *task)
{
	WRITE_ONCE(task->signals, 0);
}

int kernel_dequeue_signal(void)
{
	unsigned long pending;

	while ((pending = READ_ONCE(current->signals)) != 0) {
		int bit = (int)__ffs(pending);

		if (test_and_clear_bit(bit, &current->signals))
			return bit + 1;
	}
	return 0;
}
