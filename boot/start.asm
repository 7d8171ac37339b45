; start.asm: the first CPU, from the boot loader to C: protected mode -> long mode -> kmain().
; SPDX-License-Identifier: MIT
;
; Anything the kernel relies on and this CPU lacks is named on the serial port before long mode is
; tried: a CPU that is asked for what it does not have just resets, and says nothing.

%include "layout.inc"
%include "arch/x86_64/frame.inc"

FLAGS_ID	equ 1 << 21		; EFLAGS.ID can be changed exactly where CPUID exists
BOOT_STACK_TOP	equ BOOT_STACK_GUARD + BOOT_STACK_SIZE	; of slot 0 in boot_stacks
PAGE_BYTES	equ 4096
LARGE_PAGE	equ 2 << 20
GIB		equ 1 << 30
MAPPED_GIB	equ 4			; all that a 32-bit address can name

; Bits of CPUID's edx: leaf 1, and leaf 0x80000001.
CPUID_TSC	equ 1 << 4
CPUID_MSR	equ 1 << 5
CPUID_PAE	equ 1 << 6
CPUID_CX8	equ 1 << 8
CPUID_APIC	equ 1 << 9
CPUID_CMOV	equ 1 << 15
CPUID_SSE2	equ 1 << 26
CPUID_NX	equ 1 << 20
CPUID_LM	equ 1 << 29
LEAF_FEATURES	equ 1
LEAF_EXTENDED	equ 0x80000001

; The 16550's registers, as offsets from its first port.
UART_DATA	equ 0			; with DLAB set: the divisor's low byte
UART_IER	equ 1			; with DLAB set: the divisor's high byte
UART_FCR	equ 2
UART_LCR	equ 3
UART_MCR	equ 4
UART_LSR	equ 5
LSR_THRE	equ 1 << 5		; the transmitter takes a byte
LSR_TEMT	equ 1 << 6		; the transmitter has sent all it had
UART_PATIENCE	equ 1000000		; looks at LSR before we go on anyway

extern kmain				; void kmain(u32 magic, const void *mbi)
extern boot_stacks			; struct boot_stack[NR_BOOT_STACKS], descriptor.c

; ------------------------------------------------------------------------------------------------
bits 32
section .text

; void start(void) - where the loader jumps to.
; Entry: 32-bit protected mode, paging off, flat segments, interrupts off, no stack; eax = magic,
;        ebx = physical address of the multiboot2 information (Multiboot2 Specification, 3.3).
; Keeps: edi = magic and esi = information, for kmain().
global start:function
start:
	FRAME_OUTERMOST start
	cli
	cld
	mov	esp, boot_stacks + BOOT_STACK_TOP
	mov	edi, eax
	mov	esi, ebx
	call	check_loader
	call	check_cpuid
	call	check_features
	call	map_memory
	jmp	enter_long_mode
	FRAME_END

; Go on only if a multiboot2 loader called us.
; In: edi = magic. Clobbers: ebp.
check_loader:
	mov	ebp, text_loader
	cmp	edi, LOADER_MAGIC
	jne	refuse
	ret

; Go on only if there is a CPUID instruction.
; Clobbers: eax, ecx, ebp.
check_cpuid:
	mov	ebp, text_cpuid
	pushfd
	pop	eax
	mov	ecx, eax
	xor	eax, FLAGS_ID
	push	eax
	popfd
	pushfd
	pop	eax
	cmp	eax, ecx
	je	refuse
	ret

; Go on only if every row of the table `features` is there; else name all that are not, in one line.
; Clobbers: eax, ebx, ecx, edx, ebp.
; Stack: [esp] = edi, the magic, which makes room for the row.
check_features:
	push	edi
	mov	edi, features
	mov	ebp, text_lacks			; what to print before the next name
.next:
	call	has_feature
	jnz	.there
	call	print				; "this CPU lacks " or ", "
	mov	ebp, [edi + feature.name]
	call	print
	mov	ebp, text_comma
.there:
	add	edi, feature_size
	cmp	edi, features_end
	jb	.next
	pop	edi
	cmp	ebp, text_comma			; some name was printed
	mov	ebp, text_newline
	je	refuse
	ret

; Ask CPUID for one row of the table.
; In: edi = row. Out: ZF = 0 if the CPU has it. Clobbers: eax, ebx, ecx, edx.
has_feature:
	mov	eax, [edi + feature.leaf]
	and	eax, 0x80000000			; leaf 0 of each range names the range's last leaf
	cpuid
	cmp	eax, [edi + feature.leaf]
	jb	.no_leaf
	mov	eax, [edi + feature.leaf]
	cpuid
	test	edx, [edi + feature.bit]
	ret
.no_leaf:
	xor	eax, eax			; ZF = 1
	ret

; Say why not, and stop: first QEMU, if it is QEMU, with the status of a failed run.
; In: ebp = the text. Does not return.
refuse:
	call	print
	mov	eax, BOOT_VERDICT
	mov	dx, DEBUG_EXIT_PORT
	out	dx, eax
.stop:
	cli
	hlt
	jmp	.stop

; Send a text to the serial port and to QEMU's debug console.
; In: ebp = the text, ending in a 0 byte. Clobbers: eax, ebx, ecx, edx, ebp.
print:
	call	uart_setup
.next:
	mov	bl, [ebp]
	inc	ebp
	test	bl, bl
	jz	.done
	call	put_char
	jmp	.next
.done:
	ret

; Program the UART from its table: pairs of a register and its value. First let it finish what it is
; sending, which a new divisor would garble.
; Clobbers: eax, ecx, edx.
uart_setup:
	mov	ah, LSR_TEMT
	call	uart_wait
	mov	ecx, uart_values
.next:
	movzx	edx, byte [ecx]
	add	edx, COM1_PORT
	mov	al, [ecx + 1]
	out	dx, al
	add	ecx, 2
	cmp	ecx, uart_values_end
	jb	.next
	ret

; In: bl = the character. Clobbers: eax, ecx, edx.
put_char:
	mov	ah, LSR_THRE
	call	uart_wait
	mov	al, bl
	mov	edx, COM1_PORT + UART_DATA
	out	dx, al
	out	DEBUG_CONSOLE_PORT, al
	ret

; Wait, but not for ever, until the line status has a bit set.
; In: ah = the bit. Clobbers: al, ecx, edx.
uart_wait:
	mov	ecx, UART_PATIENCE
	mov	edx, COM1_PORT + UART_LSR
.busy:
	in	al, dx
	test	al, ah
	loopz	.busy
	ret

; Identity-map the first 4 GiB by 2 MiB pages, all of it writable and executable, until
; paging_init() knows better. One table of each upper level and four page directories, side by side:
;
;   boot_pml4[0] -> boot_pdpt[0..3] -> boot_directories[0..2047] -> 2 MiB each
;
; Clobbers: eax, ebx, ecx.
map_memory:
	mov	dword [boot_pml4], boot_pdpt + (PTE_PRESENT | PTE_WRITE)
	mov	eax, boot_directories + (PTE_PRESENT | PTE_WRITE)
	xor	ecx, ecx
.pdpt:
	mov	[boot_pdpt + ecx * 8], eax
	add	eax, PAGE_BYTES
	inc	ecx
	cmp	ecx, MAPPED_GIB
	jb	.pdpt
	mov	eax, PTE_PRESENT | PTE_WRITE | PTE_LARGE
	xor	ecx, ecx
.directory:
	mov	[boot_directories + ecx * 8], eax
	add	eax, LARGE_PAGE			; wraps to 0 only after the last entry
	inc	ecx
	cmp	ecx, MAPPED_GIB * (GIB / LARGE_PAGE)
	jb	.directory
	ret

; Turn on paging and long mode in the order that Intel SDM vol. 3A, 10.8.5 "Initializing IA-32e
; mode" gives. CR4 and CR0 are set whole, so that nothing the firmware left in them matters.
; Clobbers: eax, ecx, edx. Does not return.
enter_long_mode:
	mov	eax, CR4_KERNEL
	mov	cr4, eax
	mov	eax, boot_pml4
	mov	cr3, eax
	mov	ecx, EFER_NUMBER
	rdmsr
	or	eax, EFER_KERNEL
	wrmsr
	mov	eax, CR0_KERNEL
	mov	cr0, eax			; now in long mode, and still in a 32-bit segment
	lgdt	[gdt_pointer]
	jmp	SELECTOR_CODE:start64

; ------------------------------------------------------------------------------------------------
bits 64

; The last steps to C.
; Entry: long mode, interrupts off; edi = magic, esi = information; the upper halves of all
;        registers are undefined.
start64:
	FRAME_OUTERMOST start64
	mov	eax, SELECTOR_DATA
	mov	ds, eax
	mov	es, eax
	mov	ss, eax
	xor	eax, eax
	mov	fs, eax				; null: only their bases count, and those are MSRs
	mov	gs, eax
	mov	esp, boot_stacks + BOOT_STACK_TOP
	push	2				; RFLAGS: bit 1, which is always 1, and nothing else
	popfq
	mov	edi, edi			; zero the upper halves of the arguments
	mov	esi, esi
	xor	ebp, ebp			; here a backtrace ends
	call	kmain
.stop:
	cli
	hlt
	jmp	.stop
	FRAME_END

; ------------------------------------------------------------------------------------------------
section .rodata

struc feature
.leaf:	resd 1				; of CPUID
.bit:	resd 1				; of edx
.name:	resd 1
endstruc

; One row of `features`: leaf, bit, name.
%macro FEATURE 3
	[section .rodata.boot_text]
%%name:	db %3, 0
	[section .rodata]
	dd %1, %2, %%name
%endmacro

align 4
features:
	FEATURE	LEAF_FEATURES, CPUID_TSC, "TSC"
	FEATURE	LEAF_FEATURES, CPUID_MSR, "MSR"
	FEATURE	LEAF_FEATURES, CPUID_PAE, "PAE"
	FEATURE	LEAF_FEATURES, CPUID_CX8, "CMPXCHG8B"
	FEATURE	LEAF_FEATURES, CPUID_APIC, "local APIC"
	FEATURE	LEAF_FEATURES, CPUID_CMOV, "CMOV"
	FEATURE	LEAF_FEATURES, CPUID_SSE2, "SSE2 (for mfence, lfence)"
	FEATURE	LEAF_EXTENDED, CPUID_NX, "NX (no-execute pages; the firmware may have them off)"
	FEATURE	LEAF_EXTENDED, CPUID_LM, "long mode (64-bit)"
features_end:

text_loader:	db "interlock: cannot run: not started by a multiboot2 loader", 13, 10, 0
text_cpuid:	db "interlock: cannot run: this CPU lacks CPUID", 13, 10, 0
text_lacks:	db "interlock: cannot run: this CPU lacks ", 0
text_comma:	db ", ", 0
text_newline:	db 13, 10, 0

uart_values:
	db UART_LCR, 0x80		; DLAB (7): the next two are the divisor
	db UART_DATA, 1			; 115200 baud: the clock's 115200 * 16 Hz, divided by 1
	db UART_IER, 0
	db UART_LCR, 3			; 8 data bits (0 and 1), no parity, 1 stop bit; DLAB off
	db UART_IER, 0			; no interrupts
	db UART_FCR, 1			; FIFO on (0), and what is in it stays
	db UART_MCR, 3			; DTR (0) and RTS (1): we are here
uart_values_end:

; Flat segments. In long mode base and limit are ignored; the accessed bit is set beforehand, so
; that the CPU has no reason to write to a table that is read-only.
align 8
gdt:
	dq 0
	dq 0x00af9b000000ffff		; SELECTOR_CODE: L (64-bit), execute, read
	dq 0x00cf93000000ffff		; SELECTOR_DATA: read, write
gdt_end:

gdt_pointer:
	dw gdt_end - gdt - 1
	dd gdt

section .bss

alignb PAGE_BYTES
boot_pml4:		resb PAGE_BYTES
boot_pdpt:		resb PAGE_BYTES
boot_directories:	resb MAPPED_GIB * PAGE_BYTES

section .note.GNU-stack progbits noalloc noexec nowrite
