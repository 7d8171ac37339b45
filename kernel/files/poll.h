/* poll.h: waiting until a file can be read or written.
 * SPDX-License-Identifier: MIT
 *
 * A module's poll() says by poll_wait() which queues it will wake, and returns what is possible now. Who calls it sleeps in
 * these queues, and calls it again when woken (calls.c).
 */
#pragma once

#include "kernel/files/file.h"
#include "kernel/locking/sleep/wait.h"

#define POLLIN     0x0001
#define POLLPRI    0x0002
#define POLLOUT    0x0004
#define POLLERR    0x0008
#define POLLHUP    0x0010
#define POLLNVAL   0x0020
#define POLLRDNORM 0x0040
#define POLLRDBAND 0x0080
#define POLLWRNORM 0x0100
#define POLLWRBAND 0x0200

#define EPOLLIN     ((__poll_t)POLLIN)
#define EPOLLPRI    ((__poll_t)POLLPRI)
#define EPOLLOUT    ((__poll_t)POLLOUT)
#define EPOLLERR    ((__poll_t)POLLERR)
#define EPOLLHUP    ((__poll_t)POLLHUP)
#define EPOLLRDNORM ((__poll_t)POLLRDNORM)
#define EPOLLWRNORM ((__poll_t)POLLWRNORM)

#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

/* _qproc: what poll_wait() does: NULL, when nobody will sleep. */
typedef struct poll_table_struct {
	void (*_qproc)(struct file *file, struct wait_queue_head *queue,
		       struct poll_table_struct *table);
} poll_table;

/* poll_wait - who polls will sleep in @queue. For a module's poll(). May sleep. Thread context. */
static inline void poll_wait(struct file *file, struct wait_queue_head *queue, poll_table *table)
{
	if (table && table->_qproc && queue)
		table->_qproc(file, queue, table);
}

/*
 * vfs_poll - what is possible with @file now, by the module's poll(), which joins its queues by @table; everything if it has none.
 *   May sleep. Thread context.
 */
__poll_t vfs_poll(struct file *file, poll_table *table);
