// SPDX-License-Identifier: Apache-2.0
// The coordinator of one job: a thread in rank 0's lower half. It makes no MPI call. Ranks' agents and users' commands
// connect to it; it leads every checkpoint from the request to the committed manifest, or gives it up and says why.
#pragma once

#include <memory>
#include <string>

#include "common/result.hpp"
#include "coordinator/connection.hpp"
#include "coordinator/protocol.hpp"

namespace mana {

struct CoordinatorOptions {
  int ranks = 1;
  std::string directory;  ///< --ckptdir, absolute
  bool one_host = true;   ///< all ranks are here: listen on the loopback only
  double interval_s = 0;  ///< 0: checkpoints on request only
  int keep = 2;
  double checkpoint_timeout_s = 300;  ///< from the request to the drained cut
  double parking_timeout_s = 60;
  double writing_timeout_s = 3600;
  std::string token;                                               ///< the secret of an earlier coordinator of this job that this one replaces; "": a new one
  std::string relays;                                              ///< the name that the relays of the earlier one listen under; "": a new one
  std::string job;                                                 ///< id of the batch job; "": HOST:PID
  std::string app_abi, lower_mpi, lower_mpi_version, application;  ///< for the manifest
  bool verbose = false;
  DescriptorNotice note_descriptor = nullptr;
};

class Coordinator {
 public:
  /// Makes the directory, listens, writes DIR/job.json (0600), starts the thread with all signals blocked. An error if another job that
  /// is alive uses the directory.
  static Result<std::unique_ptr<Coordinator>> start(CoordinatorOptions options);
  ~Coordinator();  ///< finishes at once

  /// What agents need to connect; send `endpoint().serialize()` to all ranks over MPI.
  const Endpoint& endpoint() const;

  /// Waits until all agents have left, for at most `timeout_ms`, removes job.json and joins the thread.
  void finish(int timeout_ms);

 private:
  class Loop;
  Coordinator() = default;
  std::unique_ptr<Loop> loop_;
};

/// DIR/job.json
std::string job_file(const std::string& directory);
/// Batch job id from the environment (Slurm, PBS, LSF, SGE), or "HOST:PID".
std::string job_id();

}  // namespace mana
