// SPDX-License-Identifier: Apache-2.0
#include "upper_half/near_calls.hpp"

#include <cstdint>
#include <cstring>

#include "common/gate.hpp"
#include "common/own_text.hpp"

namespace mana::upper {
namespace {

constexpr int site_bytes = 7;  // ff 14 25 disp32: call *disp32

/// The jump in the door table for what stands at `at`; 0: no call through the gate.
std::uintptr_t door_of(const unsigned char* at) {
  if (at[0] != 0xff || at[1] != 0x14 || at[2] != 0x25) return 0;
  std::uint32_t slot;
  std::memcpy(&slot, at + 3, sizeof slot);
  const auto first = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(&gate().lower_entries[0]));
  if (slot < first || slot >= first + 8 * gate().lower_entry_count || slot % 8 != first % 8) return 0;
  return door_table_address + door_jump_bytes * ((slot - first) / 8);
}

/// A nop of two bytes and call rel32.
bool rewrite(unsigned char* at, std::uintptr_t door) {
  const auto distance = static_cast<std::int64_t>(door - (reinterpret_cast<std::uintptr_t>(at) + site_bytes));
  if (distance != static_cast<std::int32_t>(distance)) return false;
  const auto relative = static_cast<std::int32_t>(distance);
  unsigned char code[site_bytes] = {0x66, 0x90, 0xe8, 0, 0, 0, 0};
  std::memcpy(code + 3, &relative, sizeof relative);
  std::memcpy(at, code, sizeof code);
  return true;
}

int rewrite_all(unsigned char* begin, unsigned char* end) {
  int rewritten = 0;
  for (unsigned char* at = begin; at + site_bytes <= end; ++at) {
    const std::uintptr_t door = door_of(at);
    if (door == 0 || !rewrite(at, door)) continue;
    ++rewritten;
    at += site_bytes - 1;
  }
  return rewritten;
}

}  // namespace

int make_crossings_direct() {
  int rewritten = 0;
  rewrite_own_text([&](unsigned char* begin, unsigned char* end) { rewritten += rewrite_all(begin, end); });
  return rewritten;
}

}  // namespace mana::upper
