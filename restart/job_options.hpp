// SPDX-License-Identifier: Apache-2.0
// What mana_launch and mana_restart are told alike about the job that they start.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "restart/launcher.hpp"

namespace mana::restart {

struct JobOptions {
  MpiWish mpi;
  std::string signal = "USR2", children = "ignore";
  double interval_s = 0, timeout_s = 300;
  int keep = 2;
  bool verbose = false;
};

/// Lets `app` read them into `options`, which must live as long.
void add_job_options(CLI::App& app, JobOptions& options);

/// The options of the lower half that say the same. Ends this process with one line, as `command`, when a value can't be used.
std::vector<std::string> lower_options(const JobOptions& options, const std::string& command);

}  // namespace mana::restart
