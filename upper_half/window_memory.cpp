// SPDX-License-Identifier: Apache-2.0
// Private pages, and segments shared by the ranks of a node: a memory file of rank 0, which the others open through /proc.
// It has no name in any file system, so a killed job leaves nothing behind.
//
// Creation and release run in wrappers, share_again() at the checkpoint line: there only raw system calls, for a place in
// the window is not to be found any more.
#include "upper_half/window_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include <cstdio>

#include "common/arch.hpp"
#include "gen/lower_calls.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/rebuild.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {
namespace {

using arch::raw_syscall;
using arch::word;

constexpr std::size_t copy_bytes = 64 * page_bytes;

std::int64_t round_to_pages(std::int64_t bytes) { return (bytes + page_bytes - 1) & ~(page_bytes - 1); }

/// Where the others find rank 0's memory file, and the number in its name by which they know it.
struct Whereabouts {
  std::int64_t process;
  std::int64_t descriptor;
  std::int64_t number;
};

std::uint64_t real_type(std::uint32_t vid) { return predefined_datatype(vid)->real.bits; }

class Descriptor {
 public:
  ~Descriptor() {
    if (fd_ >= 0) raw_syscall(SYS_close, fd_);
  }
  Descriptor() = default;
  Descriptor(const Descriptor&) = delete;
  void set(long fd) { fd_ = fd; }
  long get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  long fd_ = -1;
};

void name_of(std::int64_t number, char* name, std::size_t capacity) {
  std::snprintf(name, capacity, "mana-window-%016llx", static_cast<unsigned long long>(number));
}

/// Rank 0: a memory file with all its pages, so that no later access can find the node's memory used up.
Whereabouts make_file(Descriptor& file, std::size_t bytes) {
  Whereabouts there{raw_syscall(SYS_getpid), -1, 0};
  raw_syscall(SYS_getrandom, word(&there.number), sizeof there.number, 0);
  char name[64];
  name_of(there.number, name, sizeof name);
  file.set(raw_syscall(SYS_memfd_create, word(&name), MFD_CLOEXEC));
  if (!file.valid()) return there;
  if (bytes == 0 || raw_syscall(SYS_fallocate, file.get(), 0, 0, static_cast<long>(bytes)) == 0) there.descriptor = file.get();
  return there;
}

/// The others: the same file, if it is on this node. A process and a descriptor of these numbers may exist elsewhere, too.
bool open_file(Descriptor& file, const Whereabouts& there) {
  char path[64], expected[96], found[128];
  std::snprintf(path, sizeof path, "/proc/%lld/fd/%lld", static_cast<long long>(there.process), static_cast<long long>(there.descriptor));
  char name[64];
  name_of(there.number, name, sizeof name);
  std::snprintf(expected, sizeof expected, "/memfd:%s ", name);
  long length = raw_syscall(SYS_readlink, word(&path), word(&found), sizeof found);
  auto wanted = static_cast<long>(std::strlen(expected));
  if (length < wanted || std::memcmp(found, expected, static_cast<std::size_t>(wanted)) != 0) return false;
  file.set(raw_syscall(SYS_openat, AT_FDCWD, word(&path), O_RDWR | O_CLOEXEC));
  return file.valid();
}

/// Zero pages need not be written: the file is made of them.
bool write_content(const Descriptor& file, const char* from, std::size_t bytes) {
  static constexpr char zeros[page_bytes] = {};
  for (std::size_t at = 0; at < bytes;) {
    if (std::memcmp(from + at, zeros, page_bytes) == 0) {
      at += page_bytes;
      continue;
    }
    std::size_t length = bytes - at < copy_bytes ? bytes - at : copy_bytes;
    long put = raw_syscall(SYS_pwrite64, file.get(), word(from + at), static_cast<long>(length), static_cast<long>(at));
    if (put <= 0) return false;
    at += static_cast<std::size_t>(put) & ~static_cast<std::size_t>(page_bytes - 1);
    if (put < page_bytes) return false;
  }
  return true;
}

bool map_in_place(const Descriptor& file, char* base, std::size_t bytes) {
  if (bytes == 0) return true;
  long access = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_FIXED;
  return raw_syscall(SYS_mmap, word(base), static_cast<long>(bytes), access, flags, file.get(), 0) == word(base);
}

void list_unsaved(UnsavedRange* range) {
  InterfaceLock lock;
  range->next = interface().unsaved;
  interface().unsaved = range;
}

void unlist_unsaved(UnsavedRange* range) {
  InterfaceLock lock;
  UnsavedRange** link = &interface().unsaved;
  while (*link != nullptr && *link != range) link = &(*link)->next;
  if (*link != nullptr) *link = range->next;
}

/// Zero pages are there already.
void copy_content(char* to, const char* from, std::size_t bytes) {
  static constexpr char zeros[page_bytes] = {};
  for (std::size_t at = 0; at < bytes; at += page_bytes)
    if (std::memcmp(from + at, zeros, page_bytes) != 0) std::memcpy(to + at, from + at, page_bytes);
}

std::uint64_t mix(std::uint64_t hash, const char* text) {
  for (; *text != 0; ++text) hash = (hash ^ static_cast<unsigned char>(*text)) * 1099511628211u;  // FNV-1a
  return hash;
}

}  // namespace

bool all_of(const Comm& comm, bool mine) {
  int yes = mine ? 1 : 0, all = 0;
  int error = lower_call::allreduce(&yes, &all, 1, real_type(mpi::INT), real_predefined(mpi::MIN), comm.real.bits);
  return error == 0 && all != 0;
}

/// Of the kernel's boot and the host's name.
std::uint64_t host_identity() {
  utsname names{};
  raw_syscall(SYS_uname, word(&names));
  char boot[64] = {};
  Descriptor file;
  file.set(raw_syscall(SYS_openat, AT_FDCWD, word("/proc/sys/kernel/random/boot_id"), O_RDONLY | O_CLOEXEC));
  if (file.valid()) raw_syscall(SYS_read, file.get(), word(&boot), sizeof boot - 1);
  return mix(mix(14695981039346656037u, names.nodename), boot);
}

bool PrivateMemory::allocate(std::int64_t bytes) {
  if (bytes == 0) return true;
  std::size_t rounded = static_cast<std::size_t>(round_to_pages(bytes));
  void* found = mmap(nullptr, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (found == MAP_FAILED) return false;
  base_ = found;
  bytes_ = rounded;
  return true;
}

bool PrivateMemory::take_pages(void* there, bool content) {
  if (base_ == nullptr) return true;
  auto length = static_cast<long>(bytes_);
  long again = raw_syscall(SYS_mremap, word(there), 0, length, MREMAP_MAYMOVE);  // of length 0: another mapping of the same pages
  if (again < 0) return false;
  if (content) {
    copy_content(static_cast<char*>(there), static_cast<const char*>(base_), bytes_);
    raw_syscall(SYS_madvise, word(base_), length, MADV_REMOVE);  // the file that a restart has made for it stays open
  }
  if (raw_syscall(SYS_mremap, again, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, word(base_)) < 0) fatal("can't map the memory of a window in its place");
  return true;
}

void PrivateMemory::release() {
  if (base_ != nullptr) munmap(base_, bytes_);
  base_ = nullptr;
}

int SharedMemory::gather_parts(const Comm& comm, std::int64_t bytes, int disp_unit) {
  static_assert(sizeof(Part) == 3 * sizeof(std::int64_t));
  parts_.resize(comm.size);
  Part mine{0, bytes, disp_unit};
  std::uint64_t words = real_type(mpi::INT64_T);
  if (int error = lower_call::allgather(&mine, 3, words, parts_.data(), 3, words, comm.real.bits); error != 0) return error;
  std::int64_t end = 0;
  for (Part& part : parts_) {
    part.offset = end;
    end += apart_ ? round_to_pages(part.bytes) : part.bytes;
  }
  bytes_ = static_cast<std::size_t>(round_to_pages(end));
  return 0;
}

int SharedMemory::map_segment(const Comm& comm, bool with_content) {
  Descriptor file;
  Whereabouts there{0, -1, 0};
  if (comm.rank == 0) {
    there = make_file(file, bytes_);
    if (with_content && there.descriptor >= 0 && !write_content(file, base_, bytes_)) there.descriptor = -1;
  }
  if (int error = lower_call::bcast(&there, 3, real_type(mpi::INT64_T), 0, comm.real.bits); error != 0) return error;
  if (there.descriptor < 0) return mpi::ERR_NO_MEM;
  bool reached = comm.rank == 0 || open_file(file, there);
  if (!all_of(comm, reached)) return mpi::ERR_RMA_SHARED;
  return all_of(comm, base_ != nullptr && map_in_place(file, base_, bytes_)) ? 0 : mpi::ERR_NO_MEM;
}

int SharedMemory::create(const Comm& comm, std::int64_t bytes, int disp_unit, bool apart) {
  apart_ = apart;
  if (int error = gather_parts(comm, bytes, disp_unit); error != 0) return error;
  if (bytes_ == 0) bytes_ = page_bytes;
  void* place = mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place != MAP_FAILED) base_ = static_cast<char*>(place);
  int error = map_segment(comm, false);
  if (error != 0) {
    release();
  } else if (comm.rank != 0) {
    unsaved_ = {reinterpret_cast<std::uintptr_t>(base_), reinterpret_cast<std::uintptr_t>(base_) + bytes_, nullptr};
    list_unsaved(&unsaved_);
  }
  return error;
}

void SharedMemory::release() {
  if (unsaved_.end != 0) unlist_unsaved(&unsaved_);
  unsaved_ = {};
  if (base_ != nullptr) munmap(base_, bytes_);
  base_ = nullptr;
}

int SharedMemory::share_again(const Comm& comm) { return map_segment(comm, true); }

}  // namespace mana::upper
