// SPDX-License-Identifier: Apache-2.0
// Descriptors of a family (family.hpp). At a checkpoint the head borrows those of its members over a Unix socket and describes them under numbers of
// its own, so pipes, sockets and open files that processes share are one thing in one image. At a restart members inherit them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "common/result.hpp"
#include "lower_half/number_pairs.hpp"

namespace mana::lower {

/// The head's end, open while members lend. `token` keeps others out.
class LendingDesk {
 public:
  static Result<LendingDesk> open(const std::string& name, std::string token);
  LendingDesk(LendingDesk&&) noexcept;
  ~LendingDesk();
  /// Serves `members` processes, for at most `timeout_ms`.
  Result<void> serve(std::size_t members, int timeout_ms);

 private:
  LendingDesk() = default;
  Result<void> serve_one(int connection);
  int fd_ = -1;
  std::string token_;
};

/// A member: lends what the head can describe; the others stay with it (epoll, inotify, signalfd, pidfds, files under /proc).
Result<void> lend_descriptors(const std::string& name, const std::string& token);

/// The head: numbers of what it has borrowed. The member: numbers of what it has lent.
bool is_borrowed(int fd);
bool is_lent(int fd);
/// The member's entries for its image: [{fd, lent: the head's number, cloexec, locks}].
nlohmann::json lent_entries();
/// After the images are written: the head closes what it has borrowed.
void give_back();

// ---- Restart

/// As text: the head's number, the number that it was inherited under. Moves them out of the program's way.
void take_inherited(const std::string& text);
/// The same for this process's own children; the head's are the numbers that it has made.
NumberPairs inherited_numbers(const nlohmann::json& described);
/// The inherited descriptor for a lent entry; -1: there is none.
int inherited_number(int borrowed);
void close_inherited(const nlohmann::json& described);

}  // namespace mana::lower
