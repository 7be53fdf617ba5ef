// SPDX-License-Identifier: Apache-2.0
// Lets sources of the upper half run in an ordinary test program: a thread record behind %gs, an interface, and a door
// that leads nowhere. Tests call only what needs no real MPI; anything else ends the program here.
#include <asm/prctl.h>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <sys/syscall.h>
#include <unistd.h>

#include "upper_half/environment.hpp"
#include "upper_half/objects.hpp"
#include "upper_half/request.hpp"
#include "upper_half/thread.hpp"
#include "upper_half/window.hpp"

namespace mana::upper {

UpperInterface the_interface;
DeferredReceives deferred;
void post_deferred_now() {}

namespace {

ThreadRecord test_thread;

[[gnu::constructor(101)]] void become_a_rank() {
  test_thread.self = &test_thread;
  syscall(SYS_arch_prctl, ARCH_SET_GS, &test_thread);
  the_interface.rank = 2;
  the_interface.size = 8;
}

[[noreturn]] void unexpected(const char* what) {
  std::fprintf(stderr, "unit test: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" std::int64_t mana_cross(void*, std::uint64_t) { unexpected("there is no lower half here"); }
InterfaceLock::InterfaceLock() {}
InterfaceLock::~InterfaceLock() {}
void RequestLock::enter() { unexpected("a second thread"); }
void RequestLock::leave() {}
void rebuild_windows() { unexpected("a restart in a unit test"); }
void set_clock() { unexpected("a restart in a unit test"); }
void WrapperScope::deferred_stop() { unexpected("a stop in a unit test"); }
bool checkpoint_line(Standing) { unexpected("a checkpoint in a unit test"); }

void fatal(const char* format, ...) {
  va_list list;
  va_start(list, format);
  std::vfprintf(stderr, format, list);
  va_end(list);
  std::abort();
}

const AbiHooks& abi() {
  // clang-format off
  static const AbiHooks hooks{3, [](const Object* o) { return std::uint64_t{o->vid}; }, [](int c) { return c; }, [](int c) { return c; },
                              [](int k) { return k; }, "test", 4, 1, 0, nullptr, nullptr, 2};
  // clang-format on
  return hooks;
}

}  // namespace mana::upper
