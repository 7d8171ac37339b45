/* Puts lib/'s functions beside libc's of the same name in one program, by a prefix. */
/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Every source of a host test is compiled with this file first (`-include`). The headers of libc
 * are read under the plain names; whatever comes later means lib/'s functions. A test that compares
 * the two undefines the names it needs, and says lib_x() and x().
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#undef isalnum
#undef isalpha
#undef isascii
#undef iscntrl
#undef isdigit
#undef isgraph
#undef islower
#undef isprint
#undef ispunct
#undef isspace
#undef isupper
#undef isxdigit
#undef tolower
#undef toupper

#define bsearch lib_bsearch

#define memchr      lib_memchr
#define memcmp      lib_memcmp
#define memcpy      lib_memcpy
#define memmove     lib_memmove
#define memset      lib_memset
#define stpcpy      lib_stpcpy
#define strcasecmp  lib_strcasecmp
#define strcat      lib_strcat
#define strchr      lib_strchr
#define strchrnul   lib_strchrnul
#define strcmp      lib_strcmp
#define strcpy      lib_strcpy
#define strcspn     lib_strcspn
#define strlcat     lib_strlcat
#define strlcpy     lib_strlcpy
#define strlen      lib_strlen
#define strncasecmp lib_strncasecmp
#define strncat     lib_strncat
#define strncmp     lib_strncmp
#define strncpy     lib_strncpy
#define strnlen     lib_strnlen
#define strpbrk     lib_strpbrk
#define strrchr     lib_strrchr
#define strsep      lib_strsep
#define strspn      lib_strspn
#define strstr      lib_strstr

#define isalnum  lib_isalnum
#define isalpha  lib_isalpha
#define isascii  lib_isascii
#define iscntrl  lib_iscntrl
#define isdigit  lib_isdigit
#define isgraph  lib_isgraph
#define islower  lib_islower
#define isprint  lib_isprint
#define ispunct  lib_ispunct
#define isspace  lib_isspace
#define isupper  lib_isupper
#define isxdigit lib_isxdigit
#define tolower  lib_tolower
#define toupper  lib_toupper

#define snprintf  lib_snprintf
#define sprintf   lib_sprintf
#define sscanf    lib_sscanf
#define vsnprintf lib_vsnprintf
#define vsprintf  lib_vsprintf
#define vsscanf   lib_vsscanf
