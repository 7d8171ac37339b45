/* Reads the multiboot2 information: what the boot loader tells the kernel, as struct boot_info. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <arch/boot_info.h>

#include "lib/types.h"

/* What the loader leaves in eax to say that ebx points at the information. */
#define MULTIBOOT2_LOADER_MAGIC 0x36d76289

/*
 * Parses the information at `info`, of which at most `limit` bytes may be read, into `out`. Every
 * size in it is distrusted: nothing is read beyond `limit` nor beyond the total size it states.
 * Of a tag that comes twice the first counts.
 *
 * Never sleeps; any context; nothing is held. Returns 0 when the information is well formed and
 * has a memory map. Errors: -EINVAL, with the reason in out->error and in the rest of `out` what
 * was read before.
 */
int multiboot_parse(const void *info, size_t limit, struct boot_info *out);
