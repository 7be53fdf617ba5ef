// SPDX-License-Identifier: Apache-2.0
// Preloaded into a native program: its calls of MPI go through the least that any split process must do, and nothing else: the FS base
// is written on the way in and on the way out, and the call runs on a stack of its own. No handle is translated, nothing is counted, and
// no checkpoint could come. What this costs, no split process saves. For programs with one thread that calls MPI.
#include <asm/prctl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { stack_bytes = 1 << 20 };
static char stack[stack_bytes] __attribute__((aligned(64), used));
static uintptr_t stack_top __attribute__((used)) = (uintptr_t)(stack + stack_bytes);
static uintptr_t fs_base __attribute__((used));

__attribute__((constructor)) static void note_fs_base(void) {
  if ((getauxval(AT_HWCAP2) & 2) == 0) {
    fprintf(stderr, "bare_door: this machine has no FSGSBASE\n");
    _exit(2);
  }
  __asm__("rdfsbase %0" : "=r"(fs_base));
}

// `on_stack`: how many arguments the call has there.
__asm__(
    ".macro door name on_stack=0\n"
    ".globl MPI_\\name\n"
    ".type MPI_\\name, @function\n"
    ".p2align 5\n"
    "MPI_\\name:\n"
    "  pushq %rbp\n"
    "  movq fs_base(%rip), %rax\n"
    "  movq %rsp, %rbp\n"
    "  wrfsbase %rax\n"
    "  movq stack_top(%rip), %rsp\n"
    "  .if \\on_stack == 1\n"
    "  pushq %rax\n"
    "  .endif\n"
    "  .if \\on_stack == 2\n"
    "  pushq 24(%rbp)\n"
    "  .endif\n"
    "  .if \\on_stack\n"
    "  pushq 16(%rbp)\n"
    "  .endif\n"
    "  call PMPI_\\name@PLT\n"
    "  movq fs_base(%rip), %rcx\n"
    "  movq %rbp, %rsp\n"
    "  wrfsbase %rcx\n"
    "  popq %rbp\n"
    "  ret\n"
    ".endm\n"
    ".text\n"
    "door Send\n"
    "door Recv 1\n"
    "door Isend 1\n"
    "door Irecv 1\n"
    "door Wait\n"
    "door Waitall\n"
    "door Test\n"
    "door Iprobe\n"
    "door Start\n"
    "door Allreduce\n"
    "door Barrier\n"
    "door Bcast\n"
    "door Put 2\n"
    "door Win_flush\n"
    "door Win_lock\n"
    "door Win_unlock\n");
