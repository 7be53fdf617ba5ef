// SPDX-License-Identifier: Apache-2.0
// The doors of the lower half: what `Gate::lower_entries` points to, one for each entry.
//
// A door is called by upper code on an upper stack with the upper FS base and ThreadRecord::in_lower set. It loads the lower FS
// base and stack from the thread's record, calls its entry with the (up to six) argument registers as they are, goes back
// and returns the entry's result. It
// calls the entry by name: behind a write to the FS base, an indirect call stalls the processor until its target has been
// read, 7 ns where a direct one costs nothing. There are two kinds: the fast one, and one for processors and kernels that
// do not let user code write the FS base.
#pragma once

#include <cstdint>

/// Defines two assembler macros. Use once in a source: asm(MANA_DOOR_MACRO "mana_door ENTRY\n" ...).
///
/// `mana_door ENTRY`, where ENTRY is an extern "C" function of the same shared object, makes door_ENTRY and slow_door_ENTRY.
/// `mana_direct_door NAME FUNCTION SEVENTH` makes door_NAME and slow_door_NAME, which lead to a function of another object; SEVENTH = 1: it
/// has a seventh argument, which is on the stack.
#define MANA_DOOR_MACRO                                \
  ".macro mana_door_begins name\n"                     \
  ".pushsection .text.mana_doors, \"ax\", @progbits\n" \
  ".p2align 5\n"                                       \
  ".globl \\name\n"                                    \
  ".hidden \\name\n"                                   \
  ".type \\name, @function\n"                          \
  "\\name:\n"                                          \
  ".endm\n"                                            \
  ".macro mana_door_ends name\n"                       \
  ".size \\name, . - \\name\n"                         \
  ".popsection\n"                                      \
  ".endm\n"                                            \
  ".macro mana_way_in seventh=0\n"                     \
  ".cfi_startproc\n"                                   \
  "  pushq %rbp\n"                                     \
  "  .cfi_def_cfa_offset 16\n"                         \
  "  .cfi_offset %rbp, -16\n"                          \
  "  movq %gs:16, %rax\n"                              \
  "  movq %rsp, %rbp\n"                                \
  "  .cfi_def_cfa_register %rbp\n"                     \
  "  wrfsbase %rax\n"                                  \
  "  movq %gs:24, %rsp\n"                              \
  "  .if \\seventh\n"                                  \
  "  pushq %rax\n"                                     \
  "  pushq 16(%rbp)\n"                                 \
  "  .endif\n"                                         \
  ".endm\n"                                            \
  ".macro mana_way_out\n"                              \
  "  movq %gs:8, %rcx\n"                               \
  "  movq %rbp, %rsp\n"                                \
  "  wrfsbase %rcx\n"                                  \
  "  popq %rbp\n"                                      \
  "  .cfi_def_cfa %rsp, 8\n"                           \
  "  ret\n"                                            \
  ".cfi_endproc\n"                                     \
  ".endm\n"                                            \
  ".macro mana_door entry\n"                           \
  "  mana_door_begins door_\\entry\n"                  \
  "  mana_way_in\n"                                    \
  "  call \\entry\n"                                   \
  "  mana_way_out\n"                                   \
  "  mana_door_ends door_\\entry\n"                    \
  "  mana_door_begins slow_door_\\entry\n"             \
  "  leaq \\entry(%rip), %rax\n"                       \
  "  jmp mana_slow_door\n"                             \
  "  mana_door_ends slow_door_\\entry\n"               \
  ".endm\n"                                            \
  ".macro mana_direct_door name, function, seventh\n"  \
  "  mana_door_begins door_\\name\n"                   \
  "  mana_way_in \\seventh\n"                          \
  "  call *\\function@GOTPCREL(%rip)\n"                \
  "  mana_way_out\n"                                   \
  "  mana_door_ends door_\\name\n"                     \
  "  mana_door_begins slow_door_\\name\n"              \
  "  movq \\function@GOTPCREL(%rip), %rax\n"           \
  "  jmp mana_slow_door\n"                             \
  "  mana_door_ends slow_door_\\name\n"                \
  ".endm\n"

namespace mana::lower {

/// What stands in the gate.
using Door = std::int64_t (*)(void* arguments);

/// Both doors of one entry.
struct Doors {
  Door fast, slow;
  Door for_this_machine() const;
};

}  // namespace mana::lower
