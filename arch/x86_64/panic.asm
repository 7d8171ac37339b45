; panic.asm: panic(), from the call on: the caller's registers, before anything changes them.
; SPDX-License-Identifier: MIT

%include "layout.inc"
%include "arch/x86_64/frame.inc"

extern panic_called			; trap_report.c

bits 64
section .text

; void panic(const char *fmt, ...)
; Entry: long mode, anything else may be broken. In: rdi = fmt; rsi, rdx, rcx, r8, r9 and the stack
; = its arguments. Does not return.
; The stack at the call of panic_called(), offsets from rbp:
;
;   +16  more arguments
;    +8  return address      \ a frame like any function's
;     0  rbp                 /
;    -8  rflags
;   -16  r9 ... -56  rdi       the arguments in registers, in order
;   -64  nothing               (aligns what follows)
;   -72  ss                  \
;   ...                       | struct trap_frame: as if an interrupt had come at the call
;  -240  r15                 /
global panic:function
panic:
	FRAME_CALLED panic
	push	rbp
	mov	rbp, rsp
	pushfq
	push	r9
	push	r8
	push	rcx
	push	rdx
	push	rsi
	push	rdi
	push	rax				; for the alignment only
	push	qword SELECTOR_DATA
	push	rbp
	add	qword [rsp], 16			; rsp before the call
	push	qword [rbp - 8]
	push	qword SELECTOR_CODE
	push	qword [rbp + 8]
	dec	qword [rsp]			; inside the call, which may be its function's last
	push	qword 0				; error
	push	qword VECTOR_NONE
	push	rax
	push	rbx
	push	rcx
	push	rdx
	push	rsi
	push	rdi
	push	qword [rbp]
	push	r8
	push	r9
	push	r10
	push	r11
	push	r12
	push	r13
	push	r14
	push	r15
	cld
	mov	rdi, rsp
	lea	rsi, [rbp - 56]
	lea	rdx, [rbp + 16]
	call	panic_called
	ud2
	FRAME_END

section .note.GNU-stack progbits noalloc noexec nowrite
