/* Puts lib/'s functions beside libc's of the same name in one program, by a prefix. */
/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Every source of a host test is compiled with this file first (`-include`). The headers of libc
 * are read under the plain names; whatever comes later means lib/'s functions. A test that compares
 * the two undefines the names it needs, and says lib_x() and x().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define memcmp  lib_memcmp
#define memcpy  lib_memcpy
#define memmove lib_memmove
#define memset  lib_memset
#define strchr  lib_strchr
#define strcmp  lib_strcmp
#define strlen  lib_strlen
#define strncmp lib_strncmp
#define strnlen lib_strnlen
#define strrchr lib_strrchr
#define strstr  lib_strstr

#define snprintf  lib_snprintf
#define vsnprintf lib_vsnprintf
