/* vmalloc.h: memory by the page: large buffers, and single pages.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/slab.h"

/*
 * vmalloc, vzalloc - @size bytes that begin at a page; NULL when there is no memory, or @size is 0; the
 * second cleared. vfree - give them back; NULL is nothing to do.
 * kvmalloc and its kin - as kmalloc() and its, for what may be large. kvfree - frees what either gave.
 * Never sleep, unlike Linux's. Thread context where one may; kvmalloc(), kvfree() and vfree(): any but NMI,
 * and rule 5 of slab.h.
 *
 * All addresses here are physical ones (that is the point of the identity map), so these pages are
 * consecutive in memory, which on Linux they need not be: a block of the next power of two is used, of at
 * most KMALLOC_MAX bytes, and a large one may not be had although there is as much memory in pieces.
 */
void *vmalloc(size_t size);
void *vzalloc(size_t size);
void vfree(const void *obj);
void *kvmalloc(size_t size, gfp_t flags);
void *kvzalloc(size_t size, gfp_t flags);
void *kvmalloc_array(size_t n, size_t size, gfp_t flags);
void *kvcalloc(size_t n, size_t size, gfp_t flags);
void kvfree(const void *obj);

/* Whether @obj is what vmalloc() gave. Any context. */
bool is_vmalloc_addr(const void *obj);

/*
 * __get_free_pages - the address of 2^@order pages in a row, or 0. get_zeroed_page - of one, cleared.
 * free_pages, free_page - give them back; 0 is nothing to do. @order must be the same.
 * Never sleep. Any context but NMI; rule 5 of slab.h.
 */
unsigned long __get_free_pages(gfp_t flags, unsigned int order);
unsigned long get_zeroed_page(gfp_t flags);
void free_pages(unsigned long address, unsigned int order);
#define __get_free_page(flags) __get_free_pages((flags), 0)
#define free_page(address)     free_pages((address), 0)
