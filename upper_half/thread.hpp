// SPDX-License-Identifier: Apache-2.0
// The calling upper thread, the scope of a wrapper, and the one door into the lower half.
#pragma once

#include <cstdint>

#include "common/gate.hpp"
#include "common/thread_record.hpp"

namespace mana::upper {

/// The calling thread's record; valid in every attached upper thread.
[[gnu::always_inline]] inline ThreadRecord& this_thread() {
  ThreadRecord* record;
  asm volatile("movq %%gs:0, %0" : "=r"(record));
  return *record;
}

/// Runs lower entry `index` with `arguments` on this thread's lower stack and lower FS base; returns its result.
/// The arguments struct may lie on the upper stack. One call = one crossing (two FS switches).
extern "C" std::int64_t mana_cross(void* arguments, std::uint64_t index);

/// How a thread has come to the checkpoint line.
enum class Standing {
  in_call,      ///< it is in one of our functions, and the program expects it to call MPI: user functions may run
  interrupted,  ///< anywhere in the program's own code: only what is async-signal-safe may run
};

/// Leaves the program where it is for a checkpoint: drains (one thread), parks, and returns when the job goes on,
/// in the same process or, after a restart, in a new one; then every `Object::real` has been refreshed. Returns at once if the thread
/// must come again, in a call. Call only with our tables consistent and no lock held. Returns true if a restart lies in between.
bool checkpoint_line(Standing standing = Standing::in_call);

/// True in a child that was forked and has not executed another program: it is no part of the job and has no lower half.
bool in_forked_child();

/// True when the cut has been reached and this thread must go to the checkpoint line as soon as it can.
[[gnu::always_inline]] inline bool stop_wanted() { return gate().stop != 0; }

/// Marks a wrapper that touches our tables or crosses: the stop signal is deferred to its end.
/// `place` tells the agent what the thread does. Nests.
class WrapperScope {
 public:
  [[gnu::always_inline]] explicit WrapperScope(ThreadPlace place = ThreadPlace::wrapper) {
    asm volatile("movl %%gs:36, %0" : "=r"(previous_));
    set(place);
  }
  [[gnu::always_inline]] ~WrapperScope() {
    asm volatile("movl %0, %%gs:36" : : "r"(previous_) : "memory");
    if (previous_ == 0) {
      std::uint32_t wanted;
      asm volatile("movl %%gs:40, %0" : "=r"(wanted) : : "memory");
      if (__builtin_expect(wanted != 0, 0)) deferred_stop();
    }
  }
  [[gnu::always_inline]] static void set(ThreadPlace place) { asm volatile("movl %0, %%gs:36" : : "ir"(static_cast<std::uint32_t>(place)) : "memory"); }
  WrapperScope(const WrapperScope&) = delete;

 private:
  static void deferred_stop();
  std::uint32_t previous_;
};

/// The interface struct that the agent reads (counters, communicator list).
extern UpperInterface the_interface;
[[gnu::always_inline]] inline UpperInterface& interface() { return the_interface; }

/// Spin lock for the lists in `UpperInterface`. Hold it only inside a WrapperScope.
class InterfaceLock {
 public:
  InterfaceLock();
  ~InterfaceLock();
};

/// Ends the rank with one line: "mana: rank R: <text>"; exit code 1 through the lower half. Never returns.
[[noreturn]] void fatal(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace mana::upper
