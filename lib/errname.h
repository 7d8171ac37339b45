/* The names of error numbers. */
/* SPDX-License-Identifier: MIT */
#pragma once

/* The name of a positive error number, such as "EBUSY"; NULL when it has none. Any context. */
const char *errname(int error);
