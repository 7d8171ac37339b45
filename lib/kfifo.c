/* Queues in a ring buffer. */
/* SPDX-License-Identifier: MIT */
#include "lib/kfifo.h"

#include "lib/errno.h"
#include "lib/string.h"

int __kfifo_init(struct __kfifo *fifo, void *buffer, unsigned int size, unsigned int esize)
{
	unsigned int room = size / esize;

	*fifo = (struct __kfifo){ .esize = esize };
	if (room < 2)
		return -EINVAL;
	fifo->mask = (unsigned int)rounddown_pow_of_two(room) - 1;
	fifo->data = buffer;
	return 0;
}

/* [I] pairs with [I] in __kfifo_in(), [O] with [O] in __kfifo_skip(). */
unsigned int __kfifo_len(const struct __kfifo *fifo)
{
	unsigned int out = __atomic_load_n(&fifo->out, __ATOMIC_ACQUIRE); // [O]
	unsigned int in = __atomic_load_n(&fifo->in, __ATOMIC_ACQUIRE);   // [I]

	return in - out;
}

static void *element(const struct __kfifo *fifo, unsigned int i)
{
	return (char *)fifo->data + (size_t)(i & fifo->mask) * fifo->esize;
}

/* How many of @n elements come before the end of the room, if the first is number @i. */
static unsigned int until_end(const struct __kfifo *fifo, unsigned int i, unsigned int n)
{
	return min(n, fifo->mask + 1 - (i & fifo->mask));
}

unsigned int __kfifo_in(struct __kfifo *fifo, const void *from, unsigned int n)
{
	unsigned int in = fifo->in, first;

	n = min(n, fifo->mask + 1 - __kfifo_len(fifo));
	first = until_end(fifo, in, n);
	memcpy(element(fifo, in), from, (size_t)first * fifo->esize);
	memcpy(fifo->data, (const char *)from + (size_t)first * fifo->esize,
	       (size_t)(n - first) * fifo->esize);
	// [I] pairs with [I] in __kfifo_len(): who sees the count sees the elements.
	__atomic_store_n(&fifo->in, in + n, __ATOMIC_RELEASE);
	return n;
}

unsigned int __kfifo_peek(const struct __kfifo *fifo, void *to, unsigned int n)
{
	unsigned int out = fifo->out, first;

	n = min(n, __kfifo_len(fifo));
	first = until_end(fifo, out, n);
	memcpy(to, element(fifo, out), (size_t)first * fifo->esize);
	memcpy((char *)to + (size_t)first * fifo->esize, fifo->data,
	       (size_t)(n - first) * fifo->esize);
	return n;
}

void __kfifo_skip(struct __kfifo *fifo, unsigned int n)
{
	// [O] pairs with [O] in __kfifo_len(): who sees the room may overwrite what was read before.
	__atomic_store_n(&fifo->out, fifo->out + min(n, __kfifo_len(fifo)), __ATOMIC_RELEASE);
}

unsigned int __kfifo_out(struct __kfifo *fifo, void *to, unsigned int n)
{
	n = __kfifo_peek(fifo, to, n);
	__kfifo_skip(fifo, n);
	return n;
}
