/* Error pointers: a negated error number where a pointer is returned. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/errno.h"
#include "lib/macros.h"
#include "lib/types.h"

/* The last 4095 addresses are never mapped, so no object can be mistaken for an error. */
#define MAX_ERRNO           4095
#define IS_ERR_VALUE(value) unlikely((unsigned long)(value) >= (unsigned long)-MAX_ERRNO)

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *pointer)
{
	return (long)pointer;
}

static inline bool IS_ERR(const void *pointer)
{
	return IS_ERR_VALUE(pointer);
}

static inline bool IS_ERR_OR_NULL(const void *pointer)
{
	return !pointer || IS_ERR(pointer);
}

/* An error pointer of one type becomes one of another. */
static inline void *ERR_CAST(const void *pointer)
{
	return (void *)pointer;
}

static inline int PTR_ERR_OR_ZERO(const void *pointer)
{
	return IS_ERR(pointer) ? (int)PTR_ERR(pointer) : 0;
}
