// SPDX-License-Identifier: Apache-2.0
// A program may fork while threads of the lower half are busy. Libc's own locks are whole in the child then; ours, those of function-local statics and
// all others would be held for ever by threads that the child has not got. So a fork waits until each of these threads sleeps in the kernel.
#pragma once

namespace mana {

/// Lives as long as the thread; between construction and destruction no fork happens, except:
class WhileAwake {
 public:
  WhileAwake();
  ~WhileAwake();
  WhileAwake(const WhileAwake&) = delete;
};

/// in a wait of the same thread that this one encloses. In any other thread it does nothing.
class WhileWaiting {
 public:
  WhileWaiting();
  ~WhileWaiting();
  WhileWaiting(const WhileWaiting&) = delete;

 private:
  const bool paused_;
};

/// Before and after a fork, on the thread that forks: no other thread is awake in between.
void hold_others();
void release_others();
void forget_others();  ///< in the child, which has none

}  // namespace mana
