// SPDX-License-Identifier: Apache-2.0
#include "lower_half/direct_calls.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "common/own_text.hpp"

namespace mana::lower {
namespace {

using Address = std::uintptr_t;

/// This object as it is loaded.
class OwnObject {
 public:
  OwnObject() : base_(reinterpret_cast<Address>(&__ehdr_start)) {
    for (const ElfW(Dyn)* d = _DYNAMIC; d->d_tag != DT_NULL; ++d) {
      if (d->d_tag == DT_RELA) relocations_ = reinterpret_cast<const ElfW(Rela)*>(loaded(d->d_un.d_ptr));
      if (d->d_tag == DT_RELASZ) relocation_count_ = d->d_un.d_val / sizeof(ElfW(Rela));
      if (d->d_tag == DT_SYMTAB) symbols_ = reinterpret_cast<const ElfW(Sym)*>(loaded(d->d_un.d_ptr));
      if (d->d_tag == DT_STRTAB) names_ = reinterpret_cast<const char*>(loaded(d->d_un.d_ptr));
    }
  }

  /// Addresses of the slots that hold functions of other objects, sorted.
  std::vector<Address> function_slots() const {
    std::vector<Address> slots;
    for (std::size_t i = 0; i < relocation_count_; ++i) {
      const ElfW(Rela)& r = relocations_[i];
      if (ELF64_R_TYPE(r.r_info) != R_X86_64_GLOB_DAT) continue;
      const ElfW(Sym)& symbol = symbols_[ELF64_R_SYM(r.r_info)];
      if (std::strcmp(names_ + symbol.st_name, "__tls_get_addr") == 0) continue;  // its calls have prefixes of their own
      slots.push_back(base_ + r.r_offset);
    }
    std::sort(slots.begin(), slots.end());
    return slots;
  }

 private:
  /// glibc replaces the addresses in the dynamic section by loaded ones; another loader may not.
  Address loaded(Address address) const { return address < base_ ? base_ + address : address; }

  Address base_;
  const ElfW(Rela) * relocations_ = nullptr;
  std::size_t relocation_count_ = 0;
  const ElfW(Sym) * symbols_ = nullptr;
  const char* names_ = nullptr;
};

constexpr int site_bytes = 6;  // ff 15 disp32: call *disp32(%rip); ff 25 disp32: jmp

bool is_site(const unsigned char* at, const std::vector<Address>& slots, Address* target) {
  if (at[0] != 0xff || (at[1] != 0x15 && at[1] != 0x25)) return false;
  std::int32_t displacement;
  std::memcpy(&displacement, at + 2, sizeof displacement);
  Address slot = reinterpret_cast<Address>(at) + site_bytes + static_cast<Address>(static_cast<std::int64_t>(displacement));
  if (!std::binary_search(slots.begin(), slots.end(), slot)) return false;
  *target = *reinterpret_cast<const Address*>(slot);
  return true;
}

/// addr32 call rel32, or jmp rel32 and a nop: as many bytes as before.
bool rewrite(unsigned char* at, Address target) {
  bool call = at[1] == 0x15;
  Address next = reinterpret_cast<Address>(at) + (call ? 6 : 5);
  auto distance = static_cast<std::int64_t>(target - next);
  if (distance != static_cast<std::int32_t>(distance)) return false;
  auto relative = static_cast<std::int32_t>(distance);
  unsigned char code[site_bytes] = {0x67, 0xe8, 0, 0, 0, 0};
  if (!call) code[0] = 0xe9;
  std::memcpy(code + (call ? 2 : 1), &relative, sizeof relative);
  if (!call) code[5] = 0x90;
  std::memcpy(at, code, sizeof code);
  return true;
}

}  // namespace

int make_calls_direct() {
  OwnObject object;
  const std::vector<Address> slots = object.function_slots();
  int rewritten = 0;
  rewrite_own_text([&](unsigned char* begin, unsigned char* end) {
    for (unsigned char* at = begin; at + site_bytes <= end; ++at) {
      Address target = 0;
      if (!is_site(at, slots, &target) || !rewrite(at, target)) continue;
      ++rewritten;
      at += site_bytes - 1;
    }
  });
  return rewritten;
}

}  // namespace mana::lower
