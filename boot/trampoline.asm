; trampoline.asm: the other CPUs, from their start-up interrupt to C: real mode -> protected mode ->
; long mode -> ap_params.entry().
; SPDX-License-Identifier: MIT
;
; All CPUs run this at the same time, so until a CPU has claimed its slot (trampoline.h) it has no
; stack and writes to no memory. A CPU that finds no slot, or finds it given up, parks for good.
; The first part is copied to TRAMPOLINE_ADDRESS and runs there; the second is ordinary kernel text.

%include "layout.inc"
%include "arch/x86_64/frame.inc"

CR0_PE		equ 1
LEAF_FEATURES	equ 1			; CPUID: ebx bits 31-24 are the APIC id's low 8 bits
LEAF_TOPOLOGY	equ 0xb			; CPUID: edx is the whole APIC id, if ebx is not 0

; Where a label of the first part is once it has been copied.
%define low(label) (TRAMPOLINE_ADDRESS + label - trampoline_start)

; ------------------------------------------------------------------------------------------------
bits 16
section .rodata

; Entry: real mode, at TRAMPOLINE_ADDRESS >> 4 : 0, interrupts off, all else as INIT left it: caches
;        disabled, no stack (Intel SDM vol. 3A, table 10-1).
align 16
global trampoline_start
trampoline_start:
	cli
	cld
	xor	ax, ax
	mov	ds, ax				; absolute addresses below 64 KiB
	o32 lgdt [low(gdt_pointer)]
	mov	eax, cr0
	or	al, CR0_PE
	mov	cr0, eax
	jmp	dword SELECTOR_CODE32:low(protected)

bits 32
; Entry: protected mode, paging off.
protected:
	mov	eax, SELECTOR_DATA
	mov	ds, eax
	mov	es, eax
	mov	ss, eax
	mov	eax, CR4_KERNEL
	mov	cr4, eax
	mov	eax, [AP_PARAMS_ADDRESS + AP_PARAMS_CR3]
	mov	cr3, eax
	mov	ecx, EFER_NUMBER
	rdmsr
	or	eax, EFER_KERNEL
	wrmsr
	mov	eax, CR0_KERNEL
	mov	cr0, eax			; the final map holds from here on, here too
	jmp	SELECTOR_CODE:low(long_mode)

bits 64
; Entry: long mode.
long_mode:
	mov	eax, ap_start
	jmp	rax

; void handover_start(void) - another kernel takes this one's place (handover.c): back to
; protected mode without paging, as a boot loader leaves it, then its pieces to where it wants them,
; over this kernel's.
; Entry: long mode, at this page's own address, interrupts off, all other CPUs halted. Does not
; return. Once it copies there is no stack, and no memory but this page, the next, and the pieces.
global handover_start
handover_start:
	cld
	lgdt	[low(gdt_pointer)]
	push	SELECTOR_CODE32
	push	low(.compatible)
	o64 retf

bits 32
.compatible:
	mov	eax, SELECTOR_DATA
	mov	ds, eax
	mov	es, eax
	mov	ss, eax
	mov	eax, CR0_PE
	mov	cr0, eax			; paging is off, and with it long mode
	xor	eax, eax
	xor	edx, edx
	mov	ecx, EFER_NUMBER
	wrmsr
	mov	ebp, HANDOVER_ADDRESS + HANDOVER_PIECES
.piece:
	mov	edi, [ebp]			; to, from, bytes, and how many more become 0
	mov	esi, [ebp + 4]
	mov	ecx, [ebp + 8]
	rep movsb
	mov	ecx, [ebp + 12]
	rep stosb				; al is 0
	add	ebp, HANDOVER_PIECE_SIZE
	cmp	dword [ebp], 0			; nothing goes to 0: the last one
	jne	.piece
	mov	eax, LOADER_MAGIC
	mov	ebx, HANDOVER_INFO
	jmp	[HANDOVER_ADDRESS + HANDOVER_ENTRY]

bits 64
; void handover_park(void) - where the other CPUs halt meanwhile, in memory that is not written to.
; Entry: long mode, interrupts off. Does not return.
global handover_park
handover_park:
	cli
	hlt
	jmp	handover_park

; The accessed bits are set: this page is read-only, and the CPU would set them.
align 8
gdt:
	dq 0
	dq 0x00af9b000000ffff		; SELECTOR_CODE: L (64-bit), execute, read
	dq 0x00cf93000000ffff		; SELECTOR_DATA: read, write
	dq 0x00cf9b000000ffff		; SELECTOR_CODE32: D (32-bit), execute, read
gdt_end:

gdt_pointer:
	dw gdt_end - gdt - 1
	dd low(gdt)
	dd 0				; long mode reads eight bytes

global trampoline_end
trampoline_end:

%if trampoline_end - trampoline_start > AP_PARAMS_ADDRESS - TRAMPOLINE_ADDRESS
%error the trampoline does not fit its page
%endif

; ------------------------------------------------------------------------------------------------
bits 64
section .text

; Find this CPU's slot, claim it, and go to C.
; Entry: long mode, final page tables, interrupts off, no stack. Does not return.
; Uses: r8d = this CPU's APIC id, rdi = slot, ecx = slots left to look at.
ap_start:
	FRAME_OUTERMOST ap_start
	xor	eax, eax
	mov	fs, eax
	mov	gs, eax
	mov	eax, LEAF_FEATURES
	cpuid
	mov	r8d, ebx
	shr	r8d, 24
	xor	eax, eax			; leaf 0: eax = the last leaf
	cpuid
	cmp	eax, LEAF_TOPOLOGY
	jb	.find
	mov	eax, LEAF_TOPOLOGY
	xor	ecx, ecx
	cpuid
	test	ebx, ebx
	jz	.find
	mov	r8d, edx
.find:
	mov	rdi, [AP_PARAMS_ADDRESS + AP_PARAMS_SLOTS]
	mov	ecx, [AP_PARAMS_ADDRESS + AP_PARAMS_COUNT]
.next:
	sub	ecx, 1
	jb	ap_park				; there is no slot for this CPU
	cmp	[rdi + AP_SLOT_APIC_ID], r8d
	je	.claim
	add	rdi, AP_SLOT_SIZE
	jmp	.next

	; The boot CPU gives a slot up by the same exchange: one of the two fails.
.claim:
	mov	eax, AP_STATE_KICKED
	mov	edx, AP_STATE_ALIVE
	lock cmpxchg [rdi + AP_SLOT_STATE], edx
	jne	ap_park
	mov	rsp, [rdi + AP_SLOT_STACK_TOP]
	mov	rdi, [rdi + AP_SLOT_CPU]	; the argument of entry()
	mov	eax, edi
	mov	rdx, rdi
	shr	rdx, 32
	mov	ecx, GS_BASE_NUMBER
	wrmsr
	xor	ebp, ebp			; here a backtrace ends
	call	[AP_PARAMS_ADDRESS + AP_PARAMS_ENTRY]
ap_park:
	cli
	hlt
	jmp	ap_park
	FRAME_END

section .note.GNU-stack progbits noalloc noexec nowrite
