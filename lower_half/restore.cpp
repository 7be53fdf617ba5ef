// SPDX-License-Identifier: Apache-2.0
// A restart: the fresh process brings the real MPI up first, then the image is mapped beside it, then every thread of the
// image goes on. mana_restart has already refused what can be refused before MPI is disturbed.
#include "lower_half/restore.hpp"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <sys/random.h>
#include <unistd.h>

#include "common/fault_point.hpp"
#include "common/image.hpp"
#include "lower_half/carriers.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/family.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/gate_port.hpp"
#include "lower_half/job.hpp"
#include "lower_half/launch_streams.hpp"
#include "lower_half/lending.hpp"
#include "lower_half/mpi_startup.hpp"
#include "lower_half/options.hpp"
#include "lower_half/process_state.hpp"
#include "lower_half/scheduling.hpp"
#include "lower_half/shared_memory.hpp"
#include "lower_half/timers.hpp"
#include "lower_half/request_signal.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
}

ThreadRecord& main_record(UpperInterface& upper) {
  for (ThreadRecord* record = upper.threads; record != nullptr; record = record->next)
    if (record->is_main != 0) return *record;
  complain("the image {} has no main thread (it had ended by pthread_exit); such a program can't be restarted yet", options().image);
}

void forget_old_lower_half() {
  for (auto& word : window().lower) word = 0;
  UpperInterface& upper = *gate().upper;
  upper.lock = 0;
  window().thread_ids_used = 0;
  for (auto& tid : upper.leaving) tid = 0;
}

/// The program goes on under another process id; it may have remembered the former ones.
void note_new_process() {
  WindowState& w = window();
  std::copy_backward(std::begin(w.former_processes), std::end(w.former_processes) - 1, std::end(w.former_processes));
  w.former_processes[0] = w.process;
  w.process = getpid();
}

/// A name for this restart that all ranks know; rank -1: there is no MPI to tell them by.
std::string fresh_token(int rank) {
  unsigned char bytes[8] = {};
  (void)!getrandom(bytes, sizeof bytes, 0);
  std::string token;
  for (unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  if (rank >= 0) share_bytes(token, rank);
  return token;
}

}  // namespace

void restart_from_image() {
  auto image = ImageReader::open(options().image);
  if (!image) complain("{}", image.error().message);
  const auto described = nlohmann::json::parse(image->facts());
  if (described.value("contract", "") != entry_fingerprint())
    complain("{} was written by another version of mana-split, whose halves fit together differently; restart it with that version", options().image);
  options().portable = described.value("portable", false);
  take_inherited(options().inherited);
  const std::set<int> before = open_descriptors();
  open_gate(image->header().incarnation + 1);
  hold_launch_streams();
  reserve_descriptors(described["fds"]);
  block_all_signals();
  RealMpi real{};
  // A program without MPI is a job of its own from its first instruction on.
  bool with_mpi = image->header().mpi_initialized != 0 || built_with_mpi() == 0;
  if (with_mpi) {
    real = start_real_mpi(image->header().thread_level);
    if (real.rank != image->header().rank || real.size != image->header().size)
      complain("the real MPI says rank {} of {}, the image is rank {} of {}; is mana_restart started by the launcher of this MPI?", real.rank, real.size,
               image->header().rank, image->header().size);
  }
  if (options().token.empty()) options().token = fresh_token(with_mpi ? real.rank : -1);
  const bool has_family = !described["family"].is_null();
  options().follow_children |= has_family;
  keep_launchers_descriptors();
  SharedObjects shared(described["shared"], options().token, has_family);
  fault_point("restoring", image->header().rank);
  auto mapped = image->restore_memory([&shared](const ImageRegion& region) { return shared.of_region(region.start); });
  if (with_mpi && !all_agree(static_cast<bool>(mapped)) && mapped) end_rank(1);
  if (!has_family) shared.publish();
  if (!mapped) complain("{}", mapped.error().message);
  const ImageHeader header = image->header();
  { ImageReader done = std::move(*image); }  // its descriptor may have had a number that is the program's
  reserve_descriptors(described["fds"]);

  gate().upper = reinterpret_cast<UpperInterface*>(header.upper_interface);
  forget_old_lower_half();
  restore_process(described);
  if (with_mpi && options().truncate_files) wait_for_all();  // nobody writes before all have cut off
  note_new_process();
  window().checkpoint_signal = static_cast<std::uint32_t>(options().signal);
  install_request_signal(options().signal);
  start_carrier_factory();
  set_restoring(true);
  lead_groups(described);
  if (with_mpi) join_job(real);
  bring_family_back(described);
  if (has_family) shared.publish();
  fault_point("rebuilding", header.rank);
  note_lower_descriptors(before);
  for (const auto& entry : described["fds"]) {
    int fd = entry["fd"];
    window().lower[fd / 64] = window().lower[fd / 64] & ~(1ULL << (fd % 64));
  }
  const auto pending = [&described](const ThreadRecord& record) { return thread_signals(described["thread_signals"], record); };
  ThreadRecord& main = main_record(*gate().upper);
  Signals main_pending = pending(main);
  note_launch_affinity();
  take_kernel_thread(main);
  make_other_threads(*gate().upper, pending);
  reopen_late_descriptors(described["fds"]);
  restart_timers(described);
  set_restoring(false);
  resume_other_threads();
  resume_record(&main, main_pending);
}

}  // namespace mana::lower
