// SPDX-License-Identifier: Apache-2.0
#include "lower_half/gate_page.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fmt/format.h>
#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ctime>

#include "common/arch.hpp"
#include "lower_half/carriers.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/door_table.hpp"
#include "lower_half/options.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

long clock_gettime_call(long clock, timespec* t) { return arch::raw_syscall(SYS_clock_gettime, clock, arch::word(t)); }
long gettimeofday_call(timeval* t, void* zone) { return arch::raw_syscall(SYS_gettimeofday, arch::word(t), arch::word(zone)); }
long time_call(long* t) { return arch::raw_syscall(SYS_time, arch::word(t)); }
long getcpu_call(unsigned* cpu, unsigned* node, void*) { return arch::raw_syscall(SYS_getcpu, arch::word(cpu), arch::word(node)); }
long clock_getres_call(long clock, timespec* t) { return arch::raw_syscall(SYS_clock_getres, clock, arch::word(t)); }

/// The running kernel's vDSO functions, or plain system calls where it has none.
void find_vdso(Gate& g) {
  void* vdso = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
  auto find = [vdso](const char* name, auto fallback) {
    void* found = vdso != nullptr ? dlsym(vdso, name) : nullptr;
    return found != nullptr ? found : reinterpret_cast<void*>(fallback);
  };
  g.vdso[static_cast<int>(Vdso::clock_gettime)] = find("__vdso_clock_gettime", clock_gettime_call);
  g.vdso[static_cast<int>(Vdso::gettimeofday)] = find("__vdso_gettimeofday", gettimeofday_call);
  g.vdso[static_cast<int>(Vdso::time)] = find("__vdso_time", time_call);
  g.vdso[static_cast<int>(Vdso::getcpu)] = find("__vdso_getcpu", getcpu_call);
  g.vdso[static_cast<int>(Vdso::clock_getres)] = find("__vdso_clock_getres", clock_getres_call);
}

bool may_write_fs_base() {
  constexpr unsigned long fsgsbase = 1UL << 1;
  return (getauxval(AT_HWCAP2) & fsgsbase) != 0 && std::getenv("MANA_NO_FSGSBASE") == nullptr;
}

/// Upper code calls this with its own FS base: switch before anything that has thread-local storage.
[[gnu::optimize("no-stack-protector")]] void fatal_from_upper(const char* message) {
  auto* record = reinterpret_cast<ThreadRecord*>(arch::gs_base());
  if (record != nullptr && record->lower_fs != 0) arch::set_fs_base(record->lower_fs);
  say_line(message);
  end_rank(1);
}

}  // namespace

std::string shared_layouts() {
  return fmt::format("{}.{}-{:x}-{:x}-{:x}-{:x}-{:x}", gate_version, window_version, sizeof(Gate), sizeof(WindowState), sizeof(ResidentHeader),
                     sizeof(ThreadRecord), sizeof(UpperInterface));
}

void open_gate(std::uint32_t incarnation) {
  void* at = mmap(reinterpret_cast<void*>(gate_address), gate_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (at != reinterpret_cast<void*>(gate_address))
    complain("the gate page at {:#x} can't be mapped: {}; check vm.mmap_min_addr (it must be at most {})", gate_address, std::strerror(errno), gate_address);
  Gate& g = gate();
  g.magic = gate_magic;
  g.version = gate_version;
  g.bytes = sizeof(Gate);
  g.has_fsgsbase = may_write_fs_base() ? 1 : 0;
  g.lower_mpi = built_with_mpi();
  g.incarnation = incarnation;
  g.truncate_files = options().truncate_files ? 1 : 0;
  g.attach_thread = attach_thread;
  g.detach_thread = detach_thread;
  g.fatal = fatal_from_upper;
  find_vdso(g);
  fill_mpi_entries();
  lay_door_table();
}

}  // namespace mana::lower
