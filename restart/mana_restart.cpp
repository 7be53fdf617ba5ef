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
#include "restart/job_options.hpp"

namespace {

using namespace mana;
using namespace mana::restart;

struct Wishes : JobOptions {
  std::string directory = "mana-ckpt", new_directory, files = "keep";
  int generation = 0;
  bool foreign = false;
};

Wishes parse(int argc, char** argv) {
  Wishes w;
  CLI::App app{
      "Restarts a job from the newest complete generation in DIR, with as many ranks as it had, under this launcher's MPI:\n"
      "mpirun -n 4 mana_restart DIR"};
  app.set_version_flag("--version", "mana-split " + std::string(mana_version));
  app.add_option("DIR", w.directory, "the checkpoint directory")->capture_default_str();
  app.add_option("--generation", w.generation, "this generation instead of the newest complete one")->check(CLI::PositiveNumber);
  app.add_option("--ckptdir", w.new_directory, "where new generations go (default: DIR)");
  add_job_options(app, w);
  app.add_option("--files", w.files,
                 "what the job wrote behind the ends that its files had at the checkpoint: keep it (what is appended stands twice) or truncate")
      ->check(CLI::IsMember({"keep", "truncate"}))
      ->capture_default_str();
  app.add_flag("--foreign", w.foreign, "also images that belong to another user; whoever wrote an image decides what runs as you");
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
  const std::vector<std::string> options = lower_options(w, "mana_restart");
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
  std::string directory = w.new_directory.empty() ? store.directory() : std::filesystem::absolute(w.new_directory).string();
  std::vector<std::string> command{*lower, "--restart", "--image", image, "--ckptdir", directory, "--files", w.files};
  command.insert(command.end(), options.begin(), options.end());
  execute(command);
}
