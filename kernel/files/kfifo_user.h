/* kfifo_user.h: fifos that programs fill and empty.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/kfifo.h"
#include "kernel/files/uaccess.h"

/*
 * kfifo_from_user - put @size bytes of a program's into @fifo, as far as there is room; kfifo_to_user - the other way round. How many were
 *   moved is stored to *@copied. May sleep. Thread context; one writer, one reader. Return 0, or -EFAULT, with nothing moved then.
 */
#define kfifo_from_user(fifo, from, size, copied)                                                  \
	__kfifo_from_user(&(fifo)->kfifo, (from), (size), (copied))
#define kfifo_to_user(fifo, to, size, copied)                                                      \
	__kfifo_to_user(&(fifo)->kfifo, (to), (size), (copied))
int __kfifo_from_user(struct __kfifo *fifo, const void __user *from, unsigned long size,
		      unsigned int *copied);
int __kfifo_to_user(struct __kfifo *fifo, void __user *to, unsigned long size,
		    unsigned int *copied);
