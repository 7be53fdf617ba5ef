// SPDX-License-Identifier: Apache-2.0
#include "common/fork_pause.hpp"

#include <pthread.h>

namespace mana {
namespace {

/// A fork does not wait behind threads that wake meanwhile.
pthread_rwlock_t awake = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
thread_local bool is_awake = false;

void wake() {
  pthread_rwlock_rdlock(&awake);
  is_awake = true;
}

void sleep() {
  is_awake = false;
  pthread_rwlock_unlock(&awake);
}

}  // namespace

WhileAwake::WhileAwake() { wake(); }
WhileAwake::~WhileAwake() { sleep(); }

WhileWaiting::WhileWaiting() : paused_(is_awake) {
  if (paused_) sleep();
}
WhileWaiting::~WhileWaiting() {
  if (paused_) wake();
}

void hold_others() { pthread_rwlock_wrlock(&awake); }
void release_others() { pthread_rwlock_unlock(&awake); }
void forget_others() { awake = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP; }

}  // namespace mana
