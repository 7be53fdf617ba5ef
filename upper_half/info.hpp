// SPDX-License-Identifier: Apache-2.0
// Info objects (MPI 4.1 §10) live wholly in the upper half.
#pragma once

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
/// Fills MPI_INFO_ENV, once the size of the job is known.
void fill_info_env(int thread_level);

inline bool usable(const Info* info) { return info != nullptr && info->vid != 0x130; }

}  // namespace mana::upper
