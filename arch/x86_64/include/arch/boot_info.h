/* What the boot loader told this kernel: its command line, the memory map, the ACPI root pointer. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

#define BOOT_CMDLINE_SIZE 1024
#define BOOT_MEMORY_MAX   256
#define BOOT_RSDP_SIZE    36
#define BOOT_MODULES_MAX  2

/* The types of memory a loader reports; any other number is reserved, too. */
enum boot_memory_type {
	BOOT_MEMORY_AVAILABLE = 1,
	BOOT_MEMORY_RESERVED = 2,
	BOOT_MEMORY_ACPI_RECLAIMABLE = 3,
	BOOT_MEMORY_ACPI_NVS = 4,
	BOOT_MEMORY_BAD = 5,
};

struct boot_memory {
	u64 base, size;
	u32 type; // enum boot_memory_type, or what the loader says
};

/* A file that the loader put into memory: the bytes from start to end - 1. */
struct boot_module {
	u64 start, end;
	char words[BOOT_CMDLINE_SIZE]; // its name, and what follows it
};

struct boot_info {
	char cmdline[BOOT_CMDLINE_SIZE];
	bool cmdline_truncated; // it was longer; what fits is there
	char loader[64];        // the loader's name, shortened if need be

	// As the firmware gave it: in any order, possibly overlapping; never empty, never wrapping.
	struct boot_memory memory[BOOT_MEMORY_MAX];
	u32 n_memory;
	u32 n_memory_ignored; // entries beyond BOOT_MEMORY_MAX

	u32 memory_lower_kib; // from address 0; 0 when the loader does not say
	u32 memory_upper_kib; // from 1 MiB

	// Without those that have too long a text, and those beyond BOOT_MODULES_MAX.
	struct boot_module modules[BOOT_MODULES_MAX];
	u32 n_modules;

	u8 rsdp[BOOT_RSDP_SIZE]; // the ACPI root pointer's bytes, not yet verified
	u32 rsdp_size;           // 20 (ACPI 1.0) to 36
	bool rsdp_valid;         // the loader passed one

	char error[80];
};
