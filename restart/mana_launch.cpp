// SPDX-License-Identifier: Apache-2.0
// mana_launch [options] [--] APP ARGS…: starts one rank of an MPI program so that it can be checkpointed.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <fmt/format.h>

#include "common/version.hpp"
#include "restart/job_options.hpp"

namespace {

using namespace mana;
using namespace mana::restart;

struct Wishes : JobOptions {
  std::string abi, directory = "mana-ckpt";
  bool portable = false;
  std::vector<std::string> program;
};

Wishes parse(int argc, char** argv) {
  Wishes w;
  CLI::App app{
      "Starts an unmodified program, with MPI or without, so that it can be checkpointed and restarted, under another MPI too.\n"
      "Use it under any launcher: mpiexec -n 4 mana_launch ./app; without one for a program that has no MPI"};
  app.set_version_flag("--version", "mana-split " + std::string(mana_version));
  app.add_option("--abi", w.abi, "the MPI the program was built for: mpich, openmpi, standard (libmpi_abi) or none (default: read from its libraries)");
  app.add_option("--ckptdir", w.directory, "where generations of images go")->capture_default_str();
  add_job_options(app, w);
  app.add_flag("--portable", w.portable,
               "the program's libc uses no instructions beyond x86-64-v2, so that images restart on older processors too (libraries that ask the processor "
               "themselves are not bound by it)");
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
  const std::vector<std::string> options = lower_options(w, "mana_launch");
  Abi abi = abi_of(w, *path, *elf);
  LaunchedRank me = launched_rank();
  auto lower = abi == Abi::none ? plain_lower(w.mpi) : choose_lower(w.mpi, me, abi);
  if (!lower) refuse("mana_launch", lower.error().message);
  std::vector<std::string> command{*lower,  "--launch",   "--ckptdir", std::filesystem::absolute(w.directory),
                                   "--abi", name_of(abi), "--upper",   upper_libraries(abi)};
  command.insert(command.end(), options.begin(), options.end());
  if (w.portable) command.emplace_back("--portable");
  command.insert(command.end(), {"--", *path});
  command.insert(command.end(), w.program.begin(), w.program.end());
  execute(command);
}
