// SPDX-License-Identifier: Apache-2.0
// Threads of the lower half that take no signal: what the kernel sends to the process is the program's, and one of its own threads takes it.
#pragma once

#include <signal.h>

#include <thread>
#include <utility>

#include "common/fork_pause.hpp"

namespace mana {

/// Blocks every signal of the calling thread while it lives; a thread that is started meanwhile keeps them blocked for good.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

/// Starts `body` in a thread that has every signal blocked, and that holds forks up but where it waits.
template <class Body>
std::thread quiet_thread(Body&& body) {
  const AllSignalsBlocked blocked;
  return std::thread([body = std::forward<Body>(body)]() mutable {
    const WhileAwake awake;
    body();
  });
}

}  // namespace mana
