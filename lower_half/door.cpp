// SPDX-License-Identifier: Apache-2.0
#include "lower_half/door.hpp"

#include "common/gate.hpp"

/// The door where only the kernel can change the FS base (arch_prctl(ARCH_SET_FS)). %rax = the entry; a seventh argument, if it has one, is passed on.
asm(R"(
  .pushsection .text
  .p2align 4
  .globl mana_slow_door
  .hidden mana_slow_door
  .type mana_slow_door, @function
mana_slow_door:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  .cfi_offset %rbx, -24
  .cfi_offset %r12, -32
  .cfi_offset %r13, -40
  .cfi_offset %r14, -48
  movq %rdi, %rbx
  movq %rsi, %r12
  movq %rcx, %r13
  movq %rax, %r14
  movl $158, %eax
  movl $0x1002, %edi
  movq %gs:16, %rsi
  syscall
  movq %gs:24, %rsp
  pushq %rax
  pushq 16(%rbp)
  movq %rbx, %rdi
  movq %r12, %rsi
  movq %r13, %rcx
  call *%r14
  leaq -32(%rbp), %rsp
  movq %rax, %rbx
  movl $158, %eax
  movl $0x1002, %edi
  movq %gs:8, %rsi
  syscall
  movq %rbx, %rax
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_endproc
  .size mana_slow_door, . - mana_slow_door
  .popsection
)");

namespace mana::lower {

Door Doors::for_this_machine() const { return gate().has_fsgsbase != 0 ? fast : slow; }

}  // namespace mana::lower
