// SPDX-License-Identifier: Apache-2.0
// What the generated shells are made of besides the ABI's own translations: arrays for the time of one call, the way
// out for errors, and strings cut to the ABI's limits. Include after mpi_wrappers/<abi>/abi.hpp.
#pragma once

#include <climits>
#include <cstring>

#include "gen/upper_api.hpp"
#include "upper_half/arena.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/errhandler.hpp"
#include "upper_half/fast_path.hpp"
#include "upper_half/large_count.hpp"
#include "upper_half/thread.hpp"
#include "upper_half/topology.hpp"

#define MANA_EXPORT [[gnu::visibility("default")]]

namespace mana::shell {

using upper::LargeCount;
using upper::LargeReduction;
using upper::NarrowedArray;

[[gnu::always_inline]] inline bool unlikely(bool condition) { return __builtin_expect(condition, 0); }

/// Ends a call with an internal error code: runs the error handler, gives the application's code.
template <class Owner>
[[gnu::cold, gnu::noinline]] inline int fail(Owner* owner, int code, const char* function) {
  return error_out(upper::raise(owner, code, function));
}
inline int fail(std::nullptr_t, int code, const char* function) { return fail(static_cast<Comm*>(nullptr), code, function); }

[[noreturn, gnu::cold, gnu::noinline]] inline void not_yet(const char* function) {
  upper::fatal("%s is not supported yet; mana-split ends the job rather than lose its state", function);
}

/// `count` elements for one call: on the stack when few.
template <class T>
class CallArray {
 public:
  explicit CallArray(std::int64_t count) : count_(count < 0 ? 0 : count) {
    if (unlikely(count_ > few)) elements_ = static_cast<T*>(upper::arena_allocate(static_cast<std::size_t>(count_) * sizeof(T)));
  }
  ~CallArray() {
    if (unlikely(elements_ != few_)) upper::arena_release(elements_);
  }
  CallArray(const CallArray&) = delete;
  T& operator[](std::int64_t i) { return elements_[i]; }
  T* data() { return elements_; }
  std::int64_t size() const { return count_; }

 private:
  static constexpr std::int64_t few = 64;
  std::int64_t count_;
  T few_[few];
  T* elements_ = few_;
};

/// Objects of an array of handles, and back. A null array stays null.
template <class T, class Handle, T* (*In)(Handle), Handle (*Out)(const T*)>
class ObjectArray {
 public:
  ObjectArray(const Handle* handles, std::int64_t count) : objects_(handles == nullptr ? 0 : count), null_(handles == nullptr) {
    T** const objects = objects_.data();  // stores could change members as far as the compiler knows
    bool invalid = false;
    for (std::int64_t i = 0, size = objects_.size(); i < size; ++i) {
      objects[i] = In(handles[i]);
      invalid |= objects[i] == nullptr;
    }
    invalid_ = invalid;
  }
  /// To be filled by the body.
  explicit ObjectArray(std::int64_t count) : objects_(count), null_(false) {
    for (std::int64_t i = 0; i < objects_.size(); ++i) objects_[i] = nullptr;
  }
  bool invalid() const { return invalid_; }
  T** data() { return null_ ? nullptr : objects_.data(); }
  void store(Handle* handles) {
    T* const* const objects = objects_.data();
    const T* before = nullptr;  // mostly all are MPI_REQUEST_NULL now
    Handle handle{};
    for (std::int64_t i = 0, size = objects_.size(); i < size; ++i) {
      if (objects[i] == nullptr) continue;
      if (objects[i] != before) handle = Out(before = objects[i]);
      handles[i] = handle;
    }
  }

 private:
  CallArray<T*> objects_;
  bool null_, invalid_ = false;
};

/// Integers of a translated kind.
template <int (*In)(int)>
class IntegerArray {
 public:
  IntegerArray(const int* values, std::int64_t count) : values_(values == nullptr ? 0 : count), null_(values == nullptr) {
    for (std::int64_t i = 0; i < values_.size(); ++i) values_[i] = In(values[i]);
  }
  const int* data() { return null_ ? nullptr : values_.data(); }

 private:
  CallArray<int> values_;
  bool null_;
};

/// Statuses that a call on several requests fills.
class StatusArray {
 public:
  StatusArray(AppStatus* statuses, std::int64_t count) : statuses_(ignored(statuses) ? 0 : count), ignored_(ignored(statuses)) {}
  Status* data() { return ignored_ ? nullptr : statuses_.data(); }
  /// `error` fields only when the call returned MPI_ERR_IN_STATUS.
  void store_to(AppStatus* statuses, std::int64_t count, bool with_errors) {
    if (ignored_) return;
    for (std::int64_t i = 0; i < count; ++i) {
      store(statuses + i, statuses_[i]);
      if (with_errors) statuses[i].error = error_out(statuses_[i].error);
    }
  }

 private:
  CallArray<Status> statuses_;
  bool ignored_;
};

/// Calls on several requests leave their statuses valid with these two results only.
[[gnu::always_inline]] inline bool statuses_valid(int code) { return code == 0 || code == mpi::ERR_IN_STATUS; }
/// A truncated receive has completed: its status is worth having.
[[gnu::always_inline]] inline bool status_valid(int code) { return code == 0 || code == mpi::ERR_TRUNCATE; }

/// Gives a string to the application, cut to what its header says fits; fixes the length that goes with it.
inline void string_out(char* to, const char* from, int limit, int* length) {
  int n = static_cast<int>(strnlen(from, static_cast<std::size_t>(limit) - 1));
  std::memcpy(to, from, static_cast<std::size_t>(n));
  to[n] = '\0';
  if (length != nullptr) *length = n;
}

inline int peers(const Comm* comm) { return comm->peers(); }
inline int members(const Comm* comm) { return comm->size; }
/// Processes that the root of a gather or scatter names counts for; 0 elsewhere.
inline int peers_at_root(const Comm* comm, int root) {
  if (comm->inter != 0) return root == mpi::ROOT ? comm->remote_size : 0;
  return root == comm->rank ? comm->size : 0;
}
inline int in_neighbors(const Comm* comm) { return comm->topology == nullptr ? 0 : upper::in_degree(*comm); }
inline int out_neighbors(const Comm* comm) { return comm->topology == nullptr ? 0 : upper::out_degree(*comm); }

}  // namespace mana::shell
