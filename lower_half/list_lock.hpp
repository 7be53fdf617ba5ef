// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arch.hpp"
#include "common/thread_record.hpp"

namespace mana::lower {

/// The upper half's lists (threads, communicators), held still. Its own holders are never stopped while they have the lock.
class ListLock {
 public:
  explicit ListLock(UpperInterface& upper) : upper_(upper) {
    while (__atomic_exchange_n(&upper_.lock, 1, __ATOMIC_ACQUIRE) != 0) arch::raw_syscall(SYS_sched_yield);
  }
  ~ListLock() { __atomic_store_n(&upper_.lock, 0, __ATOMIC_RELEASE); }
  ListLock(const ListLock&) = delete;

 private:
  UpperInterface& upper_;
};

}  // namespace mana::lower
