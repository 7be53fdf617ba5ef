// SPDX-License-Identifier: Apache-2.0
#include "restart/launcher.hpp"
#include "restart/standard_library.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

namespace mana::restart {
namespace {

int number(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::atoi(value) : otherwise;
}

bool given(const char* name) { return std::getenv(name) != nullptr; }

}  // namespace

std::string installation_prefix() {
  const std::filesystem::path directory = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return directory.filename() == "mana" ? directory.parent_path().parent_path() : directory.parent_path();
}

LaunchedRank launched_rank() {
  if (given("OMPI_COMM_WORLD_RANK")) return {number("OMPI_COMM_WORLD_RANK", 0), number("OMPI_COMM_WORLD_SIZE", 1), "mpirun of Open MPI", Abi::openmpi};
  if (given("PMIX_RANK")) return {number("PMIX_RANK", 0), number("SLURM_NTASKS", number("SLURM_STEP_NUM_TASKS", 1)), "PMIx", Abi::openmpi};
  if (given("PMI_RANK")) return {number("PMI_RANK", 0), number("PMI_SIZE", 1), "Hydra (PMI)", Abi::mpich};
  if (given("SLURM_PROCID") && given("SLURM_STEP_ID")) {
    Abi mpi = given("PMI_FD") || given("PMI2_FD") || given("PMI_JOBID") ? Abi::mpich : Abi::none;
    return {number("SLURM_PROCID", 0), number("SLURM_STEP_NUM_TASKS", number("SLURM_NTASKS", 1)), "srun", mpi};
  }
  return {};
}

namespace {

/// The real MPI's own library, of which only the presence is asked: the lower half loads it itself.
Result<std::string> check_library(const std::string& mpi, const std::string& library) {
  if (mpi == "abi") return use_standard_library(library);
  if (!library.empty()) return Error{fmt::format("--mpi-library is for --mpi abi; {} is used as installed", mpi)};
  std::string name = mpi == "mpich" ? "libmpich.so.12" : "libmpi.so.40", directory = directory_of(name);
  if (directory.empty()) return Error{fmt::format("the real {} ({}) is not installed on this node; install it or choose another one with --mpi", mpi, name)};
  return directory + "/" + name;
}

/// Without a wish: the launcher's MPI, else what the job ran over or the program was built for.
std::string default_mpi(const LaunchedRank& rank, Abi fallback) {
  if (rank.mpi != Abi::none) return name_of(rank.mpi);
  return fallback == Abi::openmpi ? "openmpi" : "mpich";
}

}  // namespace

Result<std::string> choose_lower(const MpiWish& wish, const LaunchedRank& rank, Abi fallback) {
  const std::string& wanted = wish.mpi;
  if (!wanted.empty() && wanted != "mpich" && wanted != "openmpi" && wanted != "abi")
    return Error{fmt::format("--mpi {}: no such MPI; known are mpich, openmpi and abi", wanted)};
  if (wanted.empty() && rank.launcher == "srun" && rank.mpi == Abi::none && rank.size > 1)
    return Error{"srun has started this job without an MPI interface, so every rank would be alone; use srun --mpi=pmi2 (MPICH) or srun --mpi=pmix (Open MPI)"};
  std::string name = !wanted.empty() ? wanted : !wish.library.empty() ? "abi" : default_mpi(rank, fallback);
  std::string program = installation_prefix() + "/libexec/mana/lower-" + name;
  if (access(program.c_str(), X_OK) != 0)
    return Error{fmt::format("no lower half for {} is installed ({} is missing); install mana-split again with that MPI present", name, program)};
  if (auto library = check_library(name, wish.library); !library) return library.error();
  return program;
}

Result<std::string> plain_lower(const MpiWish& wish) {
  const std::string& wanted = wish.mpi;
  if (!wanted.empty() && wanted != "none") return Error{fmt::format("--mpi {}: the program uses no MPI, so none can be put underneath", wanted)};
  std::string program = installation_prefix() + "/libexec/mana/lower-none";
  if (access(program.c_str(), X_OK) != 0)
    return Error{fmt::format("the lower half for programs without MPI ({}) is missing; install mana-split again", program)};
  return program;
}

std::string upper_libraries(Abi abi) {
  std::string directory = installation_prefix() + "/lib/mana/" + name_of(abi) + "/";
  if (abi == Abi::mpich) return directory + "libmpi.so.12\n" + directory + "libmpich.so.12";
  if (abi == Abi::openmpi) return directory + "libmpi.so.40\n" + directory + "libmpi_mpifh.so.40";
  if (abi == Abi::standard) return directory + "libmpi_abi.so.1\n" + directory + "libmpi_abi.so.0\n" + directory + "libmpi_abi.so.12";
  return directory + "libmana-plain.so";
}

int signal_number(const std::string& name) {
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos) return std::atoi(name.c_str());
  std::string bare = name.rfind("SIG", 0) == 0 ? name.substr(3) : name;
  for (int s = 1; s < NSIG; ++s)
    if (const char* known = sigabbrev_np(s); known != nullptr && bare == known) return s;
  return 0;
}

void execute(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  refuse("mana", system_error(command[0] + " can't be started", errno).message, true);
}

void refuse(const std::string& command, const std::string& text, bool every_rank) {
  LaunchedRank me = launched_rank();
  if (me.rank == 0 || every_rank) {
    std::string line = me.launcher.empty() ? fmt::format("{}: {}\n", command, text) : fmt::format("{}: rank {}: {}\n", command, me.rank, text);
    (void)!write(2, line.data(), line.size());
  }
  _exit(1);
}

}  // namespace mana::restart
