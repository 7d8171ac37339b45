; symbols_image.asm: the symbol table in the kernel's image, as tools/mksymbols.py wrote it.
; SPDX-License-Identifier: MIT
;
; The kernel is linked twice: first with an empty IMAGE, to learn where every function is, and then
; with the table of what was learnt. linker.ld puts the section last, so the table moves nothing.
; kernel/debug/symbols.c says what the bytes mean.

bits 64

section .symtab_image progbits alloc noexec nowrite align=16

global symtab_image
global symtab_image_end

symtab_image:
	incbin IMAGE
symtab_image_end:
