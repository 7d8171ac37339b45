/* Counting in a ring buffer whose size is a power of two. */
/* SPDX-License-Identifier: MIT */
#pragma once

/* A ring of bytes: it is written at the head, and read at the tail. */
struct circ_buf {
	char *buf;
	int head;
	int tail;
};

/* How many are in it, and for how many there is room: one place stays free. _TO_END - without going round. */
#define CIRC_CNT(head, tail, size)   (((head) - (tail)) & ((size)-1))
#define CIRC_SPACE(head, tail, size) CIRC_CNT((tail), ((head) + 1), (size))
#define CIRC_CNT_TO_END(head, tail, size)                                                          \
	({                                                                                         \
		int __end = (size) - (tail);                                                       \
		int __count = ((head) + __end) & ((size)-1);                                       \
		__count < __end ? __count : __end;                                                 \
	})
#define CIRC_SPACE_TO_END(head, tail, size)                                                        \
	({                                                                                         \
		int __end = (size)-1 - (head);                                                     \
		int __space = (__end + (tail)) & ((size)-1);                                       \
		__space <= __end ? __space : __end + 1;                                            \
	})
