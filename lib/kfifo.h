/* Queues in a ring buffer, with Linux's names: kfifo. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/macros.h"
#include "lib/math.h"
#include "lib/types.h"

/*
 * RULES
 *	1. One thread that puts and one that takes need no lock between them. Several that put need one among
 *	   themselves, and so do several that take; _reset() keeps everybody out.
 *	2. The room is a power of two elements. It is full when all of them are in use.
 *	3. What is put in has the type of the queue: DEFINE_KFIFO(q, struct job, 32). A `struct kfifo` is one of
 *	   bytes.
 *	Nothing here waits. kernel/core/kfifo.h has the forms that allocate and that lock.
 *
 * How one writer and one reader go without a lock: `in` and `out` count what was ever put and taken, and wrap.
 * Each is written by one side. The writer copies, and then releases `in` [I]; the reader acquires `in`, copies,
 * and releases `out` [O], which the writer acquires before it overwrites what was there.
 */
struct __kfifo {
	unsigned int in, out;
	unsigned int mask;  // the room, in elements, less 1
	unsigned int esize; // bytes of an element
	void *data;
};

/* `ptr` and `const_ptr` have no room: they carry the type of what is copied. */
#define __KFIFO(type, size, pointer)                                                               \
	{                                                                                          \
		struct __kfifo kfifo;                                                              \
		pointer *ptr[0];                                                                   \
		const pointer *const_ptr[0];                                                       \
		type buf[size];                                                                    \
	}
struct kfifo __KFIFO(unsigned char, 0, void);

/* DECLARE_KFIFO - a queue with room in it, for INIT_KFIFO(); _PTR - one for kfifo_init() or kfifo_alloc(). */
#define DECLARE_KFIFO(fifo, type, size)                                                            \
	struct __KFIFO(type, (size) + __must_be_zero(!__kfifo_size_fits(size)), type) fifo
#define DECLARE_KFIFO_PTR(fifo, type) struct __KFIFO(type, 0, type) fifo
#define STRUCT_KFIFO_PTR(type)        struct __KFIFO(type, 0, type)
#define DEFINE_KFIFO(fifo, type, size)                                                             \
	DECLARE_KFIFO(fifo, type, size) = { .kfifo = __KFIFO_INIT(fifo) }
#define INIT_KFIFO(fifo) ((fifo).kfifo = (struct __kfifo)__KFIFO_INIT(fifo))

#define __kfifo_size_fits(size) ((size) >= 2 && ((size) & ((size)-1)) == 0)
#define __KFIFO_INIT(fifo)                                                                         \
	{                                                                                          \
		.mask = ARRAY_SIZE((fifo).buf) - 1, .esize = sizeof((fifo).buf[0]),                \
		.data = (fifo).buf                                                                 \
	}

/* Make the first elements of @buffer, @size bytes, the room. Returns 0, or -EINVAL for less than two. */
#define kfifo_init(fifo, buffer, size)                                                             \
	__kfifo_init(&(fifo)->kfifo, buffer, size, sizeof((fifo)->buf[0]))

#define kfifo_initialized(fifo) ((fifo)->kfifo.mask != 0)
#define kfifo_esize(fifo)       ((fifo)->kfifo.esize)
#define kfifo_size(fifo)        ((fifo)->kfifo.mask + 1)
#define kfifo_len(fifo)         __kfifo_len(&(fifo)->kfifo)
#define kfifo_avail(fifo)       (kfifo_size(fifo) - kfifo_len(fifo))
#define kfifo_is_empty(fifo)    (kfifo_len(fifo) == 0)
#define kfifo_is_full(fifo)     (kfifo_len(fifo) > (fifo)->kfifo.mask)

/* Nobody else uses it; _out: it is for who takes. */
#define kfifo_reset(fifo)     ((void)((fifo)->kfifo.in = (fifo)->kfifo.out = 0))
#define kfifo_reset_out(fifo) __kfifo_skip(&(fifo)->kfifo, ~0u)

/*
 * kfifo_in, kfifo_out - put or take @n elements, or as many as there is room for, or as there are.
 *   kfifo_out_peek - like kfifo_out(), and they stay in. Return how many.
 * kfifo_put - put the value; kfifo_get, kfifo_peek - take it, or look at it, into *@value. Return 1, or 0 if
 *   it is full, or empty. kfifo_skip - drop the first element. kfifo_skip_count - @n of them.
 */
#define kfifo_in(fifo, from, n)                                                                    \
	({                                                                                         \
		__typeof__((fifo)->const_ptr[0]) __from = (from);                                  \
		__kfifo_in(&(fifo)->kfifo, __from, n);                                             \
	})
#define kfifo_out(fifo, to, n)                                                                     \
	({                                                                                         \
		__typeof__((fifo)->ptr[0]) __to = (to);                                            \
		__kfifo_out(&(fifo)->kfifo, __to, n);                                              \
	})
#define kfifo_out_peek(fifo, to, n)                                                                \
	({                                                                                         \
		__typeof__((fifo)->ptr[0]) __to = (to);                                            \
		__kfifo_peek(&(fifo)->kfifo, __to, n);                                             \
	})
#define kfifo_put(fifo, value)                                                                     \
	({                                                                                         \
		__typeof__((fifo)->buf[0]) __value = (value);                                      \
		__kfifo_in(&(fifo)->kfifo, &__value, 1);                                           \
	})
#define kfifo_get(fifo, value)        kfifo_out(fifo, value, 1)
#define kfifo_peek(fifo, value)       kfifo_out_peek(fifo, value, 1)
#define kfifo_skip(fifo)              __kfifo_skip(&(fifo)->kfifo, 1)
#define kfifo_skip_count(fifo, count) __kfifo_skip(&(fifo)->kfifo, count)

/* What the macros call. */
int __kfifo_init(struct __kfifo *fifo, void *buffer, unsigned int size, unsigned int esize);
unsigned int __kfifo_len(const struct __kfifo *fifo);
unsigned int __kfifo_in(struct __kfifo *fifo, const void *from, unsigned int n);
unsigned int __kfifo_out(struct __kfifo *fifo, void *to, unsigned int n);
unsigned int __kfifo_peek(const struct __kfifo *fifo, void *to, unsigned int n);
void __kfifo_skip(struct __kfifo *fifo, unsigned int n);
