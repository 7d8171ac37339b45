/* scftorture.h: what makes Linux's scftorture.c end in order: included ahead of it.
 * SPDX-License-Identifier: MIT
 *
 * The file's exit calls a function on the other CPUs and does not wait until it has run: its code may be gone by then, as
 * the checks here have found. (Linux mended it later.) So somebody else waits, before the code goes.
 */
#pragma once

#include "kernel/core/smpcall.h"
#include "kernel/module.h"

static inline void __no_call(void *unused)
{
}

#undef module_exit
#define module_exit(fn)                                                                            \
	static void __end_of_calls(void)                                                           \
	{                                                                                          \
		fn();                                                                              \
		on_each_cpu(__no_call, NULL, 1);                                                   \
	}                                                                                          \
	__MODULE_ENTRY(__UNIQUE_ID(__module_exit), .exit = __end_of_calls)
