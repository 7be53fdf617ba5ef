// SPDX-License-Identifier: Apache-2.0
#include "lower_half/rank_image.hpp"

#include "common/gate.hpp"
#include "common/thread_record.hpp"
#include "lower_half/children.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/options.hpp"
#include "lower_half/process_state.hpp"
#include "lower_half/shared_memory.hpp"
#include "lower_half/stray_threads.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

/// Regions that come back from another rank's image keep their addresses only.
void leave_out_unsaved(std::vector<RegionDescription>& regions, const UpperInterface& upper) {
  for (const UnsavedRange* range = upper.unsaved; range != nullptr; range = range->next)
    for (RegionDescription& region : regions)
      if (region.start >= range->start && region.end <= range->end) region.kind = RegionKind::reservation;
}

/// A program that was started as one without MPI may have loaded one by itself (mpi4py): its messages would be lost.
Result<void> refuse_unknown_mpi(const std::vector<RegionDescription>& regions) {
  for (const RegionDescription& region : regions) {
    std::string file = region.name.substr(region.name.rfind('/') + 1);
    if (file.starts_with("libmpi.so.") || file.starts_with("libmpich.so."))
      return Error{"the program has loaded " + region.name + " by itself; start it with mana_launch --abi mpich|openmpi"};
  }
  return {};
}

}  // namespace

Result<ImageFacts> write_rank_image(const std::string& path, int rank, int size) {
  auto maps = read_proc_maps();
  if (!maps) return maps.error();
  if (window().outside != 0)
    return Error{fmt::format("the program has mapped memory at the fixed address {:#x}, outside of its window; such memory can't be saved",
                             static_cast<std::uint64_t>(window().outside))};
  const std::string children = living_children();
  if (options().refuse_children && !children.empty())
    return Error{fmt::format("the program has child processes, which --children refuse rules out: {}", children)};
  if (std::string strays = threads_that_stay(); !strays.empty())
    return Error{fmt::format("threads that were not made by pthread_create run in the program (aio_read, getaddrinfo_a and mq_notify make such): {}", strays)};
  const UpperInterface& upper = *gate().upper;
  ImageDescription description;
  description.app_abi = upper.abi;
  if (options().portable) description.cpu = portable_features(this_cpu());
  description.lower_mpi = built_with_mpi();
  description.lower_mpi_version = real_version();
  description.rank = rank;
  description.size = size;
  description.mpi_initialized = upper.mpi_initialized != 0;
  description.thread_level = upper.thread_level;
  description.incarnation = gate().incarnation;
  description.upper_interface = reinterpret_cast<std::uintptr_t>(&upper);
  description.window_state = window_state_address;
  description.regions = upper_half_regions(*maps);
  leave_out_unsaved(description.regions, upper);
  if (built_with_mpi() == 0)
    if (auto good = refuse_unknown_mpi(description.regions); !good) return good.error();
  auto shared = describe_shared_objects(*maps, description.regions);
  if (!shared) return shared.error();
  auto facts = describe_process();
  facts["shared"] = *shared;
  facts["portable"] = options().portable;
  description.facts = facts.dump();
  if (!children.empty()) say_line(fmt::format("child processes are no part of the checkpoint: {}; after a restart they read as killed", children));
  return write_image(path, description);
}

}  // namespace mana::lower
