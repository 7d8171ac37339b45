; insns_image.asm: the table of instructions in the explorer's kernel, as tools/mkinsns.py wrote it.
; SPDX-License-Identifier: MIT
;
; linker.ld puts it last, so the table moves nothing. insn.c says what the bytes mean. Other kernels
; have an empty one.

bits 64

section .insns_image progbits alloc noexec nowrite align=16

global insns_image
global insns_image_end

insns_image:
	incbin IMAGE
insns_image_end:
