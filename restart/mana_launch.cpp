// SPDX-License-Identifier: Apache-2.0
// mana_launch [options] [--] APP ARGS…: starts one rank of an MPI program so that it can be checkpointed.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <fmt/format.h>

#include "common/version.hpp"
#include "restart/launcher.hpp"

namespace {

using namespace mana;
using namespace mana::restart;

struct Wishes {
  MpiWish mpi;
  std::string abi, directory = "mana-ckpt", signal = "USR2", children = "ignore";
  double interval_s = 0, timeout_s = 300;
  int keep = 2;
  bool verbose = false, portable = false;
  std::vector<std::string> program;
};

Wishes parse(int argc, char** argv) {
  Wishes w;
  CLI::App app{
      "Starts an unmodified program, with MPI or without, so that it can be checkpointed and restarted, under another MPI too.\n"
      "Use it under any launcher: mpiexec -n 4 mana_launch ./app; without one for a program that has no MPI"};
  app.set_version_flag("--version", "mana-split " + std::string(mana_version));
  app.add_option("--mpi", w.mpi.mpi, "the real MPI underneath: mpich, openmpi, or abi for any with the standard ABI (default: the launcher's)");
  app.add_option("--mpi-library", w.mpi.library,
                 "with --mpi abi: that MPI's libmpi_abi.so.*, or its directory (default: $MANA_MPI_LIBRARY, else where ld.so looks)");
  app.add_option("--abi", w.abi, "the MPI the program was built for: mpich, openmpi, standard (libmpi_abi) or none (default: read from its libraries)");
  app.add_option("--ckptdir", w.directory, "where generations of images go")->capture_default_str();
  app.add_option("--interval", w.interval_s, "seconds between checkpoints (0: only on request)")->check(CLI::NonNegativeNumber);
  app.add_option("--keep", w.keep, "complete generations to keep")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--signal", w.signal, "signal to the ranks that asks for a checkpoint")->capture_default_str();
  app.add_option("--checkpoint-timeout", w.timeout_s, "seconds after which a checkpoint that can't be reached is given up")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--children", w.children,
                 "child processes at a checkpoint: ignore (they are named and left out), follow (they are part of it), wait (until they have ended, some "
                 "seconds at most) or refuse")
      ->check(CLI::IsMember({"ignore", "follow", "wait", "refuse"}))
      ->capture_default_str();
  app.add_flag("--portable", w.portable,
               "the program's libc uses no instructions beyond x86-64-v2, so that images restart on older processors too (libraries that ask the processor "
               "themselves are not bound by it)");
  app.add_flag("--verbose", w.verbose, "say what is going on");
  app.footer("then: [--] APP ARGUMENTS…");
  // Everything from the first word that is no option of ours belongs to the program.
  std::vector<std::string> own, rest;
  bool takes_value = false, in_program = false;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (in_program) {
      rest.push_back(word);
    } else if (takes_value) {
      own.push_back(word);
      takes_value = false;
    } else if (word == "--") {
      in_program = true;
    } else if (word.rfind("--", 0) == 0 || word == "-h") {
      own.push_back(word);
      takes_value = word.find('=') == std::string::npos && word != "--verbose" && word != "--portable" && word != "--help" && word != "--version";
    } else {
      in_program = true;
      rest.push_back(word);
    }
  }
  try {
    std::vector<std::string> reversed(own.rbegin(), own.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) std::exit(app.exit(e));
    refuse("mana_launch", std::string(e.what()) + "; see mana_launch --help");
  }
  if (rest.empty()) refuse("mana_launch", "no program is given; usage: mana_launch [options] [--] APP ARGUMENTS…");
  w.program = rest;
  return w;
}

Abi abi_of(const Wishes& w, const std::string& path, const ElfFacts& elf) {
  if (w.abi == "mpich") return Abi::mpich;
  if (w.abi == "openmpi") return Abi::openmpi;
  if (w.abi == "standard") return Abi::standard;
  if (w.abi == "none") return Abi::none;
  if (!w.abi.empty()) refuse("mana_launch", fmt::format("--abi {}: no such ABI; known are mpich, openmpi, standard and none", w.abi));
  auto found = find_abi(path, elf);
  if (!found) refuse("mana_launch", found.error().message);
  if (*found == Abi::none && !launched_rank().launcher.empty())
    refuse("mana_launch", path +
                              " needs no MPI library that is known (libmpich.so.12, libmpi.so.12, libmpi.so.40, libmpi_abi.so.1); if it loads its MPI by "
                              "itself, tell which with --abi mpich|openmpi|standard; "
                              "if it uses no MPI, say --abi none");
  return *found;
}

}  // namespace

int main(int argc, char** argv) {
  Wishes w = parse(argc, argv);
  auto path = find_program(w.program[0]);
  if (!path) refuse("mana_launch", path.error().message);
  auto elf = check_program(*path);
  if (!elf) refuse("mana_launch", elf.error().message);
  int signal = signal_number(w.signal);
  if (signal < 1 || signal > 31 || signal == 9 || signal == 19)
    refuse("mana_launch", fmt::format("--signal {}: not a signal that can be used; take for example USR1 or USR2", w.signal));
  Abi abi = abi_of(w, *path, *elf);
  LaunchedRank me = launched_rank();
  auto lower = abi == Abi::none ? plain_lower(w.mpi) : choose_lower(w.mpi, me, abi);
  if (!lower) refuse("mana_launch", lower.error().message);
  std::vector<std::string> command{*lower,       "--launch",
                                   "--ckptdir",  std::filesystem::absolute(w.directory),
                                   "--abi",      name_of(abi),
                                   "--upper",    upper_libraries(abi),
                                   "--interval", fmt::format("{}", w.interval_s),
                                   "--keep",     std::to_string(w.keep),
                                   "--signal",   std::to_string(signal),
                                   "--timeout",  fmt::format("{}", w.timeout_s),
                                   "--children", w.children};
  if (w.portable) command.emplace_back("--portable");
  if (w.verbose) command.emplace_back("--verbose");
  command.insert(command.end(), {"--", *path});
  command.insert(command.end(), w.program.begin(), w.program.end());
  execute(command);
}
