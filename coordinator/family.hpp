// SPDX-License-Identifier: Apache-2.0
// The processes that a rank has started and that are followed: its *family*. The rank is its head. Every other member's agent is connected to
// the head's family server, which is to it what a coordinator is; the members stop, are written and go on with their head.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "coordinator/connection.hpp"
#include "coordinator/protocol.hpp"

namespace mana {

struct FamilyOptions {
  std::string name;  ///< of the Unix socket that members connect to
  DescriptorNotice note_descriptor = nullptr;
  std::function<void()> request = nullptr;  ///< a member was asked for a checkpoint by signal; called on the family's thread
};

struct FamilyMember {
  int pid = 0;
  int id = 0;  ///< as the program knows it: the kernel's of before the first restart
};

class Family {
 public:
  /// Listens and starts a thread with all signals blocked.
  static Result<std::unique_ptr<Family>> start(const Endpoint& job, FamilyOptions options);
  ~Family();
  Family(const Family&) = delete;

  /// What members connect to.
  static Endpoint endpoint(const Endpoint& job, const std::string& name);

  std::vector<FamilyMember> members() const;

  /// All members, and those that come, go to their checkpoint lines and park.
  void stop();
  /// True when all of them have parked; otherwise `why` says who has not.
  bool all_parked(std::string* why) const;
  /// Tells each member to write its image, with its part of the words; false if one has left.
  bool write(const std::function<Message(int pid)>& words);
  /// Waits until all have been written; the images by process id. At most `timeout_ms`.
  Result<std::map<int, ImageFacts>> written(int timeout_ms);
  /// The round is over.
  void resume();
  /// All members end; returns when they have left, at most after `timeout_ms`.
  void end(int code, int timeout_ms);

  /// Says something to all members.
  void tell(const Message& words);

 private:
  class Loop;
  Family() = default;
  std::unique_ptr<Loop> loop_;
};

}  // namespace mana
