/* Reads the multiboot2 information: what the boot loader tells the kernel, as struct boot_info. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <arch/boot_info.h>
#include <arch/layout.h>

#include "lib/types.h"

/*
 * Parses the information at `info`, of which at most `limit` bytes may be read, into `out`. Every
 * size in it is distrusted: nothing is read beyond `limit` nor beyond the total size it states.
 * Of a tag that comes twice the first counts, but for modules, which are many.
 *
 * Never sleeps; any context; nothing is held. Returns 0 when the information is well formed and
 * has a memory map. Errors: -EINVAL, with the reason in out->error and in the rest of `out` what
 * was read before.
 */
int multiboot_parse(const void *info, size_t limit, struct boot_info *out);

/* What multiboot_parse() read when this kernel started. Any context. */
const struct boot_info *machine_loaded(void);

/*
 * The inverse: writes what `info` says, with the command line `cmdline` in place of its own, to the `room` bytes at
 * `out`, which is 8-byte aligned.
 *
 * Never sleeps; any context; nothing is held. Returns the number of bytes, or 0: there is too little room.
 */
size_t multiboot_build(const struct boot_info *info, const char *cmdline, void *out, size_t room);
