// SPDX-License-Identifier: Apache-2.0
// What a program is, read from its ELF file: can it be launched, and which MPI ABI does it need?
#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"

namespace mana::restart {

enum class Abi { none, mpich, openmpi, standard };

const char* name_of(Abi abi);

/// What is read of one ELF file. Hostile bytes give an error, never a crash.
struct ElfFacts {
  bool dynamic = false;     ///< has PT_DYNAMIC
  std::string interpreter;  ///< PT_INTERP, empty for a library or a static program
  std::vector<std::string> needed;
  std::string rpath, runpath;
};

Result<ElfFacts> read_elf(const std::string& path);

/// Refuses what can't be launched: not there, not executable, not ELF, a script, 32-bit, another machine, static, setuid.
Result<ElfFacts> check_program(const std::string& path);

/// Follows DT_NEEDED as ld.so would until an MPI library is named. An error when libraries of two MPIs are needed.
Result<Abi> find_abi(const std::string& path, const ElfFacts& program);

/// Looks a command up in PATH, as execvp(3) does.
Result<std::string> find_program(const std::string& name);

}  // namespace mana::restart
