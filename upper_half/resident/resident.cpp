// SPDX-License-Identifier: Apache-2.0
// The resident code: what redirected system calls of the upper half run, and the door for its signal handlers.
//
// It is linked at a fixed address inside the window and saved with the image, so a thread that is stopped for a
// checkpoint in the middle of it is restored like in any other upper-half code. Its law: general registers only,
// no TLS, no libc, no writable data but WindowState, no lock.
#include <asm/prctl.h>
#include <linux/mman.h>
#include <sys/syscall.h>

#include <initializer_list>

#include "common/arch.hpp"
#include "common/interrupted_call.hpp"
#include "common/thread_record.hpp"
#include "upper_half/resident/ended_children.hpp"
#include "upper_half/resident/following.hpp"
#include "upper_half/resident/thread_ids.hpp"
#include "upper_half/resident/window.hpp"

namespace mana {
namespace {

using arch::raw_syscall;
using Address = std::uint64_t;

constexpr long error_badf = -9, error_nomem = -12, error_exist = -17, error_nosys = -38;
constexpr Address page = 4096, huge_page = 2 << 20;
/// Room kept behind every file mapping for the trampolines of its patched system calls.
constexpr Address trampoline_room = 0x10000;

Address round_up(Address value, Address unit) { return (value + unit - 1) & ~(unit - 1); }
bool failed(long result) { return result < 0 && result > -4096; }
bool in_window(Address a) { return a >= window_begin && a < window_end; }
bool in_upper_range(Address a, Address bytes) { return (in_window(a) && a + bytes <= window_end) || (a >= low_begin && a + bytes <= low_end); }

/// A free stretch of the window that nobody else will be given; nothing is mapped yet.
Address take_stretch(Address bytes, bool file) {
  Address unit = bytes >= huge_page ? huge_page : page;
  Address wanted = bytes + (unit - page) + (file ? trampoline_room : 0);
  for (;;) {
    Address at = __atomic_fetch_add(&window().cursor, wanted, __ATOMIC_RELAXED);
    if (at + wanted <= (at < window_near_end ? window_near_end : window_mmap_end)) return round_up(at, unit);
    Address seen = at + wanted;
    if (wanted > window_mmap_end - window_mmap_start) return 0;
    __atomic_compare_exchange_n(&window().cursor, &seen, window_mmap_start, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  }
}

long map_at(Address at, Address bytes, long prot, long flags, long fd, long offset) {
  return raw_syscall(SYS_mmap, static_cast<long>(at), static_cast<long>(bytes), prot, flags | MAP_FIXED_NOREPLACE, fd, offset);
}

/// Reuses a range that was unmapped earlier, so that page tables and caches stay small; -EEXIST when none fits.
long map_in_freed(Address bytes, long prot, long flags, long fd, long offset) {
  for (auto& slot : window().freed) {
    std::uint64_t packed = slot;
    if (packed == 0 || FreedRange::bytes(packed) != bytes) continue;
    if (!__atomic_compare_exchange_n(&slot, &packed, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) continue;
    long result = map_at(FreedRange::start(packed), bytes, prot, flags, fd, offset);
    if (!failed(result)) return result;
  }
  return error_exist;
}

long map_anywhere(Address bytes, long prot, long flags, long fd, long offset) {
  bool file = (flags & MAP_ANONYMOUS) == 0;
  if (!file) {
    long reused = map_in_freed(bytes, prot, flags, fd, offset);
    if (reused != error_exist) return reused;
  }
  for (int attempt = 0; attempt < 100000; ++attempt) {
    Address at = take_stretch(bytes, file);
    if (at == 0) return error_nomem;
    long result = map_at(at, bytes, prot, flags, fd, offset);
    if (result != error_exist) return result;
  }
  return error_nomem;
}

struct Site {
  std::uint8_t* at;
  Redirected call;
};

// clang-format off
constexpr std::uint16_t redirected_numbers[] = {
    SYS_mmap,  SYS_brk,    SYS_mremap,   SYS_shmat,      SYS_munmap,       SYS_openat,         SYS_open,  SYS_creat, SYS_close, SYS_dup, SYS_dup2,
    SYS_dup3,  SYS_fcntl,  SYS_readlink, SYS_readlinkat, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_close_range, SYS_pipe,  SYS_pipe2,
    SYS_kill, SYS_tgkill, SYS_nanosleep, SYS_clock_nanosleep, SYS_poll, SYS_epoll_wait, SYS_epoll_pwait, SYS_futex, SYS_semtimedop, SYS_rt_sigtimedwait,
    SYS_socket, SYS_socketpair, SYS_accept, SYS_accept4, SYS_epoll_create, SYS_epoll_create1, SYS_eventfd2, SYS_timerfd_create, SYS_signalfd4,
    SYS_inotify_init1, SYS_memfd_create, SYS_gettid, SYS_tkill, SYS_rt_tgsigqueueinfo, SYS_sched_setaffinity, SYS_sched_getaffinity,
    SYS_sched_setscheduler, SYS_sched_getscheduler, SYS_sched_setparam, SYS_sched_getparam, SYS_getpriority, SYS_setpriority, SYS_madvise,
    SYS_inotify_add_watch, SYS_ioctl, SYS_recvmsg, SYS_recvmmsg, SYS_openat2, SYS_open_by_handle_at, SYS_inotify_init, SYS_eventfd, SYS_signalfd, SYS_mq_open,
    SYS_pidfd_open, SYS_pidfd_getfd, SYS_memfd_secret, SYS_userfaultfd, SYS_io_uring_setup, SYS_perf_event_open, SYS_fanotify_init,
    SYS_wait4, SYS_waitid, SYS_getpgid, SYS_getsid, SYS_setpgid, SYS_clone, SYS_execve,
    SYS_getpid, SYS_getppid, SYS_getpgrp, SYS_rt_sigqueueinfo, SYS_prlimit64, SYS_set_tid_address};
// clang-format on
constexpr int redirected_count = sizeof redirected_numbers / sizeof redirected_numbers[0];
static_assert(redirected_count == static_cast<int>(Redirected::count));

/// Bytes of an instruction that only fills registers and may be moved elsewhere: `mov $imm32,%r32`, and between registers `mov`, `xor`, `cmp`,
/// `cmovCC`; 0: another one.
int movable(const std::uint8_t* p) {
  int prefix = p[0] == 0x48 || p[0] == 0x49 || p[0] == 0x4c || p[0] == 0x4d ? 1 : 0;
  if (prefix == 0 && p[0] > 0xb8 && p[0] <= 0xbf) return 5;
  const std::uint8_t* code = p + prefix;
  if (code[0] == 0x0f && (code[1] & 0xf0) == 0x40 && code[2] >= 0xc0) return prefix + 3;
  return (code[0] == 0x89 || code[0] == 0x31 || code[0] == 0x39) && code[1] >= 0xc0 ? prefix + 2 : 0;
}

/// Most bytes of movable instructions between the number and the call.
constexpr int longest_between = 12;

/// Bytes between `mov $NN,%eax` at p and its `syscall`, -1 if that does not follow.
int bytes_between(const std::uint8_t* p, const std::uint8_t* end) {
  int between = 0;
  while (p + between + 7 <= end) {
    const std::uint8_t* at = p + 5 + between;
    if (at[0] == 0x0f && at[1] == 0x05) return between;
    int bytes = at + 7 <= end ? movable(at) : 0;
    if (bytes == 0 || between + bytes > longest_between) return -1;
    between += bytes;
  }
  return -1;
}

/// libc's fork: `mov $0x1200011,%edi` (its flags) shortly before. A clone(2) that gives the child another stack may not be redirected.
bool is_fork(const std::uint8_t* p, const std::uint8_t* begin) {
  constexpr std::uint8_t flags[] = {0xbf, 0x11, 0x00, 0x20, 0x01};
  constexpr int reach = 24;
  for (int back = sizeof flags; back <= reach && p - back >= begin; ++back) {
    bool same = true;
    for (unsigned i = 0; i < sizeof flags; ++i) same = same && (p - back)[i] == flags[i];
    if (same) return true;
  }
  return false;
}

/// `mov $NN,%eax; syscall`: the shape of nearly every system call in glibc; in a few, registers are filled in between.
int redirected_at(const std::uint8_t* p, const std::uint8_t* begin, const std::uint8_t* end) {
  if (p[0] != 0xb8 || p[3] != 0 || p[4] != 0 || bytes_between(p, end) < 0) return -1;
  unsigned number = p[1] | p[2] << 8;
  if (number == SYS_clone && !is_fork(p, begin)) return -1;
  for (int i = 0; i < redirected_count; ++i)
    if (redirected_numbers[i] == number) return i;
  return -1;
}

/// Room for one trampoline of either kind.
constexpr Address trampoline_bytes = 80;

/// `mov 8(%rsp),%r9; syscall`: libc's syscall(), whose number is known only when it is called. In the order of the bytes.
constexpr std::uint8_t site_of_any[] = {0x4c, 0x8b, 0x4c, 0x24, 0x08, 0x0f, 0x05};

bool is_site_of_any(const std::uint8_t* p) {
  for (unsigned i = 0; i < sizeof site_of_any; ++i)
    if (p[i] != site_of_any[i]) return false;
  return true;
}

/// Machine code, put byte by byte.
class Code {
 public:
  explicit Code(std::uint8_t* at) : at_(at) {}
  void put(std::initializer_list<int> bytes) {
    for (int b : bytes) *at_++ = static_cast<std::uint8_t>(b);
  }
  void put_word(std::uint64_t v, int n) {
    for (int i = 0; i < n; ++i) *at_++ = static_cast<std::uint8_t>(v >> (8 * i));
  }
  void copy(const std::uint8_t* from, int n) {
    for (int i = 0; i < n; ++i) *at_++ = from[i];
  }
  /// movabs $target,%rcx ; call *%rcx
  void call(Address target) {
    put({0x48, 0xb9});
    put_word(target, 8);
    put({0xff, 0xd1});
  }
  void skip_red_zone() { put({0x48, 0x8d, 0x64, 0x24, 0x80}); }              // lea -128(%rsp),%rsp
  void back_to_red_zone() { put({0x48, 0x8d, 0xa4, 0x24, 0x80, 0, 0, 0}); }  // lea 128(%rsp),%rsp
  void jump(const std::uint8_t* target) {
    put({0xe9});
    put_word(static_cast<std::uint64_t>(target - (at_ + 4)), 4);
  }

 private:
  std::uint8_t* at_;
};

/// A call of any number: those that are not redirected are made in place, on the caller's own stack.
void write_trampoline_of_any(std::uint8_t* t, std::uint8_t* back) {
  Code code(t);
  code.copy(site_of_any, 5);
  code.skip_red_zone();
  code.call(resident().is_redirected);
  code.back_to_red_zone();
  code.put({0x75, 7});  // jnz: over the plain system call
  code.put({0x0f, 0x05});
  code.jump(back);
  code.skip_red_zone();
  code.call(resident().stub_of_any);
  code.back_to_red_zone();
  code.jump(back);
}

/// What stood between; lea -128(%rsp),%rsp ; movabs $stub,%rcx ; call *%rcx ; lea 128(%rsp),%rsp ; jmp back: keeps the caller's red zone.
void write_trampoline(std::uint8_t* t, const std::uint8_t* between, int between_bytes, Address stub, std::uint8_t* back) {
  Code code(t);
  code.copy(between, between_bytes);
  code.skip_red_zone();
  code.call(stub);
  code.back_to_red_zone();
  code.jump(back);
}

void write_jump(std::uint8_t* site, const std::uint8_t* target) {
  std::int64_t distance = target - (site + 5);
  site[0] = 0xe9;
  for (int i = 0; i < 4; ++i) site[1 + i] = static_cast<std::uint8_t>(distance >> (8 * i));
  site[5] = 0x66;
  site[6] = 0x90;
}

/// A page for trampolines within reach of a jump from [begin, end).
std::uint8_t* near_page(Address begin, Address end, Address bytes) {
  bool low = begin < low_end;
  Address at = low ? 0x110000 : round_up(end, page);
  Address step = low ? page : 0x1000;
  for (int attempt = 0; attempt < (low ? 0xe0 : 0x70000); ++attempt, at += step) {
    long result = map_at(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!failed(result)) return reinterpret_cast<std::uint8_t*>(result);
  }
  return nullptr;
}

/// Redirects the system calls of a freshly mapped piece of code. [begin, end) must be readable and backed by its file.
void redirect_code(Address begin, Address end, long prot) {
  ++window().executable_scans;
  int sites = 0;
  auto* first = reinterpret_cast<std::uint8_t*>(begin);
  auto* last = reinterpret_cast<std::uint8_t*>(end) - 6;
  for (auto* p = first; p < last; ++p)
    if ((*p == 0xb8 && redirected_at(p, first, last + 6) >= 0) || is_site_of_any(p)) ++sites;
  if (sites == 0) return;
  Address room = round_up(static_cast<Address>(sites) * trampoline_bytes, page);
  std::uint8_t* trampoline = near_page(begin, end, room);
  if (trampoline == nullptr) return;
  auto* start = trampoline;
  raw_syscall(SYS_mprotect, static_cast<long>(begin & ~(page - 1)), static_cast<long>(round_up(end, page) - (begin & ~(page - 1))),
              PROT_READ | PROT_WRITE | PROT_EXEC);
  for (auto* p = first; p < last; ++p) {
    if (is_site_of_any(p)) {
      write_trampoline_of_any(trampoline, p + sizeof site_of_any);
      write_jump(p, trampoline);
      trampoline += trampoline_bytes;
      ++window().patched_sites;
      continue;
    }
    int call = *p == 0xb8 ? redirected_at(p, first, last + 6) : -1;
    if (call < 0) continue;
    int between = bytes_between(p, last + 6);
    write_trampoline(trampoline, p + 5, between, resident().stubs[call], p + 7 + between);
    write_jump(p, trampoline);
    trampoline += trampoline_bytes;
    ++window().patched_sites;
    p += 6 + between;
  }
  raw_syscall(SYS_mprotect, static_cast<long>(begin & ~(page - 1)), static_cast<long>(round_up(end, page) - (begin & ~(page - 1))), prot);
  raw_syscall(SYS_mprotect, reinterpret_cast<long>(start), static_cast<long>(room), PROT_READ | PROT_EXEC);
}

/// Bytes of the mapping that the file really backs; reading behind them would be SIGBUS.
Address backed_bytes(long fd, Address bytes, Address offset) {
  struct {
    std::uint64_t words[18];
  } facts;
  if (failed(raw_syscall(SYS_fstat, fd, reinterpret_cast<long>(&facts)))) return 0;
  Address size = facts.words[6];
  if (size <= offset) return 0;
  return size - offset < bytes ? size - offset : bytes;
}

long redirect_mmap(const long* a) {
  Address at = static_cast<Address>(a[0]), bytes = round_up(static_cast<Address>(a[1]), page);
  long prot = a[2], flags = a[3], fd = a[4], offset = a[5], result;
  if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0) {
    result = raw_syscall(SYS_mmap, a[0], a[1], prot, flags, fd, offset);
    if (!failed(result) && !in_upper_range(at, bytes)) window().outside = at;
  } else if (bytes == 0) {
    result = raw_syscall(SYS_mmap, a[0], a[1], prot, flags, fd, offset);
  } else if ((flags & MAP_32BIT) != 0) {
    result = raw_syscall(SYS_mmap, a[0], a[1], prot, flags, fd, offset);
  } else {
    result = error_exist;
    if (at != 0 && in_upper_range(at, bytes)) result = map_at(at & ~(page - 1), bytes, prot, flags, fd, offset);
    if (failed(result)) result = map_anywhere(bytes, prot, flags, fd, offset);
  }
  if (!failed(result) && (prot & PROT_EXEC) != 0 && (flags & MAP_ANONYMOUS) == 0 && (flags & MAP_PRIVATE) != 0) {
    Address backed = backed_bytes(fd, bytes, static_cast<Address>(offset));
    if (backed > 7) redirect_code(static_cast<Address>(result), static_cast<Address>(result) + backed, prot);
  }
  return result;
}

long redirect_brk(const long* a) {
  Address wanted = static_cast<Address>(a[0]), current = window().brk_current;
  if (wanted < window_brk_start || wanted > window_brk_limit) return static_cast<long>(current);
  Address old_end = round_up(current, page), new_end = round_up(wanted, page);
  if (new_end > old_end) {
    long result = map_at(old_end, new_end - old_end, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (failed(result)) return static_cast<long>(current);
  } else if (new_end < old_end) {
    raw_syscall(SYS_munmap, static_cast<long>(new_end), static_cast<long>(old_end - new_end));
  }
  window().brk_current = wanted;
  return static_cast<long>(wanted);
}

void remember_freed(Address start, Address bytes) {
  if (start < window_near_start || (start >= window_near_end && start < window_mmap_start) || start + bytes > window_mmap_end || bytes >> 44 != 0) return;
  for (auto& slot : window().freed) {
    std::uint64_t empty = 0;
    if (slot == 0 && __atomic_compare_exchange_n(&slot, &empty, FreedRange::pack(start, bytes), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) return;
  }
}

long redirect_munmap(const long* a) {
  long result = raw_syscall(SYS_munmap, a[0], a[1]);
  if (!failed(result)) remember_freed(static_cast<Address>(a[0]), round_up(static_cast<Address>(a[1]), page));
  return result;
}

long redirect_mremap(const long* a) {
  long flags = a[3];
  if ((flags & MREMAP_FIXED) != 0 || (flags & MREMAP_MAYMOVE) == 0) return raw_syscall(SYS_mremap, a[0], a[1], a[2], flags, a[4]);
  if ((flags & ~MREMAP_MAYMOVE) == 0) {
    long in_place = raw_syscall(SYS_mremap, a[0], a[1], a[2], 0);
    if (in_place != error_nomem) return in_place;
  }
  Address bytes = round_up(static_cast<Address>(a[2]), page);
  long reserved = map_anywhere(bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (failed(reserved)) return reserved;
  long result = raw_syscall(SYS_mremap, a[0], a[1], a[2], flags | MREMAP_FIXED, reserved);
  if (failed(result)) raw_syscall(SYS_munmap, reserved, static_cast<long>(bytes));
  return result;
}

long redirect_shmat(const long* a) {
  if (a[1] != 0) return raw_syscall(SYS_shmat, a[0], a[1], a[2]);
  std::uint64_t facts[16];
  long known = raw_syscall(SYS_shmctl, a[0], 2 /* IPC_STAT */, reinterpret_cast<long>(facts));
  if (failed(known)) return known;
  Address bytes = round_up(facts[6], page);
  long reserved = map_anywhere(bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (failed(reserved)) return reserved;
  long result = raw_syscall(SYS_shmat, a[0], reserved, a[2] | 040000 /* SHM_REMAP */);
  if (failed(result)) raw_syscall(SYS_munmap, reserved, static_cast<long>(bytes));
  return result;
}

bool has_bit(volatile std::uint64_t* bits, long fd) { return fd >= 0 && fd < tracked_descriptors && (bits[fd / 64] >> (fd % 64) & 1) != 0; }

/// A vforked child (posix_spawn, popen, Python's subprocess) has its own descriptors but writes into our memory: what it opens
/// and closes must not be noted.
bool in_own_process() { return raw_syscall(SYS_getpid) == window().process; }

void set_bit(volatile std::uint64_t* bits, long fd) {
  if (fd >= 0 && fd < tracked_descriptors && !has_bit(bits, fd) && in_own_process()) __atomic_fetch_or(&bits[fd / 64], 1ULL << (fd % 64), __ATOMIC_RELAXED);
}
void clear_bit(volatile std::uint64_t* bits, long fd) {
  if (has_bit(bits, fd) && in_own_process()) __atomic_fetch_and(&bits[fd / 64], ~(1ULL << (fd % 64)), __ATOMIC_RELAXED);
}

extern "C" long mana_opening_call(long number, const long* arguments, volatile std::uint64_t* owned);
extern "C" long mana_pair_call(long number, const long* arguments, volatile std::uint64_t* owned, const int* pair);
extern "C" long mana_closing_call(long fd, volatile std::uint64_t* owned);

volatile std::uint64_t* where_to_note() { return in_own_process() ? window().owned : nullptr; }

/// A call that makes a descriptor.
long open_by(long number, long a0 = 0, long a1 = 0, long a2 = 0, long a3 = 0, long a4 = 0) {
  long arguments[6] = {a0, a1, a2, a3, a4, 0};
  return mana_opening_call(number, arguments, where_to_note());
}

/// A call that makes two, and writes them to `pair`.
long open_pair_by(long number, long pair, long a0, long a1 = 0, long a2 = 0, long a3 = 0) {
  long arguments[6] = {a0, a1, a2, a3, 0, 0};
  return mana_pair_call(number, arguments, where_to_note(), reinterpret_cast<const int*>(pair));
}

bool is_own_executable(long path) {
  const char* wanted = "/proc/self/exe";
  const char* p = reinterpret_cast<const char*>(path);
  if (p == nullptr || reinterpret_cast<Address>(p) < page) return false;
  for (; *wanted != 0; ++p, ++wanted)
    if (*p != *wanted) return false;
  return *p == 0;
}

long own_executable(long path) { return is_own_executable(path) ? reinterpret_cast<long>(window().executable) : path; }

/// open(2) and openat(2) with the path in argument `slot`.
long open_path(long number, const long* a, int slot) {
  long b[4] = {a[0], a[1], a[2], a[3]};
  ProcPath path(own_executable(a[slot]));
  b[slot] = path.path();
  return open_by(number, b[0], b[1], b[2], b[3]);
}

long read_own_link(char* buffer, long capacity) {
  long n = 0;
  for (; n < capacity && window().executable[n] != 0; ++n) buffer[n] = window().executable[n];
  return n;
}

long close_one(long fd) {
  if (has_bit(window().lower, fd)) {
    clear_bit(window().owned, fd);
    return error_badf;
  }
  return has_bit(window().owned, fd) && in_own_process() ? mana_closing_call(fd, window().owned) : raw_syscall(SYS_close, fd);
}

long redirect_close_range(const long* a) {
  unsigned last = static_cast<unsigned>(a[1]), first = static_cast<unsigned>(a[0]);
  if (first > last || a[2] != 0) return raw_syscall(SYS_close_range, a[0], a[1], a[2]);
  unsigned start = first;
  for (unsigned fd = first; fd <= last && fd < tracked_descriptors; ++fd) {
    clear_bit(window().owned, fd);
    if (!has_bit(window().lower, fd)) continue;
    if (fd > start) raw_syscall(SYS_close_range, start, fd - 1, 0);
    start = fd + 1;
  }
  return start <= last ? raw_syscall(SYS_close_range, start, last, 0) : 0;
}

long redirect_fcntl(const long* a) {
  constexpr long set_owner = 8;
  bool opens = a[1] == 0 /* F_DUPFD */ || a[1] == 1030 /* F_DUPFD_CLOEXEC */;
  if (opens) return open_by(SYS_fcntl, a[0], a[1], a[2]);
  return raw_syscall(SYS_fcntl, a[0], a[1], a[1] == set_owner ? current_target(static_cast<int>(a[2])) : a[2]);
}

constexpr long open_other_end = 0x5441;  // TIOCGPTPEER

/// Requests that make a descriptor or name a process group.
long redirect_ioctl(const long* a) {
  constexpr long get_group = 0x540f, set_group = 0x5410, get_session = 0x5429;  // TIOCGPGRP, TIOCSPGRP, TIOCGSID
  if (a[1] == open_other_end) return open_by(SYS_ioctl, a[0], a[1], a[2]);
  auto* group = reinterpret_cast<int*>(a[2]);
  if (a[1] == set_group && static_cast<Address>(a[2]) >= page) {
    int now = static_cast<int>(current_process(*group));
    return raw_syscall(SYS_ioctl, a[0], a[1], arch::word(&now));
  }
  long result = raw_syscall(SYS_ioctl, a[0], a[1], a[2]);
  if (result == 0 && (a[1] == get_group || a[1] == get_session)) *group = static_cast<int>(known_process(*group));
  return result;
}

/// The kernel's msghdr and cmsghdr.
struct MessageHeader {
  Address name, name_bytes, parts, part_count, control, control_bytes, flags;
};
struct ControlHeader {
  Address bytes;
  std::int32_t level, type;
};

/// Descriptors that have come with a message.
void note_received(const MessageHeader& message) {
  constexpr int socket_level = 1, rights = 1 /* SCM_RIGHTS */, pidfd = 4 /* SCM_PIDFD */;
  for (Address at = 0; message.control != 0 && at + sizeof(ControlHeader) <= message.control_bytes;) {
    const auto& control = *reinterpret_cast<const ControlHeader*>(message.control + at);
    if (control.bytes < sizeof(ControlHeader) || at + control.bytes > message.control_bytes) return;
    auto* descriptors = reinterpret_cast<const std::int32_t*>(message.control + at + sizeof(ControlHeader));
    bool carries = control.level == socket_level && (control.type == rights || control.type == pidfd);
    for (Address i = 0; carries && i < (control.bytes - sizeof(ControlHeader)) / 4; ++i) set_bit(window().owned, descriptors[i]);
    at += round_up(control.bytes, 8);
  }
}

long redirect_recvmsg(const long* a) {
  long result = raw_syscall(SYS_recvmsg, a[0], a[1], a[2]);
  if (!failed(result)) note_received(*reinterpret_cast<const MessageHeader*>(a[1]));
  return result;
}

long redirect_recvmmsg(const long* a) {
  struct Received {
    MessageHeader header;
    Address bytes;
  };
  long result = raw_syscall(SYS_recvmmsg, a[0], a[1], a[2], a[3], a[4]);
  for (long i = 0; i < result; ++i) note_received(reinterpret_cast<const Received*>(a[1])[i].header);
  return result;
}

// ---- Calls that wait for a time. A checkpoint interrupts them in the kernel; they go on with the rest of their time, as if
// the clock had stood still between the checkpoint and the restart.

struct KernelTime {
  std::int64_t seconds, nanoseconds;
};
constexpr std::int64_t second_ns = 1000000000, forever_ns = INT64_MAX;

std::int64_t clock_ns() {
  KernelTime now{};
  reinterpret_cast<long (*)(long, KernelTime*)>(const_cast<void*>(gate().vdso[static_cast<int>(Vdso::clock_gettime)]))(1 /* CLOCK_MONOTONIC */, &now);
  return now.seconds * second_ns + now.nanoseconds;
}

std::int64_t nanoseconds_of(const KernelTime& t) { return t.seconds > forever_ns / second_ns - 1 ? forever_ns : t.seconds * second_ns + t.nanoseconds; }
KernelTime kernel_time(std::int64_t ns) { return {ns / second_ns, ns % second_ns}; }
bool readable_time(long at) { return static_cast<Address>(at) >= page; }

/// A call that a checkpoint interrupts (resident.S); the result go_on_after_checkpoint: it goes on with the rest of its time.
extern "C" long mana_timed_call(long number, const long* arguments);

/// How much of `whole` is left of a wait that began at `begun` (clock_ns() less what had been lost by then).
std::int64_t rest_of(std::int64_t whole, std::int64_t begun) {
  std::int64_t passed = clock_ns() - window().time_lost_ns - begun;
  return passed < 0 ? whole : passed < whole ? whole - passed : 0;
}

/// A wait whose relative time-out stands in argument `slot` as milliseconds.
long wait_milliseconds(long number, const long* a, int slot) {
  long b[6] = {a[0], a[1], a[2], a[3], a[4], a[5]};
  auto whole = static_cast<int>(a[slot]);
  std::int64_t begun = whole > 0 ? clock_ns() - window().time_lost_ns : 0;
  for (;;) {
    long result = mana_timed_call(number, b);
    if (result != go_on_after_checkpoint) return result;
    if (whole > 0) b[slot] = (rest_of(whole * 1000000LL, begun) + 999999) / 1000000;
  }
}

/// A wait whose relative time-out stands behind the pointer in argument `slot`, null: without end.
long wait_relative(long number, const long* a, int slot) {
  long b[6] = {a[0], a[1], a[2], a[3], a[4], a[5]};
  bool timed = readable_time(a[slot]);
  std::int64_t whole = timed ? nanoseconds_of(*reinterpret_cast<const KernelTime*>(a[slot])) : forever_ns;
  std::int64_t begun = timed && whole > 0 ? clock_ns() - window().time_lost_ns : 0;
  KernelTime rest;
  for (;;) {
    long result = mana_timed_call(number, b);
    if (result != go_on_after_checkpoint) return result;
    if (!timed || whole == forever_ns) continue;
    rest = kernel_time(rest_of(whole, begun));
    b[slot] = reinterpret_cast<long>(&rest);
  }
}

/// A wait until a time of CLOCK_MONOTONIC, which is put off by what is lost in a restart; other clocks run on.
long wait_until(long number, const long* a, int slot, bool monotonic) {
  long b[6] = {a[0], a[1], a[2], a[3], a[4], a[5]};
  std::int64_t lost = window().time_lost_ns;
  KernelTime until;
  for (;;) {
    long result = mana_timed_call(number, b);
    if (result != go_on_after_checkpoint) return result;
    if (!monotonic || !readable_time(a[slot])) continue;
    std::int64_t wanted = nanoseconds_of(*reinterpret_cast<const KernelTime*>(a[slot]));
    until = wanted == forever_ns ? *reinterpret_cast<const KernelTime*>(a[slot]) : kernel_time(wanted + window().time_lost_ns - lost);
    b[slot] = reinterpret_cast<long>(&until);
  }
}

long redirect_clock_nanosleep(const long* a) {
  bool absolute = (a[1] & 1 /* TIMER_ABSTIME */) != 0;
  return absolute ? wait_until(SYS_clock_nanosleep, a, 2, a[0] == 1 /* CLOCK_MONOTONIC */) : wait_relative(SYS_clock_nanosleep, a, 2);
}

long redirect_futex(const long* a) {
  constexpr long command = 127, wait = 0, wait_bitset = 9, realtime = 256;
  if (long c = a[1] & command; c == FUTEX_LOCK_PI || c == FUTEX_LOCK_PI2 || c == FUTEX_TRYLOCK_PI || c == FUTEX_UNLOCK_PI) return futex_with_inheritance(a);
  if (a[3] == 0) return raw_syscall(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);
  if ((a[1] & command) == wait) return wait_relative(SYS_futex, a, 3);
  if ((a[1] & command) == wait_bitset) return wait_until(SYS_futex, a, 3, (a[1] & realtime) == 0);
  return raw_syscall(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);
}

constexpr Address watch_notes_bytes = 16 << 20;

/// The stretch for notes of watched paths; addresses only, memory as it is used.
Address watch_notes() {
  Address known = window().watch_notes;
  if (known != 0) return known;
  long made = map_anywhere(watch_notes_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (failed(made)) return 0;
  // The first word of the stretch counts what is used.
  *reinterpret_cast<Address*>(made) = 8;
  if (__atomic_compare_exchange_n(&window().watch_notes, &known, static_cast<Address>(made), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
    return static_cast<Address>(made);
  raw_syscall(SYS_munmap, made, watch_notes_bytes);
  return known;
}

Address length_of(const char* text) {
  Address n = 0;
  while (text[n] != 0) ++n;
  return n;
}

/// Notes what a new watch is for, with an absolute path.
void note_watch(const long* a, long watch) {
  Address notes = watch_notes();
  const char* path = reinterpret_cast<const char*>(a[1]);
  char directory[4096];
  Address before = 0, bytes = length_of(path);
  if (path[0] != '/' && raw_syscall(SYS_getcwd, reinterpret_cast<long>(directory), sizeof directory) > 0) before = length_of(directory) + 1;
  if (notes == 0) return;
  Address room = round_up(sizeof(WatchNote) + before + bytes + 1, 8);
  Address at = __atomic_fetch_add(reinterpret_cast<volatile Address*>(notes), room, __ATOMIC_SEQ_CST);
  if (at + room > watch_notes_bytes) return;
  auto* note = reinterpret_cast<WatchNote*>(notes + at);
  note->descriptor = static_cast<std::int32_t>(a[0]);
  note->watch = static_cast<std::int32_t>(watch);
  note->mask = static_cast<std::uint32_t>(a[2]);
  note->path_bytes = static_cast<std::uint32_t>(before + bytes);
  for (Address i = 0; i + 1 < before; ++i) note->path[i] = directory[i];
  if (before > 0) note->path[before - 1] = '/';
  for (Address i = 0; i < bytes; ++i) note->path[before + i] = path[i];
  note->next = window().watches;
  while (!__atomic_compare_exchange_n(&window().watches, &note->next, note, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
}

long redirect_inotify_add_watch(const long* a) {
  long watch = raw_syscall(SYS_inotify_add_watch, a[0], a[1], a[2]);
  if (!failed(watch) && in_own_process()) note_watch(a, watch);
  return watch;
}

/// Advice that lasts is found in /proc/self/smaps at a checkpoint, which is slow: only if there is any.
long redirect_madvise(const long* a) {
  constexpr std::uint64_t lasting = 1ULL << MADV_DONTFORK | 1ULL << MADV_DOFORK | 1ULL << MADV_MERGEABLE | 1ULL << MADV_HUGEPAGE | 1ULL << MADV_NOHUGEPAGE |
                                    1ULL << MADV_DONTDUMP | 1ULL << MADV_WIPEONFORK | 1ULL << MADV_RANDOM | 1ULL << MADV_SEQUENTIAL;
  if (a[2] >= 0 && a[2] < 64 && (lasting >> a[2] & 1) != 0) window().advised = 1;
  return raw_syscall(SYS_madvise, a[0], a[1], a[2]);
}

bool is_ended_child(long pid) { return EndedChildren::has(static_cast<int>(pid)) && in_own_process(); }

/// The head of the kernel's siginfo of a signal that a process has sent, or that tells of one.
struct SenderFacts {
  std::int32_t signal, error, code, padding, process;
};

/// A sender is told by the id that the program knows it by, itself too (libc looks at that when it cancels a thread).
void tell_known_sender(int signal, void* facts) {
  constexpr int from_user = 0, from_queue = -1, from_message_queue = -3, from_thread = -6, sigchld = 17;
  auto& sender = *static_cast<SenderFacts*>(facts);
  const int code = sender.code;
  const bool has_sender = code == from_user || code == from_queue || code == from_message_queue || code == from_thread || (signal == sigchld && code > 0);
  if (has_sender) sender.process = static_cast<std::int32_t>(known_process(sender.process));
}

long redirect_rt_sigtimedwait(const long* a) {
  long signal = wait_relative(SYS_rt_sigtimedwait, a, 2);
  if (signal > 0 && a[1] != 0) tell_known_sender(static_cast<int>(signal), reinterpret_cast<void*>(a[1]));
  return signal;
}

using Handler = void (*)(int, void*, void*);

/// Runs the application's handler with the upper FS base, also when the signal came while the thread was in the lower half.
extern "C" void mana_signal_door(int signal, void* facts, void* context) {
  auto* record = reinterpret_cast<ThreadRecord*>(arch::gs_base());
  auto handler = reinterpret_cast<Handler>(window().actions[signal].handler);
  if (reinterpret_cast<Address>(handler) < 2) return;
  tell_known_sender(signal, facts);
  if (record == nullptr) return handler(signal, facts, context);
  // Interrupted in lower-half code (the real MPI, the kernel's vDSO): no checkpoint until the handler has returned.
  Address interrupted = static_cast<const Address*>(context)[21];
  bool in_upper = in_upper_range(interrupted, 1);
  std::uint32_t place = record->place;
  if (!in_upper && place == 0) record->place = static_cast<std::uint32_t>(ThreadPlace::wrapper);
  if (record->in_lower != 0) {
    std::uint64_t lower = arch::fs_base();
    arch::set_fs_base(record->upper_fs);
    handler(signal, facts, context);
    arch::set_fs_base(lower);
  } else {
    handler(signal, facts, context);
  }
  record->place = place;
}

/// A child by vfork or posix_spawn has dispositions of its own in the kernel, but our notes are its parent's. It may only set defaults and ignore:
/// those are not noted. A child by fork that is not followed has a copy of the notes for its handlers.
long redirect_rt_sigaction(const long* a) {
  long signal = a[0];
  const bool own = in_own_process();
  auto* wanted = reinterpret_cast<const KernelSigaction*>(a[1]);
  auto* old = reinterpret_cast<KernelSigaction*>(a[2]);
  if (signal < 1 || signal > 64 || a[3] != 8) return raw_syscall(SYS_rt_sigaction, a[0], a[1], a[2], a[3]);
  KernelSigaction before = window().actions[signal];
  bool known = window().action_known[signal] != 0;
  bool ours = own && (signal == stop_signal || signal == static_cast<long>(window().checkpoint_signal));
  if (!ours) {
    KernelSigaction installed, previous;
    if (wanted != nullptr) {
      installed = *wanted;
      if (installed.handler > 1) installed.handler = resident().signal_door;
      installed.mask &= ~(1ULL << (stop_signal - 1));
    }
    KernelSigaction next = wanted != nullptr ? *wanted : KernelSigaction{};
    if (wanted != nullptr && wanted->handler > 1) window().actions[signal] = next;  // before it can fire
    long result = raw_syscall(SYS_rt_sigaction, signal, wanted != nullptr ? reinterpret_cast<long>(&installed) : 0, reinterpret_cast<long>(&previous), 8);
    if (failed(result)) return result;
    if (!known || (!own && previous.handler != resident().signal_door)) before = previous;
  }
  if (wanted != nullptr && (own || wanted->handler > 1)) {
    window().actions[signal] = *wanted;
    window().action_known[signal] = 1;
  }
  if (old != nullptr) *old = before;
  return 0;
}

/// The stop signal stays deliverable, except inside libc's own "block everything" sections (thread creation, fork).
long redirect_rt_sigprocmask(const long* a) {
  auto* set = reinterpret_cast<const std::uint64_t*>(a[1]);
  if (set == nullptr || a[3] != 8 || a[0] == 1 /* SIG_UNBLOCK */ || *set == ~0ULL) return raw_syscall(SYS_rt_sigprocmask, a[0], a[1], a[2], a[3]);
  std::uint64_t allowed = *set & ~(1ULL << (stop_signal - 1));
  return raw_syscall(SYS_rt_sigprocmask, a[0], reinterpret_cast<long>(&allowed), a[2], 8);
}

}  // namespace

/// stub_of_any adds this to the number of the call.
constexpr long any_number = 4096;

/// The index of a call by its number; -1: it is not redirected. What syscall(2) clones may have another stack.
extern "C" int mana_redirected_index(long number) {
  if (number == SYS_clone) return -1;
  for (int i = 0; i < redirected_count; ++i)
    if (redirected_numbers[i] == number) return i;
  return -1;
}

/// Every redirected call arrives here; a[0..5] are the arguments in the kernel's order.
extern "C" long mana_redirect(long call, long* a) {
  if (call >= any_number) call = mana_redirected_index(call - any_number);
  switch (static_cast<Redirected>(call)) {
    case Redirected::mmap: return redirect_mmap(a);
    case Redirected::brk: return redirect_brk(a);
    case Redirected::mremap: return redirect_mremap(a);
    case Redirected::shmat: return redirect_shmat(a);
    case Redirected::munmap: return redirect_munmap(a);
    case Redirected::openat: return open_path(SYS_openat, a, 1);
    case Redirected::open: return open_path(SYS_open, a, 0);
    case Redirected::creat: return open_by(SYS_creat, a[0], a[1]);
    case Redirected::close: return close_one(a[0]);
    case Redirected::dup: return open_by(SYS_dup, a[0]);
    case Redirected::dup2: return has_bit(window().lower, a[1]) ? error_badf : open_by(SYS_dup2, a[0], a[1]);
    case Redirected::dup3: return has_bit(window().lower, a[1]) ? error_badf : open_by(SYS_dup3, a[0], a[1], a[2]);
    case Redirected::fcntl: return redirect_fcntl(a);
    case Redirected::readlink:
      return is_own_executable(a[0]) ? read_own_link(reinterpret_cast<char*>(a[1]), a[2]) : raw_syscall(SYS_readlink, a[0], a[1], a[2]);
    case Redirected::readlinkat:
      return is_own_executable(a[1]) ? read_own_link(reinterpret_cast<char*>(a[2]), a[3]) : raw_syscall(SYS_readlinkat, a[0], a[1], a[2], a[3]);
    case Redirected::rt_sigaction: return redirect_rt_sigaction(a);
    case Redirected::rt_sigprocmask: return redirect_rt_sigprocmask(a);
    case Redirected::close_range: return redirect_close_range(a);
    case Redirected::pipe: return open_pair_by(SYS_pipe, a[0], a[0]);
    case Redirected::pipe2: return open_pair_by(SYS_pipe2, a[0], a[0], a[1]);
    case Redirected::kill: return is_ended_child(a[0]) ? 0 : raw_syscall(SYS_kill, current_target(static_cast<int>(a[0])), a[1]);
    case Redirected::tgkill: return raw_syscall(SYS_tgkill, current_process(a[0]), kernel_thread(a[1]), a[2]);
    case Redirected::gettid: return program_thread();
    case Redirected::set_tid_address: return raw_syscall(SYS_set_tid_address, a[0]), program_thread();
    case Redirected::madvise: return redirect_madvise(a);
    case Redirected::inotify_add_watch: return redirect_inotify_add_watch(a);
    case Redirected::tkill: return raw_syscall(SYS_tkill, kernel_thread(a[0]), a[1]);
    case Redirected::rt_tgsigqueueinfo: return raw_syscall(SYS_rt_tgsigqueueinfo, current_process(a[0]), kernel_thread(a[1]), a[2], a[3]);
    case Redirected::sched_setaffinity: return raw_syscall(SYS_sched_setaffinity, kernel_thread(a[0]), a[1], a[2]);
    case Redirected::sched_getaffinity: return raw_syscall(SYS_sched_getaffinity, kernel_thread(a[0]), a[1], a[2]);
    case Redirected::sched_setscheduler: return raw_syscall(SYS_sched_setscheduler, kernel_thread(a[0]), a[1], a[2]);
    case Redirected::sched_getscheduler: return raw_syscall(SYS_sched_getscheduler, kernel_thread(a[0]));
    case Redirected::sched_setparam: return raw_syscall(SYS_sched_setparam, kernel_thread(a[0]), a[1]);
    case Redirected::sched_getparam: return raw_syscall(SYS_sched_getparam, kernel_thread(a[0]), a[1]);
    case Redirected::getpriority: return raw_syscall(SYS_getpriority, a[0], a[0] == 0 /* PRIO_PROCESS */ ? kernel_thread(a[1]) : a[1]);
    case Redirected::setpriority: return raw_syscall(SYS_setpriority, a[0], a[0] == 0 ? kernel_thread(a[1]) : a[1], a[2]);
    case Redirected::nanosleep: return wait_relative(SYS_nanosleep, a, 0);
    case Redirected::clock_nanosleep: return redirect_clock_nanosleep(a);
    case Redirected::poll: return wait_milliseconds(SYS_poll, a, 2);
    case Redirected::epoll_wait: return wait_milliseconds(SYS_epoll_wait, a, 3);
    case Redirected::epoll_pwait: return wait_milliseconds(SYS_epoll_pwait, a, 3);
    case Redirected::futex: return redirect_futex(a);
    case Redirected::semtimedop: return wait_relative(SYS_semtimedop, a, 3);
    case Redirected::rt_sigtimedwait: return redirect_rt_sigtimedwait(a);
    case Redirected::socket: return open_by(SYS_socket, a[0], a[1], a[2]);
    case Redirected::socketpair: return open_pair_by(SYS_socketpair, a[3], a[0], a[1], a[2], a[3]);
    case Redirected::accept: return open_by(SYS_accept, a[0], a[1], a[2]);
    case Redirected::accept4: return open_by(SYS_accept4, a[0], a[1], a[2], a[3]);
    case Redirected::epoll_create: return open_by(SYS_epoll_create, a[0]);
    case Redirected::epoll_create1: return open_by(SYS_epoll_create1, a[0]);
    case Redirected::eventfd2: return open_by(SYS_eventfd2, a[0], a[1]);
    case Redirected::timerfd_create: return open_by(SYS_timerfd_create, a[0], a[1]);
    case Redirected::signalfd4: return open_by(SYS_signalfd4, a[0], a[1], a[2], a[3]);
    case Redirected::inotify_init1: return open_by(SYS_inotify_init1, a[0]);
    case Redirected::memfd_create: return open_by(SYS_memfd_create, a[0], a[1]);
    case Redirected::ioctl: return redirect_ioctl(a);
    case Redirected::recvmsg: return redirect_recvmsg(a);
    case Redirected::recvmmsg: return redirect_recvmmsg(a);
    case Redirected::openat2: return open_by(SYS_openat2, a[0], a[1], a[2], a[3]);
    case Redirected::open_by_handle_at: return open_by(SYS_open_by_handle_at, a[0], a[1], a[2]);
    case Redirected::inotify_init: return open_by(SYS_inotify_init);
    case Redirected::eventfd: return open_by(SYS_eventfd, a[0]);
    case Redirected::signalfd: return open_by(SYS_signalfd, a[0], a[1], a[2]);
    case Redirected::mq_open: return open_by(SYS_mq_open, a[0], a[1], a[2], a[3]);
    case Redirected::pidfd_open: return open_by(SYS_pidfd_open, current_process(a[0]), a[1]);
    case Redirected::pidfd_getfd: return open_by(SYS_pidfd_getfd, a[0], a[1], a[2]);
    case Redirected::memfd_secret: return open_by(SYS_memfd_secret, a[0]);
    case Redirected::userfaultfd: return open_by(SYS_userfaultfd, a[0]);
    case Redirected::io_uring_setup: return error_nosys;  // its rings can lie nowhere in the window, and no restart could fill them
    case Redirected::perf_event_open: return open_by(SYS_perf_event_open, a[0], a[1], a[2], a[3], a[4]);
    case Redirected::fanotify_init: return open_by(SYS_fanotify_init, a[0], a[1]);
    case Redirected::wait4: return in_own_process() ? wait_for_child(a) : raw_syscall(SYS_wait4, a[0], a[1], a[2], a[3]);
    case Redirected::waitid: return in_own_process() ? wait_for_child_by_id(a) : raw_syscall(SYS_waitid, a[0], a[1], a[2], a[3], a[4]);
    case Redirected::getpgid: return known_process(raw_syscall(SYS_getpgid, current_process(a[0])));
    case Redirected::getsid: return known_process(raw_syscall(SYS_getsid, current_process(a[0])));
    case Redirected::getpgrp: return known_process(raw_syscall(SYS_getpgrp));
    case Redirected::getpid: return known_process(raw_syscall(SYS_getpid));
    case Redirected::getppid: return known_process(raw_syscall(SYS_getppid));
    case Redirected::rt_sigqueueinfo: return raw_syscall(SYS_rt_sigqueueinfo, current_process(a[0]), a[1], a[2]);
    case Redirected::prlimit64: return raw_syscall(SYS_prlimit64, current_process(a[0]), a[1], a[2], a[3]);
    case Redirected::setpgid: return raw_syscall(SYS_setpgid, current_process(a[0]), current_process(a[1]));
    case Redirected::fork: return follow_fork(a);
    case Redirected::execve: return follow_execve(own_executable(a[0]), a[1], a[2]);
    default: return error_nosys;
  }
}

/// Used by the loader for ld.so itself, which it maps on its own.
extern "C" void mana_redirect_code(std::uint64_t begin, std::uint64_t end, long prot) { redirect_code(begin, end, prot); }

}  // namespace mana
