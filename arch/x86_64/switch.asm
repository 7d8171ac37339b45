; switch.asm: from one thread's stack to another's.
; SPDX-License-Identifier: MIT

%include "layout.inc"
%include "arch/x86_64/frame.inc"

bits 64
section .text

; void context_switch(struct context *from, const struct context *to)
; Entry: interrupts off. In: rdi = from, rsi = to. Clobbers: what any C function may.
; Returns on the other stack, to whoever called context_switch() there.
;
; What stays on the stack of a thread that is switched out, and context.c lays out for a new one:
;
;   +48  return address    \ a frame like any function's, so that
;   +40  rbp               / context_frame() can begin a backtrace here
;   +32  rbx
;   +24  r12
;   +16  r13
;    +8  r14
;     0  r15               <- context.rsp
;
; Nothing else has to be kept: the caller expects the other registers to change, as in any call, and
; RFLAGS is the same on both sides (interrupts off, and the C ABI's DF = 0).
global context_switch:function
context_switch:
	FRAME_CALLED context_switch
	push	rbp
	mov	rbp, rsp
	push	rbx
	push	r12
	push	r13
	push	r14
	push	r15
	mov	[rdi], rsp
	mov	rsp, [rsi]
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbx
	pop	rbp
	ret
	FRAME_END

; Where a new thread's first context_switch() returns to: behind the nop. A backtrace looks for the
; function of a return address at the byte before it, which must be this one's.
; Entry: interrupts off; rbx = void (*entry)(void *arg), r12 = arg, rbp = 0, rsp = top of the stack,
;        aligned to 16. Does not return: neither does entry().
global context_start:function
context_start:
	FRAME_OUTERMOST context_start
	nop
	mov	rdi, r12
	call	rbx
	ud2
	FRAME_END

section .note.GNU-stack progbits noalloc noexec nowrite
