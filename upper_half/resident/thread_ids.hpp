// SPDX-License-Identifier: Apache-2.0
// Thread and process ids of a restarted program. libc marks locks with the owner's thread id, in memory and in registers of
// threads that wait, so a restored thread keeps the id that libc has noted for it, and calls that name a thread are translated:
// the program's id -> the kernel's. A process keeps its id likewise, which others of its family (lower_half/family.hpp) know it by.
// Part of the resident code: its law holds here too. Before the first restart there is nothing to translate.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>

#include "common/arch.hpp"
#include "upper_half/resident/window.hpp"

namespace mana {

/// The process id for one that the program may remember from before a restart.
inline long current_process(long id) {
  for (std::int64_t former : window().former_processes)
    if (former != 0 && former == id && id != 0) return window().process;
  for (std::uint64_t relative : window().relatives)
    if (relative != 0 && Relative::known(relative) == id) return Relative::kernel(relative);
  return id;
}

/// The id by which the program knows the process with the kernel's id `kernel`.
inline long known_process(long kernel) {
  if (kernel == window().process) return window().program_process;
  for (std::uint64_t relative : window().relatives)
    if (relative != 0 && Relative::kernel(relative) == kernel) return Relative::known(relative);
  return kernel;
}

/// A process that the program knows by another id than the kernel's.
inline void note_relative(long known, long kernel) {
  if (known == kernel) return;
  for (auto& slot : window().relatives) {
    if (slot != 0) continue;
    slot = Relative::pack(static_cast<std::int32_t>(known), static_cast<std::int32_t>(kernel));
    return;
  }
}

/// A relative that has been waited for; its ids may be another process's.
inline void forget_relative(long kernel) {
  for (auto& slot : window().relatives)
    if (slot != 0 && Relative::kernel(slot) == kernel) slot = 0;
}

inline bool ids_are_translated() { return window().thread_ids_used != 0; }

/// The kernel's id of the thread that the program means by `id`.
inline long kernel_thread(long id) {
  if (!ids_are_translated() || id <= 0) return id;
  if (id == arch::raw_syscall(SYS_gettid)) return id;
  for (std::uint32_t i = 0; i < thread_id_slots(); ++i)
    if (ThreadId::program(window().thread_ids[i]) == id) return ThreadId::kernel(window().thread_ids[i]);
  return current_process(id);
}

/// The program's id, which libc has noted, of the thread with the kernel's id `kernel`.
inline long noted_id(long kernel) {
  for (std::uint32_t i = 0; i < thread_id_slots(); ++i)
    if (ThreadId::kernel(window().thread_ids[i]) == kernel) return ThreadId::program(window().thread_ids[i]);
  return kernel;
}
inline long noted_thread() { return noted_id(arch::raw_syscall(SYS_gettid)); }

/// gettid(): a forked child that is not followed has what the kernel says.
inline long program_thread() {
  long kernel = arch::raw_syscall(SYS_gettid);
  if (!ids_are_translated() || arch::raw_syscall(SYS_getpid) != window().process) return kernel;
  return noted_thread();
}

/// A path under /proc that names this process or one of its threads by an id, with the ids of now; others unchanged.
class ProcPath {
 public:
  explicit ProcPath(long path) : path_(path) {
    const char* p = reinterpret_cast<const char*>(path);
    if (!ids_are_translated() || path < 4096 || !take(p, "/proc/")) return;
    long process = 0, thread = 0;
    if (!take(p, "self") && (!number(p, process) || current_process(process) != window().process)) return;
    put("/proc/self");
    if (take(p, "/task/") && number(p, thread)) {
      put("/task/");
      put(kernel_thread(thread));
    } else if (process == 0) {
      return;
    }
    if (*p == 0 || *p == '/') put(p);
    if (*p != 0 && *p != '/') return;
    if (length_ < sizeof text_) path_ = reinterpret_cast<long>(text_);
  }
  long path() const { return path_; }

 private:
  static bool take(const char*& at, const char* word) {
    const char* p = at;
    for (; *word != 0; ++p, ++word)
      if (*p != *word) return false;
    at = p;
    return true;
  }
  static bool number(const char*& at, long& value) {
    const char* start = at;
    for (; *at >= '0' && *at <= '9' && value < 1000000000; ++at) value = value * 10 + (*at - '0');
    return at != start;
  }
  void put(const char* word) {
    for (; *word != 0 && length_ < sizeof text_; ++word) text_[length_++] = *word;
    if (length_ < sizeof text_) text_[length_] = 0;
  }
  void put(long value) {
    char digits[24];
    int n = sizeof digits;
    digits[--n] = 0;
    do digits[--n] = static_cast<char>('0' + value % 10);
    while ((value /= 10) != 0);
    put(digits + n);
  }

  long path_;
  char text_[256];
  unsigned length_ = 0;
};

/// Priority-inheriting mutexes: the kernel looks their owner up by the id in the futex word, which in a restarted program is libc's.
/// Without the kernel's help they are mutexes that inherit no priority.
class InheritingFutex {
 public:
  InheritingFutex(const long* arguments) : word_(reinterpret_cast<volatile std::uint32_t*>(arguments[0])), arguments_(arguments) {}

  long lock(long timed_clock) {
    std::uint32_t me = static_cast<std::uint32_t>(noted_thread());
    for (;;) {
      std::uint32_t seen = *word_, owner = seen & FUTEX_TID_MASK;
      if (owner == me) return -35;  // EDEADLK
      if (owner == 0 || (seen & FUTEX_OWNER_DIED) != 0) {
        if (exchange(seen, (seen & FUTEX_OWNER_DIED) | me | FUTEX_WAITERS)) return 0;
        continue;
      }
      if ((seen & FUTEX_WAITERS) == 0 && !exchange(seen, seen | FUTEX_WAITERS)) continue;
      long result = arch::raw_syscall(SYS_futex, arguments_[0], FUTEX_WAIT_BITSET | timed_clock | (arguments_[1] & FUTEX_PRIVATE_FLAG), seen | FUTEX_WAITERS,
                                      arguments_[3], 0, -1);
      if (result != 0 && result != -11 && result != -4) return result;  // neither EAGAIN nor EINTR
    }
  }

  long try_lock() {
    std::uint32_t me = static_cast<std::uint32_t>(noted_thread()), seen = *word_, owner = seen & FUTEX_TID_MASK;
    if (owner != 0 && (seen & FUTEX_OWNER_DIED) == 0) return owner == me ? -35 : -11;
    return exchange(seen, (seen & (FUTEX_OWNER_DIED | FUTEX_WAITERS)) | me) ? 0 : -11;
  }

  long unlock() {
    if ((*word_ & FUTEX_TID_MASK) != static_cast<std::uint32_t>(noted_thread())) return -1;  // EPERM
    __atomic_store_n(word_, 0, __ATOMIC_SEQ_CST);
    arch::raw_syscall(SYS_futex, arguments_[0], FUTEX_WAKE | (arguments_[1] & FUTEX_PRIVATE_FLAG), 1);
    return 0;
  }

 private:
  bool exchange(std::uint32_t seen, std::uint32_t wanted) {
    return __atomic_compare_exchange_n(word_, &seen, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  }
  volatile std::uint32_t* word_;
  const long* arguments_;
};

/// futex(2) with priority inheritance. A call that was made before a restart comes back from the new kernel with an error.
inline long futex_with_inheritance(const long* a) {
  constexpr long realtime = FUTEX_CLOCK_REALTIME;
  long command = a[1] & FUTEX_CMD_MASK;
  if (!ids_are_translated()) {
    long result = arch::raw_syscall(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (!ids_are_translated() || result == 0 || result == -110 /* ETIMEDOUT */) return result;
  }
  InheritingFutex futex(a);
  if (command == FUTEX_LOCK_PI) return futex.lock(realtime);
  if (command == FUTEX_LOCK_PI2) return futex.lock(a[1] & realtime);
  return command == FUTEX_TRYLOCK_PI ? futex.try_lock() : futex.unlock();
}

}  // namespace mana
