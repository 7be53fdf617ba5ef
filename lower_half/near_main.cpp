// SPDX-License-Identifier: Apache-2.0
// The program that a rank starts as. It loads the lower half, with its MPI, close below the window, so that the way from the program into the MPI has
// no indirect branch (lower_half/door_table.hpp): the loader has the kernel choose addresses, and the kernel chooses the highest
// free ones. While the lower half is loaded, all that lies above is held; a part that differs from run to run
// goes on being so. Where that is not allowed (a limit of the address space) it lies elsewhere, and calls cost a few nanoseconds more.
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/gate.hpp"
#include "common/proc_maps.hpp"

namespace {

using mana::door_table_address;

/// The free addresses above `from`, held as long as this object lives.
class AddressesHeld {
 public:
  explicit AddressesHeld(std::uintptr_t from) {
    constexpr std::uintptr_t top = 0x7ffffffff000;
    const auto maps = mana::read_proc_maps();
    if (!maps) return;
    for (const mana::Mapping& map : *maps) {
      if (map.start > from && map.start <= top) hold(from, map.start);
      if (map.end > from) from = map.end + (map.name == "[heap]" ? room_for_heap : 0);
    }
    if (from < top) hold(from, top);
  }
  ~AddressesHeld() {
    for (const Range& r : held_) munmap(r.start, r.bytes);
  }
  AddressesHeld(const AddressesHeld&) = delete;

 private:
  /// libucm moves the end of the heap by a page and back, and takes it for granted that it can. No shared object is so small that the kernel would put it here.
  static constexpr std::size_t room_for_heap = 4 * 4096;
  struct Range {
    void* start;
    std::size_t bytes;
  };
  void hold(std::uintptr_t start, std::uintptr_t end) {
    void* at = mmap(reinterpret_cast<void*>(start), end - start, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (at != MAP_FAILED) held_.push_back({at, end - start});
  }
  std::vector<Range> held_;
};

std::uintptr_t random_distance() {
  constexpr std::uintptr_t pages = 1 << 16;  // 256 MiB
  std::uint32_t chance = 0;
  if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance) return 0;
  return (chance % pages) * 4096;
}

/// Memory that malloc can give without the end of the heap being moved.
class HeapGrown {
 public:
  HeapGrown() {
    constexpr int blocks = 128;
    void* grown[blocks];
    for (void*& block : grown) block = std::malloc(64 << 10);
    for (int i = 0; i < blocks - 1; ++i) std::free(grown[i]);
    last_ = grown[blocks - 1];
  }
  ~HeapGrown() { std::free(last_); }
  HeapGrown(const HeapGrown&) = delete;

 private:
  void* last_;
};

/// The shared object beside this program: the same path with .so behind it.
std::string lower_half_path() {
  char path[4096];
  ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  return n > 0 ? std::string(path, static_cast<std::size_t>(n)) + ".so" : std::string();
}

}  // namespace

int main(int argc, char** argv) {
  void* lower_half = nullptr;
  {
    HeapGrown heap;
    AddressesHeld above(door_table_address - random_distance());
    lower_half = dlopen(lower_half_path().c_str(), RTLD_NOW | RTLD_GLOBAL);
  }
  auto start = lower_half != nullptr ? reinterpret_cast<void (*)(int, char**)>(dlsym(lower_half, "mana_lower_main")) : nullptr;
  if (start == nullptr) {
    std::fprintf(stderr, "mana: the real MPI can't be loaded: %s\n", dlerror());
    return 1;
  }
  start(argc, argv);
}
