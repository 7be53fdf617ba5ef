// SPDX-License-Identifier: Apache-2.0
// Memory that MPI allocates for windows. It lies in the upper half's window, never in the real MPI.
#pragma once

#include <cstdint>

#include "common/thread_record.hpp"
#include "upper_half/arena.hpp"
#include "upper_half/objects.hpp"

namespace mana::upper {

struct Comm;

/// True on every rank if `mine` is true on every rank.
bool all_of(const Comm& comm, bool mine);

/// Pages of this rank alone.
class PrivateMemory {
 public:
  /// False: there is no such memory. 0 bytes need none.
  bool allocate(std::int64_t bytes);
  void release();
  void* base() const { return base_; }
  std::int64_t bytes() const { return static_cast<std::int64_t>(bytes_); }
  /// Gives it the pages of the real MPI's memory at `there`, which begins a page: both show the same from now on: with
  /// `content`, what is here, else zeros. Only raw system calls. False: those pages can't be shown twice, and nothing has changed.
  bool take_pages(void* there, bool content);

 private:
  void* base_ = nullptr;
  std::size_t bytes_ = 0;
};

constexpr std::int64_t page_bytes = 4096;

/// The same in processes that may share memory.
std::uint64_t host_identity();

/// Memory that all ranks of a communicator see: one segment of parts, in the order of the ranks. Rank 0's image holds the
/// content; the other images only the addresses.
class SharedMemory {
 public:
  struct Part {
    std::int64_t offset, bytes, disp_unit;
  };

  /// Collective over `comm`, all of whose ranks must be on one node. `apart`: every part begins a page. Returns an error
  /// class, the same on every rank: MPI_ERR_NO_MEM, MPI_ERR_RMA_SHARED.
  int create(const Comm& comm, std::int64_t bytes, int disp_unit, bool apart);
  /// Unmaps it here.
  void release();
  /// After a restart: every rank maps one segment in place of what its image has brought back. Returns an error class.
  int share_again(const Comm& comm);

  const Part& part(int rank) const { return parts_[rank]; }
  int ranks() const { return static_cast<int>(parts_.size()); }
  /// Of a rank's part. Null for one without bytes, as both MPIs tell; Open MPI only if the parts are apart.
  void* address(int rank) const { return parts_[rank].bytes == 0 && (apart_ || abi().abi != 2) ? nullptr : base_ + parts_[rank].offset; }

 private:
  int gather_parts(const Comm& comm, std::int64_t bytes, int disp_unit);
  int map_segment(const Comm& comm, bool with_content);

  char* base_ = nullptr;
  std::size_t bytes_ = 0;
  bool apart_ = false;
  Vector<Part> parts_;
  UnsavedRange unsaved_{};
};

}  // namespace mana::upper
