// SPDX-License-Identifier: Apache-2.0
// x86-64: raw system calls and the FS/GS bases. No errno, no TLS, no libc: usable by either half at any moment.
#pragma once

#include <asm/prctl.h>
#include <sys/syscall.h>

#include <cstdint>

#include "common/gate.hpp"

namespace mana::arch {

[[gnu::always_inline]] inline long raw_syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  // The nop keeps our own calls out of the pattern by which the application's are redirected (upper_half/resident).
  asm volatile("nop\n\tsyscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}

template <class T>
[[gnu::always_inline]] inline long word(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

[[gnu::always_inline]] inline std::uint64_t fs_base() {
  std::uint64_t base = 0;
  if (gate().has_fsgsbase != 0) {
    asm volatile("rdfsbase %0" : "=r"(base));
  } else {
    raw_syscall(SYS_arch_prctl, ARCH_GET_FS, word(&base));
  }
  return base;
}

[[gnu::always_inline]] inline std::uint64_t gs_base() {
  std::uint64_t base = 0;
  if (gate().has_fsgsbase != 0) {
    asm volatile("rdgsbase %0" : "=r"(base));
  } else {
    raw_syscall(SYS_arch_prctl, ARCH_GET_GS, word(&base));
  }
  return base;
}

[[gnu::always_inline]] inline void set_fs_base(std::uint64_t base) {
  if (gate().has_fsgsbase != 0) {
    asm volatile("wrfsbase %0" : : "r"(base) : "memory");
  } else {
    raw_syscall(SYS_arch_prctl, ARCH_SET_FS, static_cast<long>(base));
  }
}

[[gnu::always_inline]] inline void set_gs_base(std::uint64_t base) {
  if (gate().has_fsgsbase != 0) {
    asm volatile("wrgsbase %0" : : "r"(base) : "memory");
  } else {
    raw_syscall(SYS_arch_prctl, ARCH_SET_GS, static_cast<long>(base));
  }
}

}  // namespace mana::arch
