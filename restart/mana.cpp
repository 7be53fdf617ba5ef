// SPDX-License-Identifier: Apache-2.0
// mana: what users do with a running job and with its generations.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include "common/cpu.hpp"
#include "common/generation.hpp"
#include "common/version.hpp"
#include "coordinator/client.hpp"
#include "restart/launcher.hpp"

namespace {

using namespace mana;

struct Wishes {
  std::string job = "mana-ckpt", directory = "mana-ckpt", image, debugged;
  bool kill = false, json = false, quiet = false;
  int generation = 0;
  double timeout_s = 0;
};

int fail(const std::string& text) {
  fflush(stdout);
  fmt::print(stderr, "mana: {}\n", text);
  return 1;
}

std::string absolute(const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

std::string human(std::uint64_t bytes) {
  if (bytes >= 1ULL << 30) return fmt::format("{:.2f} GiB", static_cast<double>(bytes) / (1 << 30));
  if (bytes >= 1ULL << 20) return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
  return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
}

std::string text_of(const Message& message) { return message.dump(1, ' ', false, Message::error_handler_t::replace); }

// ---- A running job

int checkpoint(const Wishes& w) {
  auto job = connect_to_job(w.job);
  if (!job) return fail(job.error().message);
  auto done = ask_for_checkpoint(*job, w.kill, static_cast<int>(w.timeout_s * 1000));
  if (!done) return fail("no checkpoint: " + done.error().message);
  if (w.json)
    fmt::print("{}\n", text_of(*done));
  else if (!w.quiet)
    fmt::print("generation {}: {} of {} ranks in {:.2f} s{}\n", int_field(*done, "generation"), human(unsigned_field(*done, "bytes")),
               int_field(*done, "ranks"), done->value("seconds", 0.0), w.kill ? "; the job ends" : "");
  if (w.kill) wait_until_closed(*job, 10000);
  return 0;
}

int status(const Wishes& w) {
  auto job = connect_to_job(w.job);
  if (!job) return fail(job.error().message);
  auto answer = ask_for_status(*job, 5000);
  if (!answer) return fail(answer.error().message);
  if (w.json) {
    fmt::print("{}\n", text_of(*answer));
    return 0;
  }
  const Message& m = *answer;
  fmt::print("job {} on {}: {} ranks over {}, {}\n", text_field(m, "job"), text_field(m, "host"), int_field(m, "ranks"), text_field(m, "lower_mpi"),
             text_field(m, "phase"));
  if (const std::string waits = text_field(m, "waiting_for"); !waits.empty()) fmt::print("waiting: {}\n", waits);
  const Message last = m.value("last_generation", Message());
  if (last.is_object() && last.contains("generation"))
    fmt::print("last generation: {} at {}, {} in {:.2f} s\n", int_field(last, "generation"), text_field(last, "time"), human(unsigned_field(last, "bytes")),
               last.value("seconds", 0.0));
  else
    fmt::print("last generation: none in this run\n");
  if (const std::string failure = text_field(m, "last_failure"); !failure.empty()) fmt::print("last failure: {}\n", failure);
  for (const Message& r : m.value("rank_states", Message::array())) {
    if (!r.is_object()) continue;
    fmt::print("  rank {:<5} {:<16} pid {:<8} {:<9} {}\n", int_field(r, "rank"), text_field(r, "host"), int_field(r, "pid"), text_field(r, "state"),
               text_field(r, "place"));
    for (const Message& child : r.value("children", Message::array()))
      if (child.is_string()) fmt::print("    followed: {}\n", child.get<std::string>());
  }
  return 0;
}

// ---- Generations on disk

Message to_message(const Generation& g) {
  Message m = {{"generation", g.number}, {"path", g.path}, {"complete", g.complete}};
  if (!g.complete) {
    m["problem"] = g.problem;
    return m;
  }
  m.update({{"time", g.manifest.time},
            {"bytes", g.manifest.bytes()},
            {"ranks", g.manifest.ranks},
            {"lower_mpi", g.manifest.lower_mpi},
            {"lower_mpi_version", g.manifest.lower_mpi_version},
            {"app_abi", g.manifest.app_abi},
            {"application", g.manifest.application},
            {"seconds", g.manifest.seconds},
            {"writer_version", g.manifest.writer_version}});
  return m;
}

int list(const Wishes& w) {
  auto generations = GenerationStore(absolute(w.directory)).list();
  if (!generations) return fail(generations.error().message);
  if (w.json) {
    Message all = Message::array();
    for (const Generation& g : *generations) all.push_back(to_message(g));
    fmt::print("{}\n", text_of(all));
    return 0;
  }
  for (const Generation& g : *generations) {
    if (g.complete)
      fmt::print("{:>6}  {}  {:>10}  {} ranks over {}, built for {}\n", g.number, g.manifest.time, human(g.manifest.bytes()), g.manifest.ranks,
                 g.manifest.lower_mpi, g.manifest.app_abi);
    else
      fmt::print("{:>6}  not complete: {}\n", g.number, g.problem);
  }
  if (generations->empty()) fmt::print("no generations in {}\n", w.directory);
  return 0;
}

Result<void> verify_files(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    auto image = ImageReader::open(path);
    if (!image) return image.error();
    if (auto good = image->verify(); !good) return good;
  }
  return {};
}

int verify(const Wishes& w) {
  if (struct stat s; stat(w.directory.c_str(), &s) == 0 && S_ISREG(s.st_mode)) {
    auto image = ImageReader::open(w.directory);
    if (!image) return fail(image.error().message);
    if (auto good = image->verify(); !good) return fail(good.error().message);
    fmt::print("{}: good\n", w.directory);
    return 0;
  }
  const GenerationStore store(absolute(w.directory));
  std::vector<Generation> chosen;
  if (w.generation > 0) {
    auto one = store.find(w.generation);
    if (!one) return fail(one.error().message);
    chosen.push_back(*one);
  } else {
    auto all = store.list();
    if (!all) return fail(all.error().message);
    chosen = *all;
  }
  int bad = 0, complete = 0;
  for (const Generation& g : chosen) {
    if (!g.complete) {
      fmt::print("generation {}: not complete: {}\n", g.number, g.problem);
      continue;
    }
    ++complete;
    Result<void> good = check_images(store, g);
    for (int rank = 0; rank < g.manifest.ranks && good; ++rank) good = verify_files(image_files(store, g, rank));
    if (!good) ++bad;
    fmt::print("generation {}: {}\n", g.number, good ? "good" : good.error().message);
  }
  if (complete == 0) return fail(w.directory + ": no complete generation");
  return bad == 0 ? 0 : fail(fmt::format("{} of {} complete generations are damaged", bad, complete));
}

int inspect(const Wishes& w) {
  auto image = ImageReader::open(w.image);
  if (!image) return fail(image.error().message);
  const ImageHeader& h = image->header();
  constexpr const char* kinds[] = {"private", "reservation", "shared file", "shared"};
  if (w.json) {
    Message regions = Message::array();
    for (const ImageRegion& r : image->regions())
      regions.push_back({{"start", r.start}, {"end", r.end}, {"prot", r.prot}, {"kind", kinds[static_cast<int>(r.kind)]}, {"name", image->name(r)}});
    Message facts = Message::parse(image->facts(), nullptr, false);
    const Message m = {{"format_version", h.format_version},
                       {"writer_version", h.writer_version},
                       {"contract_version", h.contract_version},
                       {"rank", h.rank},
                       {"size", h.size},
                       {"app_abi", abi_name(h.app_abi)},
                       {"lower_mpi", lower_mpi_name(h.lower_mpi)},
                       {"lower_mpi_version", h.lower_mpi_version},
                       {"mpi_initialized", h.mpi_initialized != 0},
                       {"incarnation", h.incarnation},
                       {"bytes", h.total_bytes},
                       {"data_bytes", h.data_bytes},
                       {"extents", image->extents().size()},
                       {"x86_64_level", h.cpu.level},
                       {"needs", feature_names(h.cpu)},
                       {"missing_here", missing_features(h.cpu, this_cpu())},
                       {"facts", facts.is_discarded() ? Message() : facts},
                       {"regions", regions}};
    fmt::print("{}\n", text_of(m));
    return 0;
  }
  fmt::print("{}: rank {} of {}, image format {}, written by mana-split {}\n", w.image, h.rank, h.size, h.format_version, h.writer_version);
  fmt::print("built for {}, ran over {} ({}), MPI {}, restarted {} times before\n", abi_name(h.app_abi), lower_mpi_name(h.lower_mpi), h.lower_mpi_version,
             h.mpi_initialized ? "initialised" : "not initialised", h.incarnation);
  fmt::print("{} in the file, {} of content in {} extents, CPU level x86-64-v{}\n", human(h.total_bytes), human(h.data_bytes), image->extents().size(),
             h.cpu.level);
  fmt::print("needs of a CPU: {}\n", fmt::join(feature_names(h.cpu), ", "));
  for (const std::string& name : missing_features(h.cpu, this_cpu())) fmt::print("this CPU lacks: {}\n", name);
  for (const ImageRegion& r : image->regions())
    fmt::print("  {:012x}-{:012x} {}{}{} {:<11} {:>10}  {}\n", r.start, r.end, r.prot & PROT_READ ? 'r' : '-', r.prot & PROT_WRITE ? 'w' : '-',
               r.prot & PROT_EXEC ? 'x' : '-', kinds[static_cast<int>(r.kind)], human(r.end - r.start), image->name(r));
  return 0;
}

/// Becomes gdb with the program's symbols loaded (restart/gdb.py).
int debug(const Wishes& w, std::vector<std::string> more) {
  std::string script = restart::installation_prefix() + "/share/mana/gdb.py";
  std::vector<std::string> command{"gdb", "-q", "-iex", "set debuginfod enabled off", "-x", script, "-ex", "mana-open " + w.debugged};
  std::move(more.begin(), more.end(), std::back_inserter(command));
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  execvp("gdb", words.data());
  return fail(system_error("gdb can't be started (Debian package gdb)", errno).message);
}

}  // namespace

int main(int argc, char** argv) {
  Wishes w;
  CLI::App app{"Works on jobs started by mana_launch or mana_restart, and on their generations."};
  app.set_version_flag("--version", "mana-split " + std::string(mana_version));
  app.require_subcommand(1);
  CLI::App* on_checkpoint = app.add_subcommand("checkpoint", "write a generation of a running job now; returns when it is committed");
  on_checkpoint->add_option("DIR|JOB", w.job, "its checkpoint directory, or the id of the batch job")->capture_default_str();
  on_checkpoint->add_flag("--kill", w.kill, "end the job once the generation is committed");
  on_checkpoint->add_option("--timeout", w.timeout_s, "seconds to wait for it (0: as long as the job tries)")->check(CLI::NonNegativeNumber);
  on_checkpoint->add_flag("--json", w.json, "print JSON");
  on_checkpoint->add_flag("--quiet", w.quiet, "print nothing on success");
  CLI::App* on_status = app.add_subcommand("status", "what a running job does");
  on_status->add_option("DIR|JOB", w.job, "its checkpoint directory, or the id of the batch job")->capture_default_str();
  on_status->add_flag("--json", w.json, "print JSON");
  CLI::App* on_list = app.add_subcommand("list", "the generations in a checkpoint directory");
  on_list->add_option("DIR", w.directory, "the checkpoint directory")->capture_default_str();
  on_list->add_flag("--json", w.json, "print JSON");
  CLI::App* on_verify = app.add_subcommand("verify", "read generations whole and compare all checksums");
  on_verify->add_option("DIR", w.directory, "the checkpoint directory, or one image")->capture_default_str();
  on_verify->add_option("--generation", w.generation, "only this one")->check(CLI::PositiveNumber);
  CLI::App* on_inspect = app.add_subcommand("inspect", "what one image holds");
  on_inspect->add_option("IMAGE", w.image, "rank-NNNNN.img of a generation")->required();
  on_inspect->add_flag("--json", w.json, "print JSON");
  CLI::App* on_gdb = app.add_subcommand("gdb", "gdb on a rank's process or core file, with the symbols of the program");
  on_gdb->add_option("PID|CORE", w.debugged, "the process, or the core file")->required();
  on_gdb->prefix_command();
  on_gdb->footer("further words are for gdb: mana gdb 4711 -batch -ex bt");
  CLI11_PARSE(app, argc, argv);
  if (*on_checkpoint) return checkpoint(w);
  if (*on_status) return status(w);
  if (*on_list) return list(w);
  if (*on_gdb) return debug(w, on_gdb->remaining());
  if (*on_verify) return verify(w);
  return inspect(w);
}
