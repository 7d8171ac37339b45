; entry.asm: where exceptions and interrupts enter the kernel, and how they leave it.
; SPDX-License-Identifier: MIT
;
; There is no user mode: an interrupt comes from the kernel and goes back to it, on the stack of the
; thread it interrupts, with the same GS base. Only NMI, double fault and machine check, which can
; come when the stack is unusable, have stacks of their own (the TSS's IST; see descriptor.c).

%include "layout.inc"
%include "arch/x86_64/frame.inc"

extern trap_dispatch			; void trap_dispatch(struct trap_frame *frame), trap.c
extern trap_debug_dispatch		; the same for what may be a debugger's

bits 64
section .text

; 256 stubs, TRAP_STUB_SIZE bytes apart: the IDT's gates point here. Each completes what the CPU
; pushed to the same picture: an error code, made up where the CPU has none, and the vector.
; Entry: long mode, interrupts off (interrupt gates), rsp aligned to 16 before the CPU's push.
align TRAP_STUB_SIZE
global trap_stubs:function
trap_stubs:
%assign vector 0
%rep NR_VECTORS
	align TRAP_STUB_SIZE
..@trap_stub_%[vector]:
	%if vector >= 32 || ((VECTORS_WITH_ERROR >> (vector & 31)) & 1) == 0
	FRAME_TRAP ..@trap_stub_%[vector], 0
	push	qword 0
	%else
	FRAME_TRAP ..@trap_stub_%[vector], 1
	%endif
	push	qword vector
	%if vector >= VECTOR_WATCH && vector <= VECTOR_BREAKPOINT
	jmp	near trap_common_debug
	%else
	jmp	near trap_common
	%endif
	FRAME_END
	%assign vector vector + 1
%endrep
	align TRAP_STUB_SIZE

; Save all registers, call the second operand, restore them and return to what was interrupted. The
; stack at the call, offsets from rbp (struct trap_frame begins at +16):
;
;   +184  ss       \
;   +176  rsp       |
;   +168  rflags    | pushed by the CPU
;   +160  cs        |
;   +152  rip      /
;   +144  error      by the CPU or the stub
;   +136  vector     by the stub
;   +128  rax ... +16  r15
;    +8   rip again  \ a frame like any function's: a backtrace
;     0   rbp again  / passes from the handler to what it interrupted
;
; 192 bytes under a 16-byte boundary: rsp is aligned for C.
%macro TRAP_COMMON 2
%1:
	FRAME_TRAP %1, 2
	push	rax
	push	rbx
	push	rcx
	push	rdx
	push	rsi
	push	rdi
	push	rbp
	push	r8
	push	r9
	push	r10
	push	r11
	push	r12
	push	r13
	push	r14
	push	r15
	cld					; the C ABI's; the interrupted code may have set it
	mov	rdi, rsp
	push	qword [rdi + FRAME_RIP]
	push	qword [rdi + FRAME_RBP]
	mov	rbp, rsp
	call	%2
	add	rsp, 16				; the second rbp and rip
	FRAME_DROPS 2
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	r11
	pop	r10
	pop	r9
	pop	r8
	pop	rbp
	pop	rdi
	pop	rsi
	pop	rdx
	pop	rcx
	pop	rbx
	pop	rax
	add	rsp, 16				; vector and error
	FRAME_DROPS 2
	iretq
	FRAME_END
%endmacro

	TRAP_COMMON trap_common, trap_dispatch
	TRAP_COMMON trap_common_debug, trap_debug_dispatch

; Where a CPU that is to stop goes on after the NMI that told it (debug_event.c): as if
; an exception had come where the NMI did.
; Entry: interrupts off; on the stack rip, cs, rflags, rsp and ss of what was interrupted, as the
; CPU pushes them.
global debug_summoned:function
debug_summoned:
	FRAME_TRAP debug_summoned, 0
	push	qword 0
	push	qword VECTOR_NONE
	jmp	near trap_common_debug
	FRAME_END

; void debug_halt(const bool *poked)
; Halt until an NMI, unless one has come: its handler sets *poked, and goes on at debug_halt_end if
; it came between the two labels. Entry: interrupts off. In: rdi = poked. Clobbers: RFLAGS.
global debug_halt:function
global debug_halt_end
debug_halt:
	FRAME_CALLED debug_halt
	cmp	byte [rdi], 0
	jne	debug_halt_end
	hlt
debug_halt_end:
	ret
	FRAME_END

; void arch_safe_halt(void)
; Entry: interrupts off. Clobbers: nothing but RFLAGS; interrupts are on afterwards.
global arch_safe_halt:function
global arch_halt_instruction
arch_safe_halt:
	FRAME_CALLED arch_safe_halt
	push	rbp
	mov	rbp, rsp
	sti					; from the end of the next instruction on
arch_halt_instruction:
	hlt
	pop	rbp
	ret
	FRAME_END

; int trap_call(void (*fn)(void *arg), void *arg, unsigned long *resume_rsp)
; Call fn(arg), and return 0. If trap.c ends it at an exception, by returning from that to
; trap_resume with rsp = *resume_rsp, return 1 instead, with everything the C ABI keeps, and RFLAGS,
; as on entry.
; In: rdi = fn, rsi = arg, rdx = resume_rsp. Clobbers: what any C function may.
; Stack while fn runs: return address, rbp, rbx, r12, r13, r14, r15, rflags <- *resume_rsp.
global trap_call:function
trap_call:
	FRAME_CALLED trap_call
	push	rbp
	mov	rbp, rsp
	push	rbx
	push	r12
	push	r13
	push	r14
	push	r15
	pushfq
	mov	[rdx], rsp
	mov	rax, rdi
	mov	rdi, rsi
	call	rax
	xor	eax, eax
	jmp	trap_call_end

; Entry: as the interrupted code left it, but for rsp.
global trap_resume:function
trap_resume:
	mov	eax, 1
trap_call_end:
	popfq
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbx
	pop	rbp
	ret
	FRAME_END

section .note.GNU-stack progbits noalloc noexec nowrite
