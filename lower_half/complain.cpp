// SPDX-License-Identifier: Apache-2.0
#include "lower_half/complain.hpp"

#include <cstdlib>
#include <unistd.h>

namespace mana::lower {
namespace {

int launcher_rank() {
  for (const char* name : {"PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"})
    if (const char* value = std::getenv(name)) return std::atoi(value);
  return -1;
}

int the_rank = launcher_rank();

}  // namespace

int known_rank() { return the_rank; }
void set_known_rank(int rank) { the_rank = rank; }

void say_line(const std::string& text) {
  std::string line = the_rank >= 0 ? fmt::format("mana: rank {}: {}\n", the_rank, text) : fmt::format("mana: {}\n", text);
  (void)!write(2, line.data(), line.size());
}

void end_rank(int code) { _exit(code); }

}  // namespace mana::lower
