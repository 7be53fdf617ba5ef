// SPDX-License-Identifier: Apache-2.0
// The lower half of a program without MPI: a job of one rank, whose coordinator lives in this process.
#include <fmt/format.h>

#include "common/gate.hpp"
#include "common/mpi_constants.hpp"
#include "common/startup_args.hpp"
#include "common/thread_record.hpp"
#include "gen/lower_index.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/door.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/job.hpp"
#include "lower_half/mpi_startup.hpp"

namespace mana::lower {
namespace {

constexpr RealMpi alone{.provided = mpi::THREAD_MULTIPLE, .rank = 0, .size = 1, .one_host = true, .nodes = 1, .node = 0, .lowest_of_node = true};

}  // namespace

extern "C" {

std::int64_t lower_no_such_entry(void*) { return mpi::ERR_UNSUPPORTED_OPERATION; }

/// Called by the upper library's constructor.
std::int64_t lower_join_alone(void* arguments) {
  auto& a = *static_cast<custom::Initialize*>(arguments);
  a.provided = alone.provided;
  a.rank = alone.rank;
  a.size = alone.size;
  join_job(alone);
  return 0;
}

std::int64_t lower_leave_alone(void*) {
  leave_job();
  return 0;
}

#define MANA_DOORS(entry) std::int64_t door_##entry(void*), slow_door_##entry(void*)
MANA_DOORS(lower_no_such_entry);
MANA_DOORS(lower_join_alone);
MANA_DOORS(lower_leave_alone);
#undef MANA_DOORS

}  // extern "C"

asm(MANA_DOOR_MACRO
    "mana_door lower_no_such_entry\n"
    "mana_door lower_join_alone\n"
    "mana_door lower_leave_alone\n");

std::uint32_t built_with_mpi() { return 0; }
const char* built_with_mpi_name() { return "no MPI"; }
std::string real_version() { return "no MPI"; }

std::string entry_fingerprint() { return fmt::format("{}-plain-{:x}", shared_layouts(), static_cast<unsigned>(LowerEntry::custom_initialize)); }

void fill_mpi_entries() {
  gate().lower_entry_count = max_lower_entries;
  auto put = [](LowerEntry entry, Doors doors) { gate().lower_entries[static_cast<std::size_t>(entry)] = doors.for_this_machine(); };
  for (auto& entry : gate().lower_entries) entry = Doors{door_lower_no_such_entry, slow_door_lower_no_such_entry}.for_this_machine();
  for (auto i = static_cast<std::size_t>(LowerEntry::real_send); i < static_cast<std::size_t>(LowerEntry::count); ++i)
    gate().lower_entries[i] = lower_no_such_entry;
  put(LowerEntry::custom_initialize, {door_lower_join_alone, slow_door_lower_join_alone});
  put(LowerEntry::custom_finalize, {door_lower_leave_alone, slow_door_lower_leave_alone});
}

RealMpi start_real_mpi(int) { return alone; }
void share_bytes(std::string&, int) {}
void take_leave_of_launcher() {}
std::vector<std::string> share_by_node(const std::string& mine, const RealMpi&) { return {mine}; }
void wait_for_all() {}
bool all_agree(bool mine) { return mine; }
int stop_real_mpi() { return 0; }

}  // namespace mana::lower
