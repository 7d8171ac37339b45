/* kfifo_user.c: fifos that programs fill and empty: through a buffer, for a fault must leave the fifo as it was.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/kfifo_user.h"

#include "lib/err.h"
#include "lib/macros.h"

int __kfifo_from_user(struct __kfifo *fifo, const void __user *from, unsigned long size,
		      unsigned int *copied)
{
	unsigned int room = fifo->mask + 1 - __kfifo_len(fifo);
	unsigned int n = min((unsigned int)(size / fifo->esize), room);
	void *buffer = memdup_user(from, n * fifo->esize);

	*copied = 0;
	if (IS_ERR(buffer))
		return -EFAULT;
	*copied = __kfifo_in(fifo, buffer, n) * fifo->esize;
	kfree(buffer);
	return 0;
}

int __kfifo_to_user(struct __kfifo *fifo, void __user *to, unsigned long size, unsigned int *copied)
{
	unsigned int n = min((unsigned int)(size / fifo->esize), __kfifo_len(fifo));
	void *buffer = kmalloc(n * fifo->esize, GFP_KERNEL);
	int error = -EFAULT;

	*copied = 0;
	if (buffer) {
		__kfifo_peek(fifo, buffer, n);
		if (!copy_to_user(to, buffer, n * fifo->esize)) {
			__kfifo_skip(fifo, n);
			*copied = n * fifo->esize;
			error = 0;
		}
	}
	kfree(buffer);
	return error;
}
