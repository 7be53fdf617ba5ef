// SPDX-License-Identifier: Apache-2.0
// Info objects (MPI 4.1 §10) live wholly in the upper half.
#pragma once

#include <span>

#include "upper_half/objects.hpp"
#include "upper_half/text.hpp"

namespace mana::upper {

struct Info : Object {
  struct Entry {
    Text key, value;
  };
  Vector<Entry> entries;  ///< in the order in which the keys were first set

  const Text* find(const char* key) const;
  void set(const char* key, const char* value);
};

/// A copy with one reference; `source` may be null or MPI_INFO_NULL (then empty).
Info* copy_info(const Info* source);
void release(Info* info);
/// A hint of a kind of object, and its value as long as none has been given. Where that is "false", "true" is the other one.
struct Hint {
  const char* key;
  const char* by_default;
};
/// MPI 4.1 §7.4.4.
inline constexpr Hint comm_hints[] = {
    {"mpi_assert_no_any_tag", "false"}, {"mpi_assert_no_any_source", "false"}, {"mpi_assert_exact_length", "false"}, {"mpi_assert_allow_overtaking", "false"}};
/// MPI 4.1 §12.2.1, §12.2.3.
inline constexpr Hint window_hints[] = {
    {"no_locks", "false"},       {"accumulate_ordering", "rar,raw,war,waw"}, {"accumulate_ops", "same_op_no_op"}, {"same_size", "false"},
    {"same_disp_unit", "false"}, {"alloc_shared_noncontig", "false"}};

using Hints = std::span<const Hint>;

/// Takes the hints of the kind over from `given`, which may be MPI_INFO_NULL. Others are ignored (MPI 4.1 §10), so are odd values.
void take_hints(Info** own, const Info* given, Hints kind);
/// MPI_x_get_info: a new object with every hint of the kind; `own` may be null.
Info* hints_in_use(const Info* own, Hints kind);

/// Fills MPI_INFO_ENV, once the size of the job is known.
void fill_info_env(int thread_level);

inline bool usable(const Info* info) { return info != nullptr && info->vid != 0x130; }

}  // namespace mana::upper
