// SPDX-License-Identifier: Apache-2.0
// Prints what assembly has to know of the gate's layout.
#include <cstddef>
#include <cstdio>

#include "common/gate.hpp"

int main() {
  std::printf("#define VDSO_SLOTS %#zx\n", mana::gate_address + offsetof(mana::Gate, vdso));
  return 0;
}
