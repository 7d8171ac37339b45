; step_entry.asm: one instruction with other registers, stack and %gs base (arch/step.h).
; SPDX-License-Identifier: MIT

%include "layout.inc"
%include "arch/x86_64/frame.inc"

; Offsets in struct step_regs.
R_GPR	equ 0
R_RIP	equ 128
R_FLAGS	equ 136
R_GS	equ 144
R_RSP	equ R_GPR + 4 * 8

; RFLAGS: the one that is always 1, and the trap flag.
ALWAYS	equ 0x2
TRAP	equ 0x100

bits 64
section .bss
align 8
regs_now:	resq 1			; of the step that goes on
stack_now:	resq 1			; of the caller of step_run()
gs_now:		resq 1			; its %gs base

section .text

; rcx, rax and rdx are clobbered.
%macro SET_GS_BASE 1
	mov	rax, %1
	mov	rdx, rax
	shr	rdx, 32
	mov	ecx, GS_BASE_NUMBER
	wrmsr
%endmacro

; int step_run(struct step_regs *regs)
; Entry: interrupts off. In: rdi = regs. Out: eax. Clobbers: what any C function may.
; Stack while the instruction runs: return address, rbp, rbx, r12, r13, r14, r15 <- stack_now.
global step_run:function
step_run:
	FRAME_CALLED step_run
	push	rbp
	mov	rbp, rsp
	push	rbx
	push	r12
	push	r13
	push	r14
	push	r15
	mov	[rel stack_now], rsp
	mov	[rel regs_now], rdi
	mov	ecx, GS_BASE_NUMBER
	rdmsr
	shl	rdx, 32
	or	rax, rdx
	mov	[rel gs_now], rax
	SET_GS_BASE [rdi + R_GS]
	push	SELECTOR_DATA
	push	qword [rdi + R_RSP]
	mov	rax, [rdi + R_FLAGS]
	or	rax, ALWAYS | TRAP
	push	rax
	push	SELECTOR_CODE
	push	qword [rdi + R_RIP]
	mov	rax, [rdi + R_GPR + 0 * 8]
	mov	rcx, [rdi + R_GPR + 1 * 8]
	mov	rdx, [rdi + R_GPR + 2 * 8]
	mov	rbx, [rdi + R_GPR + 3 * 8]
	mov	rbp, [rdi + R_GPR + 5 * 8]
	mov	rsi, [rdi + R_GPR + 6 * 8]
	mov	r8, [rdi + R_GPR + 8 * 8]
	mov	r9, [rdi + R_GPR + 9 * 8]
	mov	r10, [rdi + R_GPR + 10 * 8]
	mov	r11, [rdi + R_GPR + 11 * 8]
	mov	r12, [rdi + R_GPR + 12 * 8]
	mov	r13, [rdi + R_GPR + 13 * 8]
	mov	r14, [rdi + R_GPR + 14 * 8]
	mov	r15, [rdi + R_GPR + 15 * 8]
	mov	rdi, [rdi + R_GPR + 7 * 8]
	iretq
	FRAME_END

; The gates of the exceptions while there is stepping. The CPU has pushed ss, rsp, rflags, cs and
; rip on the thread's stack, below what it uses, and for some exceptions an error code.
%macro ENTRY 2
global step_entry_%1
step_entry_%1:
	%if %2
	add	rsp, 8			; the error code
	%endif
	push	%1
	jmp	step_entry
%endmacro

	ENTRY	0, 0			; divide error
	ENTRY	1, 0			; the step is done
	ENTRY	3, 0			; int3
	ENTRY	6, 0			; ud2
	ENTRY	13, 1			; general protection
	ENTRY	14, 1			; page fault

; Stack: rdi, the vector, then what the CPU pushed.
step_entry:
	push	rdi
	mov	rdi, [rel regs_now]
	mov	[rdi + R_GPR + 0 * 8], rax
	mov	[rdi + R_GPR + 1 * 8], rcx
	mov	[rdi + R_GPR + 2 * 8], rdx
	mov	[rdi + R_GPR + 3 * 8], rbx
	mov	[rdi + R_GPR + 5 * 8], rbp
	mov	[rdi + R_GPR + 6 * 8], rsi
	mov	[rdi + R_GPR + 8 * 8], r8
	mov	[rdi + R_GPR + 9 * 8], r9
	mov	[rdi + R_GPR + 10 * 8], r10
	mov	[rdi + R_GPR + 11 * 8], r11
	mov	[rdi + R_GPR + 12 * 8], r12
	mov	[rdi + R_GPR + 13 * 8], r13
	mov	[rdi + R_GPR + 14 * 8], r14
	mov	[rdi + R_GPR + 15 * 8], r15
	pop	rax
	mov	[rdi + R_GPR + 7 * 8], rax
	pop	rbx			; the vector
	mov	rax, [rsp + 0]
	mov	[rdi + R_RIP], rax
	mov	rax, [rsp + 16]
	mov	[rdi + R_FLAGS], rax
	mov	rax, [rsp + 24]
	mov	[rdi + R_RSP], rax
	SET_GS_BASE [rel gs_now]
	cld
	mov	rsp, [rel stack_now]
	mov	eax, -1
	cmp	ebx, 1
	cmovne	eax, ebx
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbx
	pop	rbp
	ret

section .note.GNU-stack progbits noalloc noexec nowrite
