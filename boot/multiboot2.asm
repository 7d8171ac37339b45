; multiboot2.asm: the header by which a boot loader knows this file as a kernel.
; SPDX-License-Identifier: MIT
;
; Multiboot2 Specification 2.0, section 3.1: within the first 32 KiB of the file, aligned to 8
; bytes, four words and then tags, each aligned to 8 bytes. We ask for little, so that much can load
; us: the ELF headers say where the kernel goes and where it starts, and no tag asks for a
; framebuffer.
; The default entry is 32-bit protected mode, under a BIOS and under UEFI (after ExitBootServices).

MAGIC		equ 0xe85250d6
ARCHITECTURE	equ 0			; i386: entered in 32-bit protected mode

TAG_END		equ 0
TAG_INFORMATION	equ 1			; the loader is to pass on information of these types:
INFO_CMDLINE	equ 1			;   the kernel's command line
INFO_MEMORY_MAP	equ 6			;   which addresses are RAM
INFO_ACPI_OLD	equ 14			;   a copy of the ACPI 1.0 root pointer
INFO_ACPI_NEW	equ 15			;   a copy of the ACPI 2.0 root pointer

MUST_KNOW	equ 0			; a loader that does not know the tag must not load us
MAY_SKIP	equ 1

section .multiboot2 progbits alloc noexec nowrite align=8

header:
	dd MAGIC
	dd ARCHITECTURE
	dd header_end - header
	dd 0x100000000 - (MAGIC + ARCHITECTURE + (header_end - header))	; the four words add up to 0

	; Without these two we would not know what to run, nor where.
	align 8, db 0
needed:
	dw TAG_INFORMATION, MUST_KNOW
	dd needed_end - needed
	dd INFO_CMDLINE
	dd INFO_MEMORY_MAP
needed_end:

	; Without ACPI we run on one CPU. A machine has one of the two root pointers, or both.
	align 8, db 0
welcome:
	dw TAG_INFORMATION, MAY_SKIP
	dd welcome_end - welcome
	dd INFO_ACPI_OLD
	dd INFO_ACPI_NEW
welcome_end:

	align 8, db 0
	dw TAG_END, MUST_KNOW
	dd 8
header_end:

section .note.GNU-stack progbits noalloc noexec nowrite
