// SPDX-License-Identifier: Apache-2.0
// What a function returns that the world can make fail (a full disk, a missing file, bytes from outside): a value, or
// one sentence that says what, where and why. The first function that knows what went wrong writes the sentence.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <variant>

namespace mana {

/// A failure of the world, ready to be shown to the user.
struct Error {
  std::string message;
  int number = 0;  ///< errno, 0 where none applies
};

/// "message: No space left on device (ENOSPC)" for the errno given.
inline Error system_error(std::string message, int number) {
  const char* name = strerrorname_np(number);
  return {message + ": " + strerror(number) + (name ? std::string(" (") + name + ")" : std::string()), number};
}

/// A `T` or an `Error`. Test it before use: `if (!r) return r.error();`
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an `Error`.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}
  explicit operator bool() const { return !failed_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace mana
