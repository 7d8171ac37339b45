# sources.mk: the explorer, and its scenarios. Part of the Makefile's list.
# SPDX-License-Identifier: MIT

SRCS += $(addprefix kernel/explore/, \
	memory.c visible.c thread.c deed.c stage.c begin.c model.c local.c state.c graph.c \
	moves.c search.c walk.c object.c report.c table.c play.c explore.c litmus.c)
SRCS += $(addprefix kernel/explore/scenario_, \
	self.c moves.c spin.c rw.c irq.c sleep.c mutex.c rwsem.c rt.c wait.c queue.c handler.c memory.c \
	thread.c deferred.c callback.c work.c \
	lockless.c sched.c)
