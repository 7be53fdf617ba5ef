// SPDX-License-Identifier: Apache-2.0
// The one way into the lower half: through the entry's door in the gate page (lower_half/door.hpp), which changes FS base and
// stack and comes back. Price: two FS-base writes, one stack switch, one call more.
#pragma once

#include <cstddef>
#include <tuple>

#include "gen/lower_index.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

/// One crossing. `ThreadRecord::in_lower` is set before the FS base changes and cleared after it is back: a signal handler
/// that sees it clear may use the upper TLS, and has no lower code below it.
///
/// This form is for entries that take up to six integers or pointers, in registers; most take one pointer, see cross(). The direct
/// entry of a function of seven takes the last from the stack.
template <class... Argument>
[[gnu::always_inline]] inline std::int64_t cross_with(LowerEntry entry, Argument... arguments) {
  static_assert(sizeof...(Argument) <= 7 && ((sizeof(Argument) <= 8) && ...));
  asm volatile("movl $1, %%gs:32" : : : "memory");
  auto door = reinterpret_cast<std::int64_t (*)(Argument...)>(reinterpret_cast<void (*)()>(gate().lower_entries[static_cast<std::uint32_t>(entry)]));
  std::int64_t result = door(arguments...);
  asm volatile("movl $0, %%gs:32" : : : "memory");
  return result;
}

[[gnu::always_inline]] inline std::int64_t cross(void* arguments, LowerEntry entry) { return cross_with(entry, arguments); }

namespace crossing {

template <std::size_t n, class... Argument>
[[gnu::always_inline]] inline auto nth(Argument... arguments) {
  if constexpr (n < sizeof...(Argument)) {
    return std::get<n>(std::make_tuple(arguments...));
  } else {
    std::uint64_t anything;
    asm volatile("" : "=r"(anything));
    return anything;
  }
}

}  // namespace crossing

#define MANA_CROSSING(push)         \
  "movl $1, %%gs:32\n\t"            \
  "movq %%gs:16, %%rax\n\t"         \
  "movq %%rsp, %%rbx\n\t"           \
  ".cfi_remember_state\n\t"         \
  ".cfi_def_cfa_register %%rbx\n\t" \
  "wrfsbase %%rax\n\t"              \
  "movq %%gs:24, %%rsp\n\t" push    \
  "call *%c[slot]\n\t"              \
  "movq %%gs:8, %%rcx\n\t"          \
  "movq %%rbx, %%rsp\n\t"           \
  "wrfsbase %%rcx\n\t"              \
  ".cfi_restore_state\n\t"          \
  "movl $0, %%gs:32\n\t"
#define MANA_CROSSING_CLOBBERS                                                                                                                               \
  "rbx", "r11", "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", \
      "xmm15", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)"
/// One crossing into a function, with the door's work done here (lower_half/door.hpp): a call and a return less. The
/// seventh argument goes to the lower stack, two words keep that aligned. On a machine without FSGSBASE its door does it.
template <LowerEntry real, class... Argument>
[[gnu::always_inline]] inline int cross_to(Argument... arguments) {
  static_assert(sizeof...(Argument) <= 7 && ((sizeof(Argument) <= 8) && ...));
  if (__builtin_expect(gate().has_fsgsbase == 0, 0)) return static_cast<int>(cross_with(door_of(real), arguments...));
  constexpr std::uintptr_t slot = gate_address + offsetof(Gate, lower_entries) + 8 * static_cast<std::uintptr_t>(real);
  int code;
  auto rdi = crossing::nth<0>(arguments...);
  auto rsi = crossing::nth<1>(arguments...);
  auto rdx = crossing::nth<2>(arguments...);
  auto rcx = crossing::nth<3>(arguments...);
  register auto r8 asm("r8") = crossing::nth<4>(arguments...);
  register auto r9 asm("r9") = crossing::nth<5>(arguments...);
  register auto r10 asm("r10") = crossing::nth<6>(arguments...);
  if constexpr (sizeof...(Argument) == 7)
    asm volatile(MANA_CROSSING("pushq %%r10\n\tpushq %%r10\n\t")
                 : "=a"(code), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+c"(rcx), "+r"(r8), "+r"(r9), "+r"(r10)
                 : [slot] "i"(slot)
                 : MANA_CROSSING_CLOBBERS);
  else
    asm volatile(MANA_CROSSING("")
                 : "=a"(code), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+c"(rcx), "+r"(r8), "+r"(r9), "+r"(r10)
                 : [slot] "i"(slot)
                 : MANA_CROSSING_CLOBBERS);
  return code;
}
#undef MANA_CROSSING
#undef MANA_CROSSING_CLOBBERS

}  // namespace mana::upper
