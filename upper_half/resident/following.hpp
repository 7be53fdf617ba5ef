// SPDX-License-Identifier: Apache-2.0
// Child processes that are followed (lower_half/family.hpp). fork goes through the lower half, so that the child's is whole; a program
// that a child executes is started as both halves of a new process.
// Part of the resident code: its law holds here too. Children by vfork and posix_spawn come here while they borrow our memory.
#pragma once

#include <sys/syscall.h>

#include "common/arch.hpp"
#include "common/thread_record.hpp"
#include "upper_half/resident/window.hpp"

namespace mana {
namespace following {

constexpr long needs_execution = 1 /* X_OK */, here = -100 /* AT_FDCWD */, read_only = 02000000 /* O_RDONLY | O_CLOEXEC */;

/// The kernel's struct stat, as far as it is looked at.
struct FileFacts {
  std::uint64_t device, inode, links;
  std::uint32_t mode;
  std::uint32_t rest[29];
};

/// A program or script that may be read, and that gives nobody other rights. What is anything else the kernel itself answers for.
inline bool may_be_followed(long path) {
  constexpr std::uint32_t other_rights = 06000;
  if (arch::raw_syscall(SYS_access, path, needs_execution) != 0) return false;
  const long file = arch::raw_syscall(SYS_openat, here, path, read_only);
  if (file < 0) return false;
  char begin[4] = {};
  FileFacts facts{};
  const bool known =
      arch::raw_syscall(SYS_pread64, file, arch::word(begin), sizeof begin, 0) == sizeof begin && arch::raw_syscall(SYS_fstat, file, arch::word(&facts)) == 0;
  arch::raw_syscall(SYS_close, file);
  const bool elf = begin[0] == 0x7f && begin[1] == 'E' && begin[2] == 'L' && begin[3] == 'F';
  return known && (elf || (begin[0] == '#' && begin[1] == '!')) && (facts.mode & other_rights) == 0;
}

inline long count_words(const char* const* words) {
  long n = 0;
  while (words[n] != nullptr) ++n;
  return n;
}

inline void set_mask(std::uint64_t mask) {
  constexpr long set = 2 /* SIG_SETMASK */;
  arch::raw_syscall(SYS_rt_sigprocmask, set, arch::word(&mask), 0, sizeof mask);
}

/// The mask of before.
inline std::uint64_t block_stop_signal() {
  std::uint64_t stop = 1ULL << (stop_signal - 1), before = 0;
  arch::raw_syscall(SYS_rt_sigprocmask, 0 /* SIG_BLOCK */, arch::word(&stop), arch::word(&before), sizeof stop);
  return before;
}

/// Descriptors of the real MPI and its launcher are of no use to a child, and another one's socket would be taken for the program's.
inline void keep_lower_descriptors() {
  constexpr long set_flags = 2 /* F_SETFD */, close_on_exec = 1;
  for (std::uint32_t word = 0; word < tracked_descriptors / 64; ++word)
    for (std::uint64_t bits = window().lower[word]; bits != 0; bits &= bits - 1)
      arch::raw_syscall(SYS_fcntl, word * 64 + __builtin_ctzll(bits), set_flags, close_on_exec);
}

/// Ids that the program keeps across an exec, its own among them, as text: "known:kernel,…" (lower_half/number_pairs.hpp).
class KeptIds {
 public:
  static constexpr long most_bytes = 24;  ///< of one pair

  static long bytes() {
    long pairs = 3;  // this process, its parent, and the end
    for (std::uint64_t relative : window().relatives) pairs += relative != 0;
    return pairs * most_bytes;
  }
  /// At `text` there are bytes().
  explicit KeptIds(char* text) : at_(text) {
    const long kernel = arch::raw_syscall(SYS_getpid);
    put(known_process(kernel), kernel);
    if (kernel != window().process) put(window().program_process, window().process);
    for (std::uint64_t relative : window().relatives)
      if (relative != 0) put(Relative::known(relative), Relative::kernel(relative));
    at_[-1] = 0;
  }

 private:
  void put(long known, long kernel) {
    put_number(known);
    *at_++ = ':';
    put_number(kernel);
    *at_++ = ',';
  }
  void put_number(long number) {
    long digit = 1;
    while (number / digit >= 10) digit *= 10;
    for (; digit != 0; digit /= 10) *at_++ = static_cast<char>('0' + number / digit % 10);
  }
  char* at_;
};

}  // namespace following

/// execve(2): the follower (restart/follow.cpp) gets what it needs in front of the program's own arguments.
inline long follow_execve(long path, long arguments, long environment) {
  const char* const* words = reinterpret_cast<const char* const*>(arguments);
  if (gate().follows == 0 || path < 4096 || arguments < 4096 || words[0] == nullptr || !following::may_be_followed(path))
    return arch::raw_syscall(SYS_execve, path, arguments, environment);
  const long count = following::count_words(words);
  auto** put = static_cast<const char**>(__builtin_alloca(static_cast<unsigned long>(count + 5) * sizeof(char*)));
  auto* ids = static_cast<char*>(__builtin_alloca(static_cast<unsigned long>(following::KeptIds::bytes())));
  following::KeptIds{ids};
  put[0] = gate().follow_program;
  put[1] = gate().follow_wishes;
  put[2] = ids;
  put[3] = reinterpret_cast<const char*>(path);
  for (long i = 0; i <= count; ++i) put[4 + i] = words[i];
  following::keep_lower_descriptors();
  // A stop signal that came now would kill the new program, which has no handler yet: the follower throws it away.
  const std::uint64_t before = following::block_stop_signal();
  arch::raw_syscall(SYS_execve, arch::word(put[0]), arch::word(put), environment);
  following::set_mask(before);
  return arch::raw_syscall(SYS_execve, path, arguments, environment);
}

/// fork(2) as libc makes it: clone(SIGCHLD | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, 0, 0, thread id).
inline long follow_fork(const long* a) {
  auto* record = reinterpret_cast<ThreadRecord*>(arch::gs_base());
  const bool followed = gate().follows != 0 && gate().lower_mpi == 0 && record != nullptr && arch::raw_syscall(SYS_getpid) == window().process;
  if (!followed) return arch::raw_syscall(SYS_clone, a[0], a[1], a[2], a[3], a[4]);
  const std::uint32_t place = record->place;
  record->place = static_cast<std::uint32_t>(ThreadPlace::wrapper);
  record->in_lower = 1;
  const long child = gate().fork_process(reinterpret_cast<void*>(a[3]));
  record->in_lower = 0;
  record->place = place;
  return child;
}

}  // namespace mana
