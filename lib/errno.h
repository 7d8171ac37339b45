/* Error numbers, with Linux's names and values; functions return them negated. */
/* SPDX-License-Identifier: MIT */
#pragma once

#define EPERM        1
#define ENOENT       2
#define ESRCH        3
#define EINTR        4
#define EIO          5
#define ENXIO        6
#define E2BIG        7
#define ENOEXEC      8
#define EBADF        9
#define ECHILD       10
#define EAGAIN       11
#define ENOMEM       12
#define EACCES       13
#define EFAULT       14
#define EBUSY        16
#define EEXIST       17
#define ENODEV       19
#define EINVAL       22
#define ENFILE       23
#define ENOTTY       25
#define EFBIG        27
#define ENOSPC       28
#define EPIPE        32
#define EDOM         33
#define ERANGE       34
#define EDEADLK      35
#define ENAMETOOLONG 36
#define ENOSYS       38
#define EWOULDBLOCK  EAGAIN
#define ENODATA      61
#define ETIME        62
#define EPROTO       71
#define EOVERFLOW    75
#define EOPNOTSUPP   95
#define ETIMEDOUT    110
#define EALREADY     114
#define EINPROGRESS  115
#define ECANCELED    125
#define EOWNERDEAD   130

/* Only inside the kernel: a wait was broken off by a signal, and the caller may start over. */
#define ERESTARTSYS 512
