// SPDX-License-Identifier: Apache-2.0
// An MPI of the standard ABI for tests: what its functions need to become MPICH's. A predefined handle is a small number of the standard, any
// other one MPICH's own, widened. Error codes are classes, as the core returns them.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "gen/lower_args.hpp"
#include "upper_half/objects.hpp"

namespace standard_mpi {

using mana::upper::Status;

/// Calls an entry of the core; brings it in first if need be.
int call(int number, void* arguments);
/// An address in the core.
void* core_symbol(const char* name);

struct PredefinedHandle {
  std::uint32_t standard;
  int handle_class;
};
/// Ends with standard 0.
extern const PredefinedHandle predefined_handles[];

template <class T>
constexpr int class_of = 0;
template <>
inline constexpr int class_of<MPI_Comm> = 1;
template <>
inline constexpr int class_of<MPI_Group> = 2;
template <>
inline constexpr int class_of<MPI_Datatype> = 3;
template <>
inline constexpr int class_of<MPI_File> = 4;
template <>
inline constexpr int class_of<MPI_Errhandler> = 5;
template <>
inline constexpr int class_of<MPI_Op> = 6;
template <>
inline constexpr int class_of<MPI_Info> = 7;
template <>
inline constexpr int class_of<MPI_Win> = 8;
template <>
inline constexpr int class_of<MPI_Request> = 11;
template <>
inline constexpr int class_of<MPI_Message> = 12;
template <>
inline constexpr int class_of<MPI_Session> = 14;

std::uint64_t real_of(std::uint64_t standard);
std::uint64_t standard_of(std::uint64_t real, int handle_class);

template <class Handle>
std::uint64_t real(Handle handle) {
  return real_of(reinterpret_cast<std::uint64_t>(handle));
}
template <class Handle>
Handle handle(std::uint64_t real) {
  return reinterpret_cast<Handle>(standard_of(real, class_of<Handle>));
}

template <class Handle>
std::uint64_t* made_real_in_place(const Handle* handles, int count) {
  auto* all = reinterpret_cast<std::uint64_t*>(const_cast<Handle*>(handles));
  for (int i = 0; all != nullptr && i < count; ++i) all[i] = real_of(all[i]);
  return all;
}

/// An array of handles for the time of a call.
template <class Handle>
class Handles {
 public:
  Handles(const Handle* handles, int count) : null_(handles == nullptr) {
    for (int i = 0; !null_ && i < count; ++i) real_.push_back(real(handles[i]));
  }
  std::uint64_t* data() { return null_ ? nullptr : real_.data(); }
  void store(Handle* handles) {
    for (std::size_t i = 0; i < real_.size(); ++i) handles[i] = handle<Handle>(real_[i]);
  }

 private:
  bool null_;
  std::vector<std::uint64_t> real_;
};

/// MPI_DISTRIBUTE_DFLT_DARG is the one integer that the core knows by another value.
class DistributionArguments {
 public:
  DistributionArguments(const int* values, int count);
  const int* data() { return values_.data(); }

 private:
  std::vector<int> values_;
};

/// The status that is not MPI's own part: cancelled and the bytes.
Status canonical(const MPI_Status& status);
void store(MPI_Status* status, const Status& from);

class Statuses {
 public:
  Statuses(const MPI_Status* statuses, int count) : canonical_(statuses == MPI_STATUSES_IGNORE || count < 0 ? 0 : count) {}
  Status* data() { return canonical_.empty() ? nullptr : canonical_.data(); }
  void store(MPI_Status* statuses, int count, int code) {
    for (int i = 0; i < count && !canonical_.empty(); ++i) {
      standard_mpi::store(statuses + i, canonical_[i]);
      if (code == MPI_ERR_IN_STATUS) statuses[i].MPI_ERROR = canonical_[i].error;
    }
  }

 private:
  std::vector<Status> canonical_;
};

int peers(MPI_Comm comm);
int in_neighbors(MPI_Comm comm);
int out_neighbors(MPI_Comm comm);

}  // namespace standard_mpi
