// SPDX-License-Identifier: Apache-2.0
#include <sys/syscall.h>

#include <catch2/catch.hpp>

#include "common/interrupted_call.hpp"

using namespace mana;

namespace {

constexpr InterruptibleCalls calls{0x1000, 0x2000, 0x2030};
constexpr auto goes_on = static_cast<std::uint64_t>(go_on_after_checkpoint);
constexpr auto eintr = static_cast<std::uint64_t>(-4);

struct Frame {
  std::uint64_t words[32] = {};
  Frame(std::uint64_t rip, std::uint64_t rax) {
    words[frame_rip] = rip;
    words[frame_rax] = rax;
    enter_interrupted_call_again(words, calls);
  }
  bool is(std::uint64_t rip, std::uint64_t rax) const { return words[frame_rip] == rip && words[frame_rax] == rax; }
};

}  // namespace

TEST_CASE("a wait for children that has not returned looks again, wherever it stands") {
  for (std::uint64_t at = calls.child_wait_begins; at < calls.child_wait_returns; ++at) CHECK(Frame(at, SYS_wait4).is(calls.child_wait_returns, goes_on));
  CHECK(Frame(calls.child_wait_returns, eintr).is(calls.child_wait_returns, goes_on));
  CHECK(Frame(calls.child_wait_returns, 1234).is(calls.child_wait_returns, 1234));
  CHECK(Frame(calls.child_wait_begins - 1, 7).is(calls.child_wait_begins - 1, 7));
}

TEST_CASE("a timed wait goes on with the rest of its time when it was interrupted, and keeps any other result") {
  CHECK(Frame(calls.timed_call_returns, eintr).is(calls.timed_call_returns, goes_on));
  CHECK(Frame(calls.timed_call_returns, 0).is(calls.timed_call_returns, 0));
}

TEST_CASE("calls that have no time to compute are entered again") {
  std::uint8_t code[] = {0xb8, SYS_pause, 0, 0, 0, 0x0f, 0x05, 0x90};
  const auto behind = reinterpret_cast<std::uint64_t>(code) + 7;
  CHECK(Frame(behind, eintr).is(behind - 2, SYS_pause));
  CHECK(Frame(behind, 0).is(behind, 0));
  code[1] = SYS_read;
  CHECK(Frame(behind, eintr).is(behind, eintr));
}
