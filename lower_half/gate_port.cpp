// SPDX-License-Identifier: Apache-2.0
#include "lower_half/gate_port.hpp"

#include <atomic>

#include "lower_half/children.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/family.hpp"
#include "lower_half/list_lock.hpp"
#include "lower_half/mpi_startup.hpp"
#include "lower_half/options.hpp"
#include "lower_half/rank_image.hpp"
#include "lower_half/stopping.hpp"

namespace mana::lower {
namespace {

std::atomic<bool> is_restoring{false};

bool is(const ThreadRecord& record, ThreadPlace place) { return record.place == static_cast<std::uint32_t>(place); }

/// While another thread runs it may send a message or move a file pointer: nothing has settled before all of them stand.
bool stands_at_line() { return gate().at_line != 0 && upper_threads_parked(nullptr, false); }

/// The thread that matters most for the agreement: inside a collective before held, held before anything else of MPI.
int weight(const ThreadRecord& record) {
  if (is(record, ThreadPlace::blocking_collective)) return 4;
  if (is(record, ThreadPlace::parked_before_collective)) return 3;
  return record.is_mpi_thread != 0 ? 2 : 1;
}

std::uint64_t times_held(const UpperInterface& upper) {
  std::uint64_t times = 0;
  for (const ThreadRecord* record = upper.threads; record != nullptr; record = record->next) times += record->times_held;
  return times;
}

/// A thread was put in front of a collective while the counts were read: one of them may be too high by that collective. A target
/// raised beyond it might never be reached; the next look knows better.
void take_for_inside(RankReport& report) {
  report.parked_on.clear();
  report.place = static_cast<std::uint32_t>(ThreadPlace::blocking_collective);
}

void report_threads(const UpperInterface& upper, RankReport& report) {
  int heaviest = 0;
  std::uint32_t round = gate().resume + 1;
  for (const ThreadRecord* record = upper.threads; record != nullptr; record = record->next) {
    ++report.threads;
    if (record->parked_deep == round) ++report.threads_parked;
    if (is(*record, ThreadPlace::parked_before_collective)) report.parked_on.push_back(std::uint64_t{record->call_communicator});
    if (weight(*record) <= heaviest) continue;
    heaviest = weight(*record);
    report.place = record->place;
    const char* call = record->call;
    report.call = call != nullptr && report.place != 0 ? call : "";
    report.call_communicator = report.call.empty() ? 0 : record->call_communicator;
  }
}

}  // namespace

void set_restoring(bool restoring) { is_restoring = restoring; }

RankReport GatePort::report() {
  UpperInterface& upper = *gate().upper;
  RankReport report;
  bool with_mpi = upper.mpi_initialized != 0;
  report.stopped = gate().stop != 0;
  report.remakes_mpi = with_mpi && upper.incarnation != gate().incarnation;
  report.at_line = !with_mpi || stands_at_line();
  ListLock lock(upper);
  if (report.stopped) remind_upper_threads(upper);
  report.sent = upper.sent;
  report.received = upper.received;
  std::uint64_t held_before = times_held(upper);
  if (with_mpi)
    for (const CommunicatorCounter* c = upper.communicators; c != nullptr; c = c->next) report.entered.emplace_back(c->id, c->entered);
  report_threads(upper, report);
  if (!report.parked_on.empty() && times_held(upper) != held_before) take_for_inside(report);
  if (upper.active_unsupported != 0) report.unsupported = upper.unsupported_name != nullptr ? upper.unsupported_name : "an operation";
  if (options().wait_for_children && report.unsupported.empty())
    if (std::string children = living_children(); !children.empty()) report.unsupported = "child processes: " + children;
  return report;
}

std::vector<std::string> GatePort::children() { return family_names(); }

void GatePort::begin(std::uint32_t request) { announce_request(request); }

void GatePort::set_targets(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& targets, std::uint32_t request) {
  UpperInterface& upper = *gate().upper;
  ListLock lock(upper);
  for (CommunicatorCounter* c = upper.communicators; c != nullptr; c = c->next) {
    for (const auto& [id, target] : targets) {
      if (id != c->id || (c->target_request == request && c->target >= target)) continue;
      c->target = target;
      c->target_request = request;
    }
  }
  gate().targets_known = request;
}

void GatePort::stop() {
  stop_upper_threads();
  stop_family();
}

void GatePort::all_stopped() { gate().all_stopped = 1; }

void GatePort::drained() { gate().drained = 1; }

bool GatePort::all_parked(std::string* why) {
  if (is_restoring) {
    if (why != nullptr) *why = "it is just being restarted";
    return false;
  }
  return upper_threads_parked(why, true) && family_parked(why);
}

Result<ImageFacts> GatePort::write_image(const std::string& path) {
  auto ready = write_family(path);
  auto facts = ready ? write_rank_image(path, rank_, size_) : Result<ImageFacts>(ready.error());
  auto children = family_written();
  if (!children && facts) return children.error();
  if (children && facts) facts->children = *children;
  return facts;
}

void GatePort::resume() {
  resume_upper_threads();
  resume_family();
}

void GatePort::end_job(int code) {
  end_members(code);
  if (code == 0) take_leave_of_launcher();
  end_rank(code);
}

}  // namespace mana::lower
