// SPDX-License-Identifier: Apache-2.0
// The one door into the lower half. Price: two FS-base writes, one stack switch, one indirect call.
#include <cstddef>

#include "upper_half/thread.hpp"

namespace mana::upper {

/// rdi = arguments, rsi = entry index. `in_lower` is set before the FS base changes and cleared after it is back, so a signal
/// handler that sees it clear may use the upper TLS. The second half serves CPUs or kernels without FSGSBASE.
extern "C" [[gnu::naked]] std::int64_t mana_cross(void*, std::uint64_t) {
  asm volatile(
      "pushq %%rbp\n"
      "movq %%rsp, %%rbp\n"
      "cmpl $0, %c[has_fsgsbase]\n"
      "je 1f\n"
      "movq %%gs:16, %%rax\n"
      "movl $1, %%gs:32\n"
      "wrfsbase %%rax\n"
      "movq %%gs:24, %%rsp\n"
      "call *%c[entries](,%%rsi,8)\n"
      "movq %%gs:8, %%rcx\n"
      "movq %%rbp, %%rsp\n"
      "wrfsbase %%rcx\n"
      "movl $0, %%gs:32\n"
      "popq %%rbp\n"
      "ret\n"
      "1: pushq %%rbx\n"
      "pushq %%r12\n"
      "movq %%rdi, %%rbx\n"
      "movq %%rsi, %%r12\n"
      "movl $1, %%gs:32\n"
      "movl $158, %%eax\n"
      "movl $0x1002, %%edi\n"
      "movq %%gs:16, %%rsi\n"
      "syscall\n"
      "movq %%gs:24, %%rsp\n"
      "movq %%rbx, %%rdi\n"
      "call *%c[entries](,%%r12,8)\n"
      "leaq -16(%%rbp), %%rsp\n"
      "movq %%rax, %%rbx\n"
      "movl $158, %%eax\n"
      "movl $0x1002, %%edi\n"
      "movq %%gs:8, %%rsi\n"
      "syscall\n"
      "movl $0, %%gs:32\n"
      "movq %%rbx, %%rax\n"
      "popq %%r12\n"
      "popq %%rbx\n"
      "popq %%rbp\n"
      "ret\n"
      :
      : [has_fsgsbase] "i"(gate_address + offsetof(Gate, has_fsgsbase)), [entries] "i"(gate_address + offsetof(Gate, lower_entries)));
}

}  // namespace mana::upper
