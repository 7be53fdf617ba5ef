// SPDX-License-Identifier: Apache-2.0
#include "lower_half/callback.hpp"

#include "common/arch.hpp"
#include "common/thread_record.hpp"

namespace mana::lower {

[[gnu::noinline, gnu::optimize("no-stack-protector")]] std::int64_t call_upper(std::int64_t (*function)(void*), void* arguments) {
  auto* record = reinterpret_cast<ThreadRecord*>(arch::gs_base());
  std::uint64_t lower_fs = arch::fs_base(), stack = record->lower_stack;
  // A nested crossing starts well below the callback's own frames.
  record->lower_stack = (reinterpret_cast<std::uint64_t>(__builtin_frame_address(0)) - (1 << 20)) & ~63ULL;
  arch::set_fs_base(record->upper_fs);
  record->in_lower = 0;
  std::int64_t result = function(arguments);
  record->in_lower = 1;
  arch::set_fs_base(lower_fs);
  record->lower_stack = stack;
  return result;
}

}  // namespace mana::lower
