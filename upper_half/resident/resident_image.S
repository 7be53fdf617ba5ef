/* SPDX-License-Identifier: Apache-2.0 */
/* The resident code of the upper half, as the loader copies it into the window. */
  .section .rodata
  .globl resident_image, resident_image_end
  .balign 64
resident_image:
  .incbin "resident.bin"
resident_image_end:
  .section .note.GNU-stack,"",@progbits
