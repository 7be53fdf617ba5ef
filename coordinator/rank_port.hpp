// SPDX-License-Identifier: Apache-2.0
// A rank as its agent sees it: what it reports while the ranks look for a consistent cut, and what can be done to it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/image.hpp"
#include "common/result.hpp"
#include "common/thread_record.hpp"

namespace mana {

/// One look at a rank. The order of looking matters: read `at_line` before `sent`, and `entered` before `place` (a thread
/// that enters a collective sets its place first, then counts).
struct RankReport {
  std::uint32_t place = 0;  ///< ThreadPlace; blocking_collective if any thread is inside one
  std::string call;         ///< MPI function the rank is in, "" outside of MPI
  std::uint64_t call_communicator = 0;
  std::vector<std::uint64_t> parked_on;                          ///< communicators whose next collective a thread is held in front of
  std::vector<std::pair<std::uint64_t, std::uint64_t>> entered;  ///< communicator id, collectives entered; every one it is a member of
  bool stopped = false;                                          ///< stop() has been called in this round
  bool at_line = false;                                          ///< drains at the checkpoint line, or has no MPI to drain (not initialised, already finalised)
  bool remakes_mpi = false;                                      ///< after a restart: the MPI objects are not yet all remade
  std::uint64_t sent = 0, received = 0;
  std::string unsupported;  ///< what no checkpoint can hold yet, "" if nothing
  std::uint32_t threads = 0, threads_parked = 0;

  friend bool operator==(const RankReport&, const RankReport&) = default;
};

/// Implemented by the lower half; called by the agent's thread only.
struct RankPort {
  virtual ~RankPort() = default;
  virtual RankReport report() = 0;
  /// Followed child processes by name, for whoever asks what the job does.
  virtual std::vector<std::string> children() { return {}; }
  /// A checkpoint has been asked for: collectives take their slow path and, targets not being known, are held.
  virtual void begin(std::uint32_t request) = 0;
  /// New or raised targets (communicator id, value). The first call of a request, possibly without any target, means that the targets are
  /// known; a communicator without a target is held at its next collective.
  virtual void set_targets(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& targets, std::uint32_t request) = 0;
  virtual void stop() = 0;         ///< the cut is reached: all threads to the line
  virtual void all_stopped() = 0;  ///< every rank has been told to stop
  virtual void drained() = 0;      ///< nothing is in flight in the whole job
  /// After drained(): true when every upper thread is parked; otherwise `why` says who is not.
  virtual bool all_parked(std::string* why) = 0;
  virtual Result<ImageFacts> write_image(const std::string& path) = 0;
  /// The round is over (committed) or abandoned, at any step after begin(): clear all of it and let everybody go on.
  virtual void resume() = 0;
  /// The checkpoint is committed and the job is to end. Should not return.
  virtual void end_job(int code) = 0;
};

}  // namespace mana
