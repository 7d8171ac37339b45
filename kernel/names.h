/* names.h: lists of names such as RUN=a,b on the command line.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

/* name_in_list - whether @name stands in the comma-separated @names; "" and "all" name everything. */
bool name_in_list(const char *name, const char *names);

/*
 * names_all_known - whether @known() knows every name in @names; if not, the first that it does not
 * is copied to @unknown, of @n bytes. Never sleep. Any context.
 */
bool names_all_known(const char *names, bool (*known)(const char *name), char *unknown, size_t n);
