/* SPDX-License-Identifier: Apache-2.0 */
/* The synthetic vDSO: each function jumps through the gate to the running kernel's own. Slots: Gate::vdso. */
#include "gate_layout.h"
  .text
  .macro forward name, slot
  .globl __vdso_\name
  .type __vdso_\name, @function
__vdso_\name:
  jmp *\slot
  .size __vdso_\name, . - __vdso_\name
  .weak \name
  .set \name, __vdso_\name
  .endm
  forward clock_gettime, (VDSO_SLOTS + 0)
  forward gettimeofday, (VDSO_SLOTS + 8)
  forward time, (VDSO_SLOTS + 16)
  forward getcpu, (VDSO_SLOTS + 24)
  forward clock_getres, (VDSO_SLOTS + 32)
  .section .note.GNU-stack,"",@progbits
