/* SPDX-License-Identifier: Apache-2.0 */
/* Header and entries of the resident code. A stub keeps every register but rax, rcx, r11, as a system call does. */
#include "gate_layout.h"

  .macro save_arguments
  pushq %r9
  pushq %r8
  pushq %r10
  pushq %rdx
  pushq %rsi
  pushq %rdi
  .endm

  /* One redirected call: its place in the header, its code. */
  .macro stub call
  .quad stub_\call
  .text
stub_\call:
  save_arguments
  movl $\call, %edi
  jmp redirect
  .previous
  .endm

  .section .header, "a"
  .globl resident_header
resident_header:
  .quad 0x776f646e69774d          /* window_magic */
  .long 6                         /* window_version */
  .long vdso_image - resident_header
  .altmacro
  .set next, 0
  .rept REDIRECTED_COUNT
  stub %next
  .set next, next + 1
  .endr
  .noaltmacro
  .quad mana_signal_door
  .quad mana_redirect_code
  .quad timed_call_returns
  .quad child_wait_begins
  .quad child_wait_returns
  .quad stub_of_any
  .quad is_redirected
  .quad opening_call_returns
  .quad opening_call_noted
  .quad pair_call_returns
  .quad pair_call_noted
  .quad closing_call_begins
  .quad closing_call_enters

  .text
/* For a call whose number is known only when it is made (libc's syscall()): the stub that finds what it is. */
stub_of_any:
  save_arguments
  leal 4096(%rax), %edi
  jmp redirect

/* Clears ZF if number %eax is redirected; keeps every register but rcx and r11. */
is_redirected:
  pushq %rax
  pushq %rdi
  pushq %rsi
  pushq %rdx
  pushq %r10
  pushq %r8
  pushq %r9
  movq %rax, %rdi
  call mana_redirected_index
  notl %eax
  testl %eax, %eax
  popq %r9
  popq %r8
  popq %r10
  popq %rdx
  popq %rsi
  popq %rdi
  popq %rax
  ret

  .macro load_call  /* number in rdi, arguments at rsi */
  movq %rdi, %rax
  movq %rsi, %rcx
  movq (%rcx), %rdi
  movq 8(%rcx), %rsi
  movq 16(%rcx), %rdx
  movq 24(%rcx), %r10
  movq 32(%rcx), %r8
  movq 40(%rcx), %r9
  .endm
  .equ tracked_descriptors, 65536
  .equ go_on_after_checkpoint, -4094

/* long mana_timed_call(long number, const long* arguments): a call that a checkpoint may interrupt; the handler of the stop signal knows
   it by the address behind its syscall. */
  .globl mana_timed_call
  .hidden mana_timed_call
mana_timed_call:
  load_call
  nop
  syscall
timed_call_returns:
  ret

/* long mana_child_wait(long number, const long* arguments, unsigned incarnation, const unsigned* current): as mana_timed_call, without entering
   the kernel when there has been a restart since `incarnation` was read. */
  .globl mana_child_wait
  .hidden mana_child_wait
mana_child_wait:
child_wait_begins:
  cmpl %edx, (%rcx)
  movl $go_on_after_checkpoint, %eax
  cltq
  jne child_wait_returns
  load_call
  nop
  syscall
child_wait_returns:
  ret

/* long mana_opening_call(long number, const long* arguments, unsigned long* owned): a call that makes a descriptor, which is noted
   among those owned; null: in a child that only borrows our memory. The handler of the stop signal notes what lies in between. */
  .globl mana_opening_call
  .hidden mana_opening_call
mana_opening_call:
  pushq %rbx
  movq %rdx, %rbx
  load_call
  syscall
opening_call_returns:
  testq %rbx, %rbx
  jz opening_call_noted
  cmpq $tracked_descriptors, %rax
  jae opening_call_noted
  lock btsq %rax, (%rbx)
opening_call_noted:
  popq %rbx
  ret

/* long mana_pair_call(long number, const long* arguments, unsigned long* owned, const int* pair): the same for two. */
  .globl mana_pair_call
  .hidden mana_pair_call
mana_pair_call:
  pushq %rbx
  pushq %rbp
  movq %rdx, %rbx
  movq %rcx, %rbp
  load_call
  syscall
pair_call_returns:
  testq %rbx, %rbx
  jz pair_call_noted
  testq %rax, %rax
  jnz pair_call_noted
  .irp which,0,4
  movslq \which(%rbp), %rcx
  cmpq $tracked_descriptors, %rcx
  jae pair_call_noted
  lock btsq %rcx, (%rbx)
  .endr
pair_call_noted:
  popq %rbp
  popq %rbx
  ret

/* long mana_closing_call(long descriptor, unsigned long* owned): close(2) of one that is noted. The handler of the stop signal takes a
   thread that is about to enter it back to the beginning. */
  .globl mana_closing_call
  .hidden mana_closing_call
mana_closing_call:
  movl $3, %eax
closing_call_begins:
  lock btrq %rdi, (%rsi)
closing_call_enters:
  syscall
  ret

redirect:
  movq %rsp, %rsi
  pushq %rbp
  movq %rsp, %rbp
  andq $-16, %rsp
  call mana_redirect
  leave
  popq %rdi
  popq %rsi
  popq %rdx
  popq %r10
  popq %r8
  popq %r9
  ret

  .section .vdso, "a"
  .balign 4096
  .globl vdso_image
vdso_image:
  .incbin "synthetic_vdso.so"
  .balign 4096
  .section .note.GNU-stack,"",@progbits
