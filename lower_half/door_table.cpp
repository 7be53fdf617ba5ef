// SPDX-License-Identifier: Apache-2.0
#include "lower_half/door_table.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>

#include "common/gate.hpp"
#include "lower_half/complain.hpp"

namespace mana::lower {
namespace {

/// jmp rel32, or jmp *slot of the gate.
void write_jump(unsigned char* at, std::int64_t (*const* slot)(void*)) {
  const auto distance = reinterpret_cast<std::intptr_t>(*slot) - (reinterpret_cast<std::intptr_t>(at) + 5);
  if (distance == static_cast<std::int32_t>(distance)) {
    const auto relative = static_cast<std::int32_t>(distance);
    at[0] = 0xe9;
    std::memcpy(at + 1, &relative, sizeof relative);
  } else {
    const auto address = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(slot));
    at[0] = 0xff, at[1] = 0x24, at[2] = 0x25;
    std::memcpy(at + 3, &address, sizeof address);
  }
}

}  // namespace

void lay_door_table() {
  auto* wanted = reinterpret_cast<unsigned char*>(door_table_address);
  void* at = mmap(wanted, door_table_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (at != wanted) complain("memory below the window, at {:#x}, can't be mapped: {}; check ulimit -v", door_table_address, std::strerror(errno));
  for (std::uint32_t i = 0; i < gate().lower_entry_count; ++i) write_jump(wanted + door_jump_bytes * i, &gate().lower_entries[i]);
  mprotect(wanted, door_table_bytes, PROT_READ | PROT_EXEC);
}

}  // namespace mana::lower
