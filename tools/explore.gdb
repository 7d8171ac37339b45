# explore.gdb: gdb at the last step of a replay (make debug SCENARIO=... REPLAY=...).
# SPDX-License-Identifier: MIT
#
# The threads are not threads of the machine: the explorer has their registers. `threads` shows where each stands;
# `last` goes on to the instruction of the last step, which then is about to execute for real, with the thread's
# registers and on its stack: `bt`, `info registers` and `x` are the thread's.

define threads
  set $t = 0
  while $t < stage_n_threads
    set $state = &stage_threads[$t].state
    if $state->done
      printf "thread %d has ended\n", $t
    else
      printf "thread %d stands before\n", $t
      x/i $state->regs.rip
      info line *$state->regs.rip
      printf "  rax %lx  rcx %lx  rdx %lx  rbx %lx\n", $state->regs.gpr[0], $state->regs.gpr[1], $state->regs.gpr[2], $state->regs.gpr[3]
      printf "  rsp %lx  rbp %lx  rsi %lx  rdi %lx\n", $state->regs.gpr[4], $state->regs.gpr[5], $state->regs.gpr[6], $state->regs.gpr[7]
      printf "  r8 %lx  r9 %lx  r10 %lx  r11 %lx\n", $state->regs.gpr[8], $state->regs.gpr[9], $state->regs.gpr[10], $state->regs.gpr[11]
      printf "  r12 %lx  r13 %lx  r14 %lx  r15 %lx\n", $state->regs.gpr[12], $state->regs.gpr[13], $state->regs.gpr[14], $state->regs.gpr[15]
    end
    set $t = $t + 1
  end
end
document threads
Where each thread of the explorer stands, and its registers.
end

define last
  set $last = &stage_threads[$actor % stage_n_threads].state
  if $actor >= stage_n_threads || $last->regs.rip == 0
    printf "the last step is no instruction\n"
  else
    thbreak *$last->regs.rip
    continue
  end
end
document last
Go on to the instruction that the last step executes.
end

delete
thbreak explore_last_step
continue
set $actor = actor
printf "The last step is thread %d's.\n", $actor % stage_n_threads
threads
