// SPDX-License-Identifier: Apache-2.0
// What mana_launch and mana_restart tell the lower half on its command line.
#pragma once

#include <string>
#include <vector>

namespace mana::lower {

struct Options {
  bool restart = false;
  std::string checkpoint_directory = "mana-ckpt";
  std::string abi;                 ///< mpich | openmpi | none
  std::vector<std::string> upper;  ///< our MPI library and its aliases, to be preloaded into the upper half
  std::string image;               ///< restart: this rank's image
  double interval_s = 0;
  int keep = 2;
  int signal = 10;  ///< checkpoint request
  double checkpoint_timeout_s = 300;
  bool wait_for_children = false;  ///< no checkpoint while the program has child processes
  bool refuse_children = false;    ///< a checkpoint fails if the program has child processes
  bool follow_children = false;    ///< child processes are part of a checkpoint
  int member_of = -1;              ///< a followed child of this rank; -1: a rank itself
  std::string inherited;           ///< restart of a member: the family's descriptors, see lending.hpp
  std::string ids;                 ///< launch of a program by exec: "known:kernel,…", processes that it knows by the ids of before a restart; itself, too
  std::string token;               ///< restart of a member: names the memory that the family shares
  bool truncate_files = false;     ///< restart: files end where they ended at the checkpoint
  bool portable = false;           ///< the program's libc was told to use nothing beyond x86-64-v2
  bool verbose = false;
  std::string application;             ///< absolute path
  std::vector<std::string> arguments;  ///< argv of the application, argv[0] first
};

/// Parses the internal command line; ends the process with one line on a mistake.
Options parse_options(int argc, char** argv);

/// The options of this process; set once by main.
Options& options();

}  // namespace mana::lower
