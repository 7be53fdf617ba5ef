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
#include "common/thread_record.hpp"
#include "upper_half/resident/window.hpp"

namespace mana {
namespace {

using arch::raw_syscall;
using Address = std::uint64_t;

constexpr long error_badf = -9, error_nomem = -12, error_exist = -17;
constexpr Address page = 4096, huge_page = 2 << 20;
/// Room kept behind every file mapping for the trampolines of its patched system calls.
constexpr Address trampoline_room = 0x10000;

Address round_up(Address value, Address unit) { return (value + unit - 1) & ~(unit - 1); }
bool failed(long result) { return result < 0 && result > -4096; }
bool in_window(Address a) { return a >= window_begin && a < window_end; }
bool in_upper_range(Address a, Address bytes) {
  return (in_window(a) && a + bytes <= window_end) || (a >= low_begin && a + bytes <= low_end);
}

/// A free stretch of the window that nobody else will be given; nothing is mapped yet.
Address take_stretch(Address bytes, bool file) {
  Address unit = bytes >= huge_page ? huge_page : page;
  Address wanted = bytes + (unit - page) + (file ? trampoline_room : 0);
  for (;;) {
    Address at = __atomic_fetch_add(&window().cursor, wanted, __ATOMIC_RELAXED);
    if (at + wanted <= window_mmap_end) return round_up(at, unit);
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

constexpr std::uint16_t redirected_numbers[] = {
    SYS_mmap,  SYS_brk,    SYS_mremap,   SYS_shmat,      SYS_munmap,       SYS_openat,         SYS_open,  SYS_creat, SYS_close, SYS_dup, SYS_dup2,
    SYS_dup3,  SYS_fcntl,  SYS_readlink, SYS_readlinkat, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_close_range, SYS_pipe,  SYS_pipe2};
constexpr int redirected_count = sizeof redirected_numbers / sizeof redirected_numbers[0];
static_assert(redirected_count == static_cast<int>(Redirected::count));

/// `mov $NN,%eax; syscall`: the shape of every system call in glibc.
int redirected_at(const std::uint8_t* p) {
  if (p[0] != 0xb8 || p[3] != 0 || p[4] != 0 || p[5] != 0x0f || p[6] != 0x05) return -1;
  unsigned number = p[1] | p[2] << 8;
  for (int i = 0; i < redirected_count; ++i)
    if (redirected_numbers[i] == number) return i;
  return -1;
}

constexpr Address trampoline_bytes = 40;

/// lea -128(%rsp),%rsp ; movabs $stub,%rcx ; call *%rcx ; lea 128(%rsp),%rsp ; jmp back: keeps the caller's red zone.
void write_trampoline(std::uint8_t* t, Address stub, std::uint8_t* back) {
  auto put = [&t](std::initializer_list<int> bytes) {
    for (int b : bytes) *t++ = static_cast<std::uint8_t>(b);
  };
  auto put_word = [&t](std::uint64_t v, int n) {
    for (int i = 0; i < n; ++i) *t++ = static_cast<std::uint8_t>(v >> (8 * i));
  };
  put({0x48, 0x8d, 0x64, 0x24, 0x80, 0x48, 0xb9});
  put_word(stub, 8);
  put({0xff, 0xd1, 0x48, 0x8d, 0xa4, 0x24, 0x80, 0, 0, 0, 0xe9});
  put_word(static_cast<std::uint64_t>(back - (t + 4)), 4);
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
    if (*p == 0xb8 && redirected_at(p) >= 0) ++sites;
  if (sites == 0) return;
  Address room = round_up(static_cast<Address>(sites) * trampoline_bytes, page);
  std::uint8_t* trampoline = near_page(begin, end, room);
  if (trampoline == nullptr) return;
  auto* start = trampoline;
  raw_syscall(SYS_mprotect, static_cast<long>(begin & ~(page - 1)), static_cast<long>(round_up(end, page) - (begin & ~(page - 1))), PROT_READ | PROT_WRITE | PROT_EXEC);
  for (auto* p = first; p < last; ++p) {
    int call = *p == 0xb8 ? redirected_at(p) : -1;
    if (call < 0) continue;
    write_trampoline(trampoline, resident().stubs[call], p + 7);
    write_jump(p, trampoline);
    trampoline += trampoline_bytes;
    ++window().patched_sites;
    p += 6;
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
  if (start < window_mmap_start || start + bytes > window_mmap_end || bytes >> 44 != 0) return;
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

bool has_bit(volatile std::uint64_t* bits, long fd) {
  return fd >= 0 && fd < tracked_descriptors && (bits[fd / 64] >> (fd % 64) & 1) != 0;
}

/// A vforked child (posix_spawn, popen, Python's subprocess) has its own descriptors but writes into our memory: what it opens
/// and closes must not be noted.
bool in_own_process() { return raw_syscall(SYS_getpid) == window().process; }

void set_bit(volatile std::uint64_t* bits, long fd) {
  if (fd >= 0 && fd < tracked_descriptors && !has_bit(bits, fd) && in_own_process())
    __atomic_fetch_or(&bits[fd / 64], 1ULL << (fd % 64), __ATOMIC_RELAXED);
}
void clear_bit(volatile std::uint64_t* bits, long fd) {
  if (has_bit(bits, fd) && in_own_process()) __atomic_fetch_and(&bits[fd / 64], ~(1ULL << (fd % 64)), __ATOMIC_RELAXED);
}

long opened(long fd) {
  if (!failed(fd)) set_bit(window().owned, fd);
  return fd;
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

long read_own_link(char* buffer, long capacity) {
  long n = 0;
  for (; n < capacity && window().executable[n] != 0; ++n) buffer[n] = window().executable[n];
  return n;
}

long close_one(long fd) {
  if (has_bit(window().lower, fd)) return error_badf;
  clear_bit(window().owned, fd);
  return raw_syscall(SYS_close, fd);
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

long redirect_pipe(long result, long pair) {
  if (!failed(result)) {
    set_bit(window().owned, reinterpret_cast<int*>(pair)[0]);
    set_bit(window().owned, reinterpret_cast<int*>(pair)[1]);
  }
  return result;
}

long redirect_fcntl(const long* a) {
  long result = raw_syscall(SYS_fcntl, a[0], a[1], a[2]);
  return a[1] == 0 /* F_DUPFD */ || a[1] == 1030 /* F_DUPFD_CLOEXEC */ ? opened(result) : result;
}

using Handler = void (*)(int, void*, void*);

/// Runs the application's handler with the upper FS base, also when the signal came while the thread was in the lower half.
extern "C" void mana_signal_door(int signal, void* facts, void* context) {
  auto* record = reinterpret_cast<ThreadRecord*>(arch::gs_base());
  auto handler = reinterpret_cast<Handler>(window().actions[signal].handler);
  if (reinterpret_cast<Address>(handler) < 2) return;
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

long redirect_rt_sigaction(const long* a) {
  long signal = a[0];
  auto* wanted = reinterpret_cast<const KernelSigaction*>(a[1]);
  auto* old = reinterpret_cast<KernelSigaction*>(a[2]);
  if (signal < 1 || signal > 64 || a[3] != 8) return raw_syscall(SYS_rt_sigaction, a[0], a[1], a[2], a[3]);
  KernelSigaction before = window().actions[signal];
  bool known = window().action_known[signal] != 0;
  bool ours = signal == stop_signal || signal == static_cast<long>(window().checkpoint_signal);
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
    if (!known) before = previous;
  }
  if (wanted != nullptr) {
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

/// Every redirected call arrives here; a[0..5] are the arguments in the kernel's order.
extern "C" long mana_redirect(long call, long* a) {
  switch (static_cast<Redirected>(call)) {
    case Redirected::mmap: return redirect_mmap(a);
    case Redirected::brk: return redirect_brk(a);
    case Redirected::mremap: return redirect_mremap(a);
    case Redirected::shmat: return redirect_shmat(a);
    case Redirected::munmap: return redirect_munmap(a);
    case Redirected::openat: return opened(raw_syscall(SYS_openat, a[0], own_executable(a[1]), a[2], a[3]));
    case Redirected::open: return opened(raw_syscall(SYS_open, own_executable(a[0]), a[1], a[2]));
    case Redirected::creat: return opened(raw_syscall(SYS_creat, a[0], a[1]));
    case Redirected::close: return close_one(a[0]);
    case Redirected::dup: return opened(raw_syscall(SYS_dup, a[0]));
    case Redirected::dup2: return has_bit(window().lower, a[1]) ? error_badf : opened(raw_syscall(SYS_dup2, a[0], a[1]));
    case Redirected::dup3: return has_bit(window().lower, a[1]) ? error_badf : opened(raw_syscall(SYS_dup3, a[0], a[1], a[2]));
    case Redirected::fcntl: return redirect_fcntl(a);
    case Redirected::readlink: return is_own_executable(a[0]) ? read_own_link(reinterpret_cast<char*>(a[1]), a[2]) : raw_syscall(SYS_readlink, a[0], a[1], a[2]);
    case Redirected::readlinkat:
      return is_own_executable(a[1]) ? read_own_link(reinterpret_cast<char*>(a[2]), a[3]) : raw_syscall(SYS_readlinkat, a[0], a[1], a[2], a[3]);
    case Redirected::rt_sigaction: return redirect_rt_sigaction(a);
    case Redirected::rt_sigprocmask: return redirect_rt_sigprocmask(a);
    case Redirected::close_range: return redirect_close_range(a);
    case Redirected::pipe: return redirect_pipe(raw_syscall(SYS_pipe, a[0]), a[0]);
    case Redirected::pipe2: return redirect_pipe(raw_syscall(SYS_pipe2, a[0], a[1]), a[0]);
    default: return -38;
  }
}

/// Used by the loader for ld.so itself, which it maps on its own.
extern "C" void mana_redirect_code(std::uint64_t begin, std::uint64_t end, long prot) { redirect_code(begin, end, prot); }

}  // namespace mana
