// SPDX-License-Identifier: Apache-2.0
#include "restart/job_options.hpp"

#include <fmt/format.h>
#include <signal.h>

namespace mana::restart {

void add_job_options(CLI::App& app, JobOptions& options) {
  app.add_option("--mpi", options.mpi.mpi, "the real MPI underneath: mpich, openmpi, or abi for any with the standard ABI (default: the launcher's)");
  app.add_option("--mpi-library", options.mpi.library,
                 "with --mpi abi: that MPI's libmpi_abi.so.*, or its directory (default: $MANA_MPI_LIBRARY, else where ld.so looks)");
  app.add_option("--interval", options.interval_s, "seconds between checkpoints (0: only on request)")->check(CLI::NonNegativeNumber);
  app.add_option("--keep", options.keep, "complete generations to keep")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--signal", options.signal, "signal to the ranks that asks for a checkpoint")->capture_default_str();
  app.add_option("--checkpoint-timeout", options.timeout_s, "seconds after which a checkpoint that can't be reached is given up")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--children", options.children,
                 "child processes at a checkpoint: ignore (they are named and left out), follow (they are part of it), wait (until they have ended, some "
                 "seconds at most) or refuse")
      ->check(CLI::IsMember({"ignore", "follow", "wait", "refuse"}))
      ->capture_default_str();
  app.add_flag("--verbose", options.verbose, "say what is going on");
}

std::vector<std::string> lower_options(const JobOptions& options, const std::string& command) {
  const int signal = signal_number(options.signal);
  if (signal < 1 || signal > 31 || signal == SIGKILL || signal == SIGSTOP)
    refuse(command, fmt::format("--signal {}: not a signal that can be used; take for example USR1 or USR2", options.signal));
  std::vector<std::string> words{"--interval", fmt::format("{}", options.interval_s),
                                 "--keep",     std::to_string(options.keep),
                                 "--signal",   std::to_string(signal),
                                 "--timeout",  fmt::format("{}", options.timeout_s),
                                 "--children", options.children};
  if (options.verbose) words.emplace_back("--verbose");
  return words;
}

}  // namespace mana::restart
