// SPDX-License-Identifier: Apache-2.0
// Prints what assembly has to know of common/gate.hpp.
#include <cstddef>
#include <cstdio>

#include "common/gate.hpp"

int main() {
  std::printf("#define VDSO_SLOTS %#zx\n", mana::gate_address + offsetof(mana::Gate, vdso));
  std::printf("#define REDIRECTED_COUNT %d\n", static_cast<int>(mana::Redirected::count));
  return 0;
}
