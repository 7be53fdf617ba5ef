// SPDX-License-Identifier: Apache-2.0
// Counts beyond 2^31-1 (the `_c` functions of MPI 4.0): the generated large-count shells hand every body a count that fits
// an int. More elements become one element of a datatype that holds them all; in a reduction the operation is wrapped
// likewise. Whatever is made lives as long as the call, or as long as the request that came of it.
#pragma once

#include <climits>

#include "upper_half/datatype.hpp"
#include "upper_half/op.hpp"

namespace mana::upper {

struct Request;

/// `count` elements of `type`, said with an int. A type that is no type is left to the body.
class LargeCount {
 public:
  [[gnu::always_inline]] LargeCount(std::int64_t count, Datatype* type) : count_(static_cast<int>(count)), type_(type) {
    if (__builtin_expect(count != count_, 0)) replace(count);
  }
  [[gnu::always_inline]] ~LargeCount() {
    if (__builtin_expect(made_ != nullptr, 0)) give_up();
  }
  LargeCount(const LargeCount&) = delete;
  int count() const { return count_; }
  Datatype* type() const { return made_ != nullptr ? made_ : type_; }
  int error() const { return error_; }
  /// What has been made goes with the request.
  void keep_with(Request* request);

 private:
  void replace(std::int64_t count);
  void give_up();
  int count_, error_ = 0;
  Datatype* type_;
  Datatype* made_ = nullptr;
};

/// The same for a reduction with `op`.
class LargeReduction {
 public:
  [[gnu::always_inline]] LargeReduction(std::int64_t count, Datatype* type, Op* op) : elements_(count, type), op_(op) {
    if (__builtin_expect(elements_.type() != type, 0)) replace(count, type);
  }
  [[gnu::always_inline]] ~LargeReduction() {
    if (__builtin_expect(made_ != nullptr, 0)) give_up();
  }
  LargeReduction(const LargeReduction&) = delete;
  int count() const { return elements_.count(); }
  Datatype* type() const { return elements_.type(); }
  Op* op() const { return made_ != nullptr ? made_ : op_; }
  int error() const { return error_ != 0 ? error_ : elements_.error(); }
  void keep_with(Request* request);

 private:
  void replace(std::int64_t count, Datatype* type);
  void give_up();
  LargeCount elements_;
  Op* op_;
  Op* made_ = nullptr;
  int error_ = 0;
};

/// An array of counts or displacements as ints. A null array stays null.
class NarrowedArray {
 public:
  NarrowedArray(const std::int64_t* numbers, std::int64_t count);
  ~NarrowedArray() { arena_release(ints_); }
  NarrowedArray(const NarrowedArray&) = delete;
  bool fits() const { return fits_; }
  const int* data() const { return ints_; }
  /// MPI reads the arrays of a nonblocking or persistent operation until it is done.
  void keep_with(Request* request);

 private:
  int* ints_ = nullptr;
  bool fits_ = true;
};

/// Releases what has been kept with a request.
void release_companions(Request* request);

}  // namespace mana::upper
