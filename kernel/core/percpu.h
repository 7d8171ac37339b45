/* percpu.h: per-CPU variables made at run time.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/percpu.h"
#include "lib/types.h"

/*
 * alloc_percpu - a variable of @type of which each CPU has a copy, all zero; NULL: no room. The
 * pointer is for per_cpu_ptr(), this_cpu_ptr() and this_cpu_add(*ptr, ...) only: it is no address.
 * free_percpu - give it back; NULL is nothing to do. Nobody may be using any copy.
 * Never sleep. Any context but NMI. Alignments up to 64. Checked: a double or foreign free is reported, and not done.
 */
#define alloc_percpu(type)                                                                         \
	((typeof(type) __percpu *)__alloc_percpu(sizeof(type), __alignof__(type)))
#define alloc_percpu_gfp(type, flags) alloc_percpu(type)
void __percpu *__alloc_percpu(size_t size, size_t align);
void free_percpu(void __percpu *ptr);

/* percpu_walk - call @fn for each variable in use, of @size bytes, made by the code at @where. Never sleeps, nor may @fn:
 * it is called under a raw lock. Any context but NMI. */
void percpu_walk(void (*fn)(size_t size, unsigned long where, void *arg), void *arg);

/* percpu_in_use - bytes of each CPU's room that are given out, for leak tests. Any context. */
size_t percpu_in_use(void);
