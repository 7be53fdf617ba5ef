// SPDX-License-Identifier: Apache-2.0
// The code of the shared object that this is compiled into, for those who rewrite calls in it.
#pragma once

#include <link.h>
#include <sys/mman.h>

#include <cstdint>

/// Made by the linker for the object that refers to it.
extern "C" [[gnu::visibility("hidden")]] const ElfW(Ehdr) __ehdr_start;

namespace mana {

/// Calls rewrite(begin, end) for every executable part of the object, which can be written to meanwhile. A part that the kernel does not let
/// be changed is left out. Call before there are other threads.
template <class F>
void rewrite_own_text(F rewrite) {
  constexpr std::uintptr_t page = 4096;
  const auto base = reinterpret_cast<std::uintptr_t>(&__ehdr_start);
  const auto* header = reinterpret_cast<const ElfW(Phdr)*>(base + __ehdr_start.e_phoff);
  for (int i = 0; i < __ehdr_start.e_phnum; ++i) {
    if (header[i].p_type != PT_LOAD || (header[i].p_flags & PF_X) == 0) continue;
    const std::uintptr_t begin = base + header[i].p_vaddr, end = begin + header[i].p_memsz, first = begin & ~(page - 1);
    if (mprotect(reinterpret_cast<void*>(first), end - first, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) continue;
    rewrite(reinterpret_cast<unsigned char*>(begin), reinterpret_cast<unsigned char*>(end));
    mprotect(reinterpret_cast<void*>(first), end - first, PROT_READ | PROT_EXEC);
  }
}

}  // namespace mana
