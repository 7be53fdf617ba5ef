// SPDX-License-Identifier: Apache-2.0
// The queue of drained messages: MPI's order and wildcard rules (MPI 4.1 §3.2.4, §3.5).
#include <catch2/catch.hpp>

#include "upper_half/drained.hpp"

using namespace mana::upper;
namespace mpi = mana::mpi;

namespace {

// Only addresses count: the queue never looks into a communicator.
Comm* comm(std::uintptr_t n) { return reinterpret_cast<Comm*>(n * 64); }

DrainedMessage message(std::uintptr_t on, int source, int tag) {
  DrainedMessage m;
  m.comm = comm(on);
  m.source = source;
  m.tag = tag;
  return m;
}

}  // namespace

TEST_CASE("wildcards take messages in order of arrival") {
  DrainedQueue queue;
  DrainedMessage a = message(1, 3, 7), b = message(1, 2, 7), c = message(1, 3, 8);
  for (DrainedMessage* m : {&a, &b, &c}) queue.push(m);
  CHECK(queue.take(comm(1), mpi::ANY_SOURCE, mpi::ANY_TAG) == &a);
  CHECK(queue.take(comm(1), mpi::ANY_SOURCE, mpi::ANY_TAG) == &b);
  CHECK(queue.take(comm(1), mpi::ANY_SOURCE, mpi::ANY_TAG) == &c);
  CHECK(queue.empty());
}

TEST_CASE("source, tag and communicator all have to match") {
  DrainedQueue queue;
  DrainedMessage a = message(1, 3, 7);
  queue.push(&a);
  CHECK(queue.find(comm(2), 3, 7) == nullptr);
  CHECK(queue.find(comm(1), 2, 7) == nullptr);
  CHECK(queue.find(comm(1), 3, 8) == nullptr);
  CHECK(queue.find(comm(1), mpi::PROC_NULL, mpi::ANY_TAG) == nullptr);
  CHECK(queue.find(comm(1), 3, mpi::ANY_TAG) == &a);
  CHECK(!queue.empty());
}

TEST_CASE("taking the last message leaves a queue that can grow again") {
  DrainedQueue queue;
  DrainedMessage a = message(1, 0, 1), b = message(1, 0, 2), c = message(1, 0, 3);
  queue.push(&a);
  queue.push(&b);
  CHECK(queue.take(comm(1), 0, 2) == &b);
  queue.push(&c);
  CHECK(queue.take(comm(1), 0, mpi::ANY_TAG) == &a);
  CHECK(queue.take(comm(1), 0, mpi::ANY_TAG) == &c);
  CHECK(queue.take(comm(1), 0, mpi::ANY_TAG) == nullptr);
  CHECK(queue.empty());
}
