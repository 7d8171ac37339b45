/* Error numbers, with Linux's names and values; functions return them negated. */
/* SPDX-License-Identifier: MIT */
#pragma once

#define EPERM           1
#define ENOENT          2
#define ESRCH           3
#define EINTR           4
#define EIO             5
#define ENXIO           6
#define E2BIG           7
#define ENOEXEC         8
#define EBADF           9
#define ECHILD          10
#define EAGAIN          11
#define ENOMEM          12
#define EACCES          13
#define EFAULT          14
#define EBUSY           16
#define EEXIST          17
#define EXDEV           18
#define ENODEV          19
#define ENOTDIR         20
#define EISDIR          21
#define EINVAL          22
#define ENFILE          23
#define EMFILE          24
#define ENOTTY          25
#define EFBIG           27
#define ENOSPC          28
#define ESPIPE          29
#define EROFS           30
#define EMLINK          31
#define EPIPE           32
#define EDOM            33
#define ERANGE          34
#define EDEADLK         35
#define ENAMETOOLONG    36
#define ENOLCK          37
#define ENOSYS          38
#define ENOTEMPTY       39
#define ELOOP           40
#define ENOMSG          42
#define EIDRM           43
#define ENODATA         61
#define ETIME           62
#define ENOSR           63
#define ENOLINK         67
#define ECOMM           70
#define EPROTO          71
#define EBADMSG         74
#define EOVERFLOW       75
#define EILSEQ          84
#define EUSERS          87
#define EMSGSIZE        90
#define EPROTOTYPE      91
#define EOPNOTSUPP      95
#define EADDRINUSE      98
#define ENETDOWN        100
#define ECONNRESET      104
#define ENOBUFS         105
#define EISCONN         106
#define ENOTCONN        107
#define ESHUTDOWN       108
#define ETIMEDOUT       110
#define EHOSTDOWN       112
#define EALREADY        114
#define EINPROGRESS     115
#define ESTALE          116
#define EREMOTEIO       121
#define EDQUOT          122
#define ECANCELED       125
#define EOWNERDEAD      130
#define ENOTRECOVERABLE 131
#define EWOULDBLOCK     EAGAIN
#define EDEADLOCK       EDEADLK

/* Only inside the kernel: a wait was broken off by a signal, and the caller may start over. */
#define ERESTARTSYS 512

/* Only inside the kernel, too: a driver has no such ioctl, and the program gets ENOTTY; not now, maybe later; not
 * supported, as EOPNOTSUPP. */
#define ENOIOCTLCMD  515
#define EPROBE_DEFER 517
#define ENOTSUPP     524
