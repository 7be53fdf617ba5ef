// SPDX-License-Identifier: Apache-2.0
// Where this installation is, which launcher started this process, and which MPI is underneath.
#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"
#include "restart/elf_inspect.hpp"

namespace mana::restart {

/// The prefix of this installation, from /proc/self/exe: a command in bin, or an internal one in libexec/mana.
std::string installation_prefix();

struct LaunchedRank {
  int rank = 0, size = 1;
  std::string launcher;  ///< "Hydra (PMI)", "PMIx", "Slurm (PMI-2)", "" for a process started by hand
  Abi mpi = Abi::none;   ///< the MPI that this launcher speaks with; none: any
};

/// Reads the launcher's environment.
LaunchedRank launched_rank();

/// What the user has said about the real MPI; empty: nothing.
struct MpiWish {
  std::string mpi;      ///< mpich, openmpi, abi: any MPI that exports the standard ABI
  std::string library;  ///< for abi: its library or the directory of that; without a name, too
};

/// The lower half to use: the wish, else the launcher's MPI, else `fallback`. An error when it is not installed or its real MPI is
/// missing. For abi it also sets the environment with which the lower half finds its library.
Result<std::string> choose_lower(const MpiWish& wish, const LaunchedRank& rank, Abi fallback);

/// The lower half of programs without MPI. An error when the wish names an MPI.
Result<std::string> plain_lower(const MpiWish& wish);

/// Our MPI library and its aliases for an application of this ABI, "a:b".
std::string upper_libraries(Abi abi);

/// Signal number by name ("USR2", "SIGUSR2") or number; 0 if it is none.
int signal_number(const std::string& name);

/// Replaces this process.
[[noreturn]] void execute(const std::vector<std::string>& command);

/// "mana_launch: text", once per job where the launcher tells ranks apart (every_rank: always); exit code 1.
[[noreturn]] void refuse(const std::string& command, const std::string& text, bool every_rank = false);

}  // namespace mana::restart
