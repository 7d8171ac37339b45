/* kselftest.h: what many of Linux's test modules need, and is not here: included ahead of each.
 * SPDX-License-Identifier: MIT
 */
#pragma once

/* A kernel that ran a test says so when it fails later. Here it ends with the tests. */
#define TAINT_TEST             18
#define LOCKDEP_STILL_OK       1
#define add_taint(flag, still) ((void)(flag), (void)(still))
