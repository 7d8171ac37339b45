/* files_test.h: what a program does with a file, for the tests of files.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/files/file.h"

#define USER_SIZE 16384u

/* user_begin - USER_SIZE bytes of zeros, which are a program's memory until user_end() frees them. Sleep. Thread context. */
char *user_begin(void);
void user_end(char *memory);

/*
 * cat - read the file @path to @to, a program's memory of @size bytes, as a string. Returns its length, or what open() or the
 *   read() that failed returned: what the reads before it got is there. echo - write the string @text, a program's.
 *   Returns what write() or open() did. Sleep. Thread context.
 */
ssize_t cat(const char *path, char *to, size_t size);
ssize_t echo(const char *path, const char *text);
