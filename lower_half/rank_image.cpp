// SPDX-License-Identifier: Apache-2.0
#include "lower_half/rank_image.hpp"

#include "common/gate.hpp"
#include "common/thread_record.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/process_state.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

/// Regions that come back from another rank's image keep their addresses only.
void leave_out_unsaved(std::vector<RegionDescription>& regions, const UpperInterface& upper) {
  for (const UnsavedRange* range = upper.unsaved; range != nullptr; range = range->next)
    for (RegionDescription& region : regions)
      if (region.start >= range->start && region.end <= range->end) region.kind = RegionKind::reservation;
}

}  // namespace

Result<ImageFacts> write_rank_image(const std::string& path, int rank, int size) {
  auto maps = read_proc_maps();
  if (!maps) return maps.error();
  if (window().outside != 0)
    return Error{"the program has mapped memory at a fixed address outside of its window; such memory can't be saved yet"};
  const UpperInterface& upper = *gate().upper;
  ImageDescription description;
  description.app_abi = upper.abi;
  description.lower_mpi = built_with_mpi();
  description.lower_mpi_version = real_version();
  description.rank = rank;
  description.size = size;
  description.mpi_initialized = upper.mpi_initialized != 0;
  description.thread_level = upper.thread_level;
  description.incarnation = gate().incarnation;
  description.upper_interface = reinterpret_cast<std::uintptr_t>(&upper);
  description.window_state = window_state_address;
  description.facts = describe_process().dump();
  description.regions = upper_half_regions(*maps);
  leave_out_unsaved(description.regions, upper);
  return write_image(path, description);
}

}  // namespace mana::lower
