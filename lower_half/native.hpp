// SPDX-License-Identifier: Apache-2.0
// What the entries of the lower half need to speak the real MPI's language: handles to and from 64 bits, statuses, and
// arrays converted for the time of one call. Compiled against each real mpi.h; nothing here outlives a call.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "common/mpi_constants.hpp"
#include "gen/native_values.hpp"
#include "upper_half/objects.hpp"

#if MPI_VERSION < 4
using MPI_Session = void*;
#endif

namespace mana::lower {

/// A handle of the real MPI from its 64 bits, and back.
template <class Handle>
[[gnu::always_inline]] inline Handle native(std::uint64_t bits) {
  if constexpr (std::is_pointer_v<Handle>)
    return reinterpret_cast<Handle>(bits);
  else
    return static_cast<Handle>(static_cast<std::uint32_t>(bits));
}
template <class Handle>
[[gnu::always_inline]] inline std::uint64_t bits(Handle handle) {
  if constexpr (std::is_pointer_v<Handle>)
    return reinterpret_cast<std::uint64_t>(handle);
  else
    return static_cast<std::uint32_t>(handle);
}

[[gnu::always_inline]] inline void* native_buffer(const void* standard) {
  if (__builtin_expect(standard == mpi::IN_PLACE, 0)) return MPI_IN_PLACE;
  return const_cast<void*>(standard);
}
inline int* native_weights(const int* standard) {
  if (standard == mpi::UNWEIGHTED) return const_cast<int*>(MPI_UNWEIGHTED);
  if (standard == mpi::WEIGHTS_EMPTY) return const_cast<int*>(MPI_WEIGHTS_EMPTY);
  return const_cast<int*>(standard);
}

/// A duplicate of MPI_COMM_WORLD for messages of our own (lower_half/mpi_startup.cpp).
MPI_Comm notes_comm();

/// Bytes received and the cancelled flag, read from the native layout where it is known.
[[gnu::always_inline]] inline std::int64_t status_bytes(const MPI_Status& status) {
#if defined(OPEN_MPI)
  return static_cast<std::int64_t>(status._ucount);
#elif defined(MPICH_VERSION)
  return static_cast<std::int64_t>(static_cast<unsigned>(status.count_hi_and_cancelled) >> 1) << 32 | static_cast<unsigned>(status.count_lo);
#else
  MPI_Count bytes = 0;
  PMPI_Get_elements_x(&status, MPI_BYTE, &bytes);
  return bytes;
#endif
}
[[gnu::always_inline]] inline int status_cancelled(const MPI_Status& status) {
#if defined(OPEN_MPI)
  return status._cancelled;
#elif defined(MPICH_VERSION)
  return status.count_hi_and_cancelled & 1;
#else
  int flag = 0;
  PMPI_Test_cancelled(&status, &flag);
  return flag;
#endif
}

/// Fills the canonical status but for `error`, which only calls on several requests define.
[[gnu::always_inline]] inline void store_status(upper::Status* standard, const MPI_Status& status) {
  standard->source = standard_rank(status.MPI_SOURCE);
  standard->tag = standard_tag(status.MPI_TAG);
  standard->cancelled = status_cancelled(status);
  standard->count_bytes = status_bytes(status);
}

/// A native status that answers MPI_Get_count, MPI_Get_elements and MPI_Test_cancelled as the canonical one would.
inline MPI_Status native_status(const upper::Status& standard) {
  MPI_Status status{};
  status.MPI_SOURCE = native_rank(standard.source);
  status.MPI_TAG = native_tag(standard.tag);
  PMPI_Status_set_elements_x(&status, MPI_BYTE, standard.count_bytes);
  PMPI_Status_set_cancelled(&status, standard.cancelled);
  return status;
}

/// `count` elements for one call: on the stack when few, else on the heap.
template <class T>
class CallArray {
 public:
  explicit CallArray(std::int64_t count) : count_(count < 0 ? 0 : count) {
    if (count_ > few) elements_ = static_cast<T*>(std::malloc(static_cast<std::size_t>(count_) * sizeof(T)));
  }
  ~CallArray() {
    if (elements_ != few_) std::free(elements_);
  }
  CallArray(const CallArray&) = delete;
  T& operator[](std::int64_t i) { return elements_[i]; }
  T* data() { return elements_; }
  std::int64_t size() const { return count_; }

 private:
  static constexpr std::int64_t few = 64;
  std::int64_t count_;
  T few_[few];
  T* elements_ = few_;
};

/// An array of handles. A null array stays null (arrays that are not significant, or next to MPI_IN_PLACE).
template <class Handle>
class HandleArray {
 public:
  HandleArray(const std::uint64_t* standard, std::int64_t count) : native_(standard == nullptr ? 0 : count), null_(standard == nullptr) {
    for (std::int64_t i = 0; i < native_.size(); ++i) native_[i] = native<Handle>(standard[i]);
  }
  Handle* data() { return null_ ? nullptr : native_.data(); }
  void store(std::uint64_t* standard) {
    for (std::int64_t i = 0; i < native_.size(); ++i) standard[i] = bits(native_[i]);
  }

 private:
  CallArray<Handle> native_;
  bool null_;
};

/// Handles that the real MPI looks at until the operation which is being started completes (MPI 4.1 §6.12): converted in
/// place, in memory that the caller keeps until then and that is its own alone.
template <class Handle>
Handle* standing_handles(const std::uint64_t* standard, int count) {
  auto* bytes = reinterpret_cast<unsigned char*>(const_cast<std::uint64_t*>(standard));
  for (int i = 0; standard != nullptr && i < count; ++i) {
    Handle handle = native<Handle>(standard[i]);
    std::memcpy(bytes + sizeof(Handle) * static_cast<std::size_t>(i), &handle, sizeof(Handle));
  }
  return reinterpret_cast<Handle*>(bytes);
}

/// An array of integers of a translated kind.
template <int (*Translate)(int)>
class IntegerArray {
 public:
  IntegerArray(const int* standard, std::int64_t count) : native_(standard == nullptr ? 0 : count), null_(standard == nullptr) {
    for (std::int64_t i = 0; i < native_.size(); ++i) native_[i] = Translate(standard[i]);
  }
  int* data() { return null_ ? nullptr : native_.data(); }

 private:
  CallArray<int> native_;
  bool null_;
};

/// Statuses to be written by a call; null means ignore.
class StatusArray {
 public:
  StatusArray(const upper::Status* standard, std::int64_t count) : native_(standard == nullptr ? 0 : count), null_(standard == nullptr) {}
  MPI_Status* data() { return null_ ? MPI_STATUSES_IGNORE : native_.data(); }
  void store(upper::Status* standard, std::int64_t count, bool with_errors) {
    if (null_) return;
    for (std::int64_t i = 0; i < count; ++i) {
      store_status(standard + i, native_[i]);
      if (with_errors) standard[i].error = standard_error(native_[i].MPI_ERROR);
    }
  }

 private:
  CallArray<MPI_Status> native_;
  bool null_;
};

/// Extents that no parameter tells (MPI 4.1 §6.8, §8.6): processes of the other or only group, neighbours of a topology.
inline int peers(MPI_Comm comm) {
  int inter = 0, size = 0;
  PMPI_Comm_test_inter(comm, &inter);
  inter ? PMPI_Comm_remote_size(comm, &size) : PMPI_Comm_size(comm, &size);
  return size;
}
inline int neighbors(MPI_Comm comm, bool incoming) {
  int kind = MPI_UNDEFINED, in = 0, out = 0, weighted = 0;
  PMPI_Topo_test(comm, &kind);
  if (kind == MPI_CART) {
    PMPI_Cartdim_get(comm, &in);
    return 2 * in;
  }
  if (kind == MPI_GRAPH) {
    int rank = 0;
    PMPI_Comm_rank(comm, &rank);
    PMPI_Graph_neighbors_count(comm, rank, &in);
    return in;
  }
  if (kind == MPI_DIST_GRAPH) PMPI_Dist_graph_neighbors_count(comm, &in, &out, &weighted);
  return incoming ? in : out;
}
inline int in_neighbors(MPI_Comm comm) { return neighbors(comm, true); }
inline int out_neighbors(MPI_Comm comm) { return neighbors(comm, false); }

}  // namespace mana::lower
