// SPDX-License-Identifier: Apache-2.0
// What the Fortran entry points of the Open MPI ABI are made of. This library (libmpi_mpifh.so.40) uses our libmpi.so.40
// through its exported names only: MPI's own, and those of language_hooks.hpp. Handles are INTEGERs that MPI_X_f2c and MPI_X_c2f
// translate; sentinels are COMMON blocks, known by their addresses; every CHARACTER argument has its length appended by value.
// A status has the C layout: six INTEGERs.
#pragma once

#include <cstdint>
#include <cstring>

#include "common/mpi_constants.hpp"
#include "gen/abi_values_openmpi.hpp"
#include "mpi_wrappers/openmpi/language_hooks.hpp"

#define MANA_EXPORT [[gnu::visibility("default")]]

/// Further names of an entry point.
#define MANA_FORTRAN_NAME(entry, name) extern "C" MANA_EXPORT decltype(entry) name __attribute__((weak, alias(#entry)));
#define MANA_FORTRAN_MANGLINGS(entry, lower, upper) \
  MANA_FORTRAN_NAME(entry, lower)                   \
  MANA_FORTRAN_NAME(entry, lower##_)                \
  MANA_FORTRAN_NAME(entry, lower##__)               \
  MANA_FORTRAN_NAME(entry, upper)
#define MANA_FORTRAN_NAMES(entry, lower, upper, mixed) \
  MANA_FORTRAN_MANGLINGS(entry, lower, upper)          \
  MANA_FORTRAN_MANGLINGS(entry, p##lower, P##upper)    \
  MANA_FORTRAN_NAME(entry, mixed##_f)                  \
  MANA_FORTRAN_NAME(entry, P##mixed##_f)               \
  MANA_FORTRAN_NAME(entry, mixed##_f08)                \
  MANA_FORTRAN_NAME(entry, P##mixed##_f08)

extern "C" {
// COMMON blocks of the program, else those of libmpi.so.40: never bound to this library's own idea of them.
extern char mpi_fortran_bottom_[], mpi_fortran_in_place_[], mpi_fortran_argv_null_[], mpi_fortran_argvs_null_[], mpi_fortran_errcodes_ignore_[],
    mpi_fortran_status_ignore_[], mpi_fortran_statuses_ignore_[], mpi_fortran_unweighted_[], mpi_fortran_weights_empty_[];
int PMPI_Comm_remote_size(void*, int*);
int PMPI_Comm_size(void*, int*);
int PMPI_Comm_test_inter(void*, int*);
}

namespace mana::fortran {

using namespace mana::shell;

struct AppStatus;

/// MPI 4.1 §19.1.1: Open MPI's own entry points accept a missing ierror.
inline void finish(int* ierror, int code) {
  if (ierror != nullptr) *ierror = code;
}

#define MANA_FORTRAN_HANDLE(name, Mpi)                                    \
  extern "C" void* PMPI_##Mpi##_f2c(int handle);                          \
  extern "C" int PMPI_##Mpi##_c2f(void* handle);                          \
  inline void* name##_in(int handle) { return PMPI_##Mpi##_f2c(handle); } \
  inline int name##_out(void* handle) { return PMPI_##Mpi##_c2f(handle); }
MANA_FORTRAN_HANDLE(comm, Comm)
MANA_FORTRAN_HANDLE(group, Group)
MANA_FORTRAN_HANDLE(datatype, Type)
MANA_FORTRAN_HANDLE(op, Op)
MANA_FORTRAN_HANDLE(errhandler, Errhandler)
MANA_FORTRAN_HANDLE(info, Info)
MANA_FORTRAN_HANDLE(request, Request)
MANA_FORTRAN_HANDLE(message, Message)
MANA_FORTRAN_HANDLE(win, Win)
MANA_FORTRAN_HANDLE(file, File)
#undef MANA_FORTRAN_HANDLE

/// `count` elements for one call: on the stack when few.
template <class T>
class CallArray {
 public:
  explicit CallArray(std::int64_t count) : count_(count < 0 ? 0 : count) {
    if (count_ > few) elements_ = static_cast<T*>(mana_allocate(static_cast<std::size_t>(count_) * sizeof(T)));
  }
  ~CallArray() {
    if (elements_ != few_) mana_release(elements_);
  }
  CallArray(const CallArray&) = delete;
  T* data() { return elements_; }
  T& operator[](std::int64_t i) { return elements_[i]; }
  std::int64_t size() const { return count_; }

 private:
  static constexpr std::int64_t few = 4096 / sizeof(T) / 8;
  std::int64_t count_;
  T few_[few];
  T* elements_ = few_;
};

/// C handles of an array of INTEGERs, and back. A null array stays null.
template <void* (*In)(int), int (*Out)(void*)>
class HandleArray {
 public:
  HandleArray(const int* handles, std::int64_t count) : handles_(handles == nullptr ? 0 : count), null_(handles == nullptr) {
    for (std::int64_t i = 0; i < handles_.size(); ++i) handles_[i] = In(handles[i]);
  }
  /// To be filled by the call.
  explicit HandleArray(std::int64_t count) : handles_(count), null_(false) {
    for (std::int64_t i = 0; i < handles_.size(); ++i) handles_[i] = nullptr;
  }
  void** data() { return null_ ? nullptr : handles_.data(); }
  void store(int* handles) {
    for (std::int64_t i = 0; i < handles_.size(); ++i)
      if (handles_[i] != nullptr) handles[i] = Out(handles_[i]);
  }

 private:
  CallArray<void*> handles_;
  bool null_;
};

/// INTEGERs as addresses.
class WidenedArray {
 public:
  WidenedArray(const int* values, std::int64_t count) : values_(count) {
    for (std::int64_t i = 0; i < values_.size(); ++i) values_[i] = values[i];
  }
  std::int64_t* data() { return values_.data(); }

 private:
  CallArray<std::int64_t> values_;
};

/// A CHARACTER argument as a C string: without the blanks around it.
class FortranText {
 public:
  FortranText(const char* text, std::int64_t length) : text_(length + 1) {
    while (length > 0 && text[length - 1] == ' ') --length;
    while (length > 0 && *text == ' ') ++text, --length;
    std::memcpy(text_.data(), text, static_cast<std::size_t>(length));
    text_[length] = '\0';
  }
  char* text() { return text_.data(); }

 private:
  CallArray<char> text_;
};

/// Room for a C string that goes to a CHARACTER variable: cut to its length, padded with blanks.
class TextBuffer {
 public:
  explicit TextBuffer(std::int64_t room) : text_(room < 1 ? 1 : room) { text_[0] = '\0'; }
  char* text() { return text_.data(); }
  void store(char* to, int length) {
    auto room = static_cast<std::size_t>(length < 0 ? 0 : length), used = strnlen(text_.data(), static_cast<std::size_t>(text_.size()));
    if (used > room) used = room;
    std::memcpy(to, text_.data(), used);
    std::memset(to + used, ' ', room - used);
  }

 private:
  CallArray<char> text_;
};

inline bool in_place(const void* buffer) { return buffer == mpi_fortran_in_place_; }
inline void* buffer_in(void* buffer) {
  if (__builtin_expect(buffer == mpi_fortran_in_place_, 0)) return mpi::IN_PLACE;
  if (__builtin_expect(buffer == mpi_fortran_bottom_, 0)) return nullptr;
  return buffer;
}
inline AppStatus* status_in(int* status) {
  return status == reinterpret_cast<int*>(mpi_fortran_status_ignore_) ? nullptr : reinterpret_cast<AppStatus*>(status);
}
inline AppStatus* statuses_in(int* statuses) {
  return statuses == reinterpret_cast<int*>(mpi_fortran_statuses_ignore_) ? nullptr : reinterpret_cast<AppStatus*>(statuses);
}
/// MPI_UNWEIGHTED and MPI_WEIGHTS_EMPTY of C are the addresses 2 and 3.
inline int* weights_in(int* weights) {
  if (weights == reinterpret_cast<int*>(mpi_fortran_unweighted_)) return reinterpret_cast<int*>(2);
  if (weights == reinterpret_cast<int*>(mpi_fortran_weights_empty_)) return reinterpret_cast<int*>(3);
  return weights;
}

/// Calls on several requests have valid results with these two codes.
inline bool statuses_valid(int code) { return code == 0 || code == error_out(mpi::ERR_IN_STATUS); }

/// Indices of Fortran arrays (MPI 4.1 §3.7.5); MPI_UNDEFINED stays.
inline void count_from_one(int* index) {
  if (*index >= 0) ++*index;
}
inline void count_from_one(int* indices, int count) {
  for (int i = 0; i < count; ++i) ++indices[i];
}

/// Processes on the other side of an intercommunicator, or of the communicator.
inline int peers(void* comm) {
  int inter = 0, size = 0;
  PMPI_Comm_test_inter(comm, &inter);
  inter != 0 ? PMPI_Comm_remote_size(comm, &size) : PMPI_Comm_size(comm, &size);
  return size;
}
inline int in_neighbors(void* comm) { return mana_neighbors(comm, 0); }
inline int out_neighbors(void* comm) { return mana_neighbors(comm, 1); }

}  // namespace mana::fortran
