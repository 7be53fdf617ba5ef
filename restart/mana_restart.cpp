// SPDX-License-Identifier: Apache-2.0
// mana_restart [options] [DIR]: brings one rank of a checkpointed job back. Everything that can be refused is refused here, before
// the real MPI is disturbed, and from the same facts on every rank.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/cpu.hpp"
#include "common/generation.hpp"
#include "common/version.hpp"
#include "restart/launcher.hpp"

namespace {

using namespace mana;
using namespace mana::restart;

struct Wishes {
  MpiWish mpi;
  std::string directory = "mana-ckpt", new_directory, signal = "USR2", children = "ignore", files = "keep";
  int generation = 0, keep = 2;
  double interval_s = 0, timeout_s = 300;
  bool verbose = false, foreign = false;
};

Wishes parse(int argc, char** argv) {
  Wishes w;
  CLI::App app{
      "Restarts a job from the newest complete generation in DIR, with as many ranks as it had, under this launcher's MPI:\n"
      "mpirun -n 4 mana_restart DIR"};
  app.set_version_flag("--version", "mana-split " + std::string(mana_version));
  app.add_option("DIR", w.directory, "the checkpoint directory")->capture_default_str();
  app.add_option("--generation", w.generation, "this generation instead of the newest complete one")->check(CLI::PositiveNumber);
  app.add_option("--mpi", w.mpi.mpi, "the real MPI underneath: mpich, openmpi, or abi for any with the standard ABI (default: the launcher's)");
  app.add_option("--mpi-library", w.mpi.library,
                 "with --mpi abi: that MPI's libmpi_abi.so.*, or its directory (default: $MANA_MPI_LIBRARY, else where ld.so looks)");
  app.add_option("--ckptdir", w.new_directory, "where new generations go (default: DIR)");
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
  app.add_option("--files", w.files,
                 "what the job wrote behind the ends that its files had at the checkpoint: keep it (what is appended stands twice) or truncate")
      ->check(CLI::IsMember({"keep", "truncate"}))
      ->capture_default_str();
  app.add_flag("--foreign", w.foreign, "also images that belong to another user; whoever wrote an image decides what runs as you");
  app.add_flag("--verbose", w.verbose, "say what is going on");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) std::exit(app.exit(e));
    refuse("mana_restart", std::string(e.what()) + "; see mana_restart --help");
  }
  return w;
}

template <class T>
T value_or_refuse(Result<T> result) {
  if (!result) refuse("mana_restart", result.error().message);
  return *result;
}

/// The verdicts that every rank reaches alike.
Generation choose_generation(const GenerationStore& store, int wanted, const LaunchedRank& me) {
  Generation generation = value_or_refuse(wanted > 0 ? store.find(wanted) : store.newest_complete());
  if (generation.manifest.ranks != me.size)
    refuse("mana_restart", fmt::format("generation {} in {} has {} ranks, but {} were started{}; start exactly {}", generation.number, store.directory(),
                                       generation.manifest.ranks, me.size,
                                       me.launcher.empty() ? " (no launcher was found in the environment)" : " by " + me.launcher, generation.manifest.ranks));
  if (auto good = check_images(store, generation); !good) refuse("mana_restart", good.error().message);
  return generation;
}

/// An image is a program: nobody else may have put it there, or changed it since.
void check_owner(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) refuse("mana_restart", system_error(path, errno).message, true);
  if (facts.st_uid != geteuid())
    refuse("mana_restart",
           fmt::format("{} belongs to another user (uid {}), who could make it run anything as you; if you trust it, say --foreign", path, facts.st_uid), true);
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    refuse("mana_restart", fmt::format("{} can be written by others; take that right away if you trust it: chmod go-w", path), true);
}

/// The verdicts on this rank's own image and node.
void check_own_image(const std::string& path) {
  auto image = ImageReader::open(path);
  if (!image) refuse("mana_restart", image.error().message, true);
  auto missing = missing_features(image->header().cpu, this_cpu());
  if (!missing.empty()) {
    std::string names;
    for (const auto& name : missing) names += (names.empty() ? "" : ", ") + name;
    refuse("mana_restart", fmt::format("{} relies on CPU features that this node lacks: {}; restart on a CPU that has them", path, names), true);
  }
  if (auto good = image->verify(); !good) refuse("mana_restart", good.error().message, true);
}

}  // namespace

int main(int argc, char** argv) {
  Wishes w = parse(argc, argv);
  LaunchedRank me = launched_rank();
  GenerationStore store(std::filesystem::absolute(w.directory).string());
  Generation generation = choose_generation(store, w.generation, me);
  std::string image = store.image_path(generation.number, me.rank);
  for (const std::string& file : image_files(store, generation, me.rank)) {
    if (!w.foreign) check_owner(file);
    check_own_image(file);
  }
  const std::string& before = generation.manifest.lower_mpi;
  if (before == "abi" && w.mpi.mpi.empty() && me.mpi == Abi::none) w.mpi.mpi = before;
  auto lower = before == "none" ? plain_lower(w.mpi) : choose_lower(w.mpi, me, before == "openmpi" ? Abi::openmpi : Abi::mpich);
  if (!lower) refuse("mana_restart", lower.error().message, true);
  int signal = signal_number(w.signal);
  if (signal < 1 || signal > 31) refuse("mana_restart", fmt::format("--signal {}: not a signal that can be used", w.signal));
  std::string directory = w.new_directory.empty() ? store.directory() : std::filesystem::absolute(w.new_directory).string();
  std::vector<std::string> command{*lower,       "--restart",
                                   "--image",    image,
                                   "--ckptdir",  directory,
                                   "--interval", fmt::format("{}", w.interval_s),
                                   "--keep",     std::to_string(w.keep),
                                   "--signal",   std::to_string(signal),
                                   "--timeout",  fmt::format("{}", w.timeout_s),
                                   "--children", w.children,
                                   "--files",    w.files};
  if (w.verbose) command.emplace_back("--verbose");
  execute(command);
}
