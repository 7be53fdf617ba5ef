/* SPDX-License-Identifier: Apache-2.0 */
/* Header and entries of the resident code. A stub keeps every register but rax, rcx, r11, as a system call does. */
  .section .header, "a"
  .globl resident_header
resident_header:
  .quad 0x776f646e69774d          /* window_magic */
  .long 1                         /* window_version */
  .long vdso_image - resident_header
  .irp k,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19
  .quad stub_\k
  .endr
  .quad mana_signal_door
  .quad mana_redirect_code

  .text
  .irp k,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19
stub_\k:
  pushq %r9
  pushq %r8
  pushq %r10
  pushq %rdx
  pushq %rsi
  pushq %rdi
  movl $\k, %edi
  jmp redirect
  .endr

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
