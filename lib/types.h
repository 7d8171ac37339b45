/* Integer types, under the names Linux gives them. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A type, as in Linux, and no macro, which would not survive being put together with other words. */
#undef bool
typedef _Bool bool;

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

/* As the headers that Linux shares with programs call them. */
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s8 __s8;
typedef s16 __s16;
typedef s32 __s32;
typedef s64 __s64;

typedef unsigned int uint;
typedef unsigned long ulong;

/* A device's number, and what a file is and who may use it: fs.h. */
#ifndef INTERLOCK_HOST
typedef u32 dev_t;
#endif
typedef unsigned short umode_t;

#ifdef INTERLOCK_HOST
#include <stdint.h>
#include <sys/types.h>
#else
/*
 * The 64-bit types are `long long` here, as in Linux and unlike in the compiler's own <stdint.h>,
 * so that "%llu" prints a uint64_t in a module that was written for Linux.
 */
typedef u8 uint8_t;
typedef u16 uint16_t;
typedef u32 uint32_t;
typedef u64 uint64_t;

typedef s8 int8_t;
typedef s16 int16_t;
typedef s32 int32_t;
typedef s64 int64_t;

typedef unsigned long uintptr_t;
typedef long intptr_t;
typedef long ssize_t;
typedef int pid_t;
typedef long long loff_t;
typedef unsigned int __poll_t; /* events that are looked for, or have come: poll.h */
#endif

typedef u64 phys_addr_t;
