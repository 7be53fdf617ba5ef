// SPDX-License-Identifier: Apache-2.0
// Images of a piece of the window, written, damaged in every way, and brought back.
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "common/gate.hpp"
#include "common/image.hpp"
#include "tests/unit/directory.hpp"

using namespace mana;

namespace {

constexpr std::uintptr_t base = window_begin + (1ULL << 40);
constexpr std::size_t page = 4096;

/// Memory at `base + offset`, as the upper half would have it; unmapped at the end.
struct Memory {
  char* at;
  std::size_t bytes;
  Memory(std::size_t offset, std::size_t bytes, int prot = PROT_READ | PROT_WRITE, int flags = MAP_PRIVATE | MAP_ANONYMOUS, int fd = -1) : bytes(bytes) {
    void* want = reinterpret_cast<void*>(base + offset);
    at = static_cast<char*>(mmap(want, bytes, prot, flags | MAP_FIXED_NOREPLACE | MAP_NORESERVE, fd, 0));
    REQUIRE(static_cast<void*>(at) == want);  // as text it would be read
  }
  ~Memory() { munmap(at, bytes); }
};

void unmap_window() {
  auto maps = read_proc_maps();
  for (const Mapping& m : *maps)
    if (m.start >= window_begin && m.end <= window_end) munmap(reinterpret_cast<void*>(m.start), m.bytes());
}

ImageDescription describe() {
  ImageDescription d;
  d.app_abi = 1;
  d.lower_mpi = 2;
  d.lower_mpi_version = "Open MPI 4";
  d.rank = 1;
  d.size = 3;
  d.mpi_initialized = true;
  d.upper_interface = base;
  d.facts = "{\"cwd\":\"/\"}";
  for (auto& region : upper_half_regions(*read_proc_maps()))
    if (region.start >= window_begin) d.regions.push_back(region);
  return d;
}

std::string write(const Directory& dir, ImageFacts* facts = nullptr) {
  const std::string path = dir.path + "/rank-00001.img";
  auto written = write_image(path, describe());
  if (!written) FAIL(written.error().message);
  if (facts != nullptr) *facts = *written;
  return path;
}

void fill(char* at, std::size_t bytes, unsigned seed) {
  std::mt19937 random(seed);
  for (std::size_t i = 0; i + 4 <= bytes; i += 4) {
    const unsigned value = random() | 1;
    memcpy(at + i, &value, 4);
  }
}

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void spit(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace

TEST_CASE("memory comes back as it was, with its protections") {
  Directory dir;
  std::string big_before, path;
  ImageFacts facts;
  {
    Memory small(0, 3 * page), big(1 << 24, 9 << 20), reserved(1 << 30, 1ULL << 36, PROT_NONE), code(2 << 24, 2 << 20), sparse(1ULL << 37, 1ULL << 32),
        hidden(3 << 24, 4 * page), shared(4 << 24, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
    strcpy(small.at + page, "hello");
    fill(big.at, big.bytes, 7);
    memset(big.at + (5 << 20), 0, 2 << 20);
    fill(code.at, code.bytes, 8);
    mprotect(code.at, code.bytes, PROT_READ | PROT_EXEC);
    sparse.at[1ULL << 31] = 42;
    strcpy(hidden.at, "cannot be read");
    mprotect(hidden.at, hidden.bytes, PROT_NONE);
    strcpy(shared.at + 3 * page, "shared");
    big_before.assign(big.at, big.bytes);
    path = write(dir, &facts);
    CHECK(facts.data_bytes < (10 << 20));
    CHECK(facts.bytes == std::filesystem::file_size(path));
    struct stat s;
    stat(path.c_str(), &s);
    CHECK((s.st_mode & 0777) == 0600);
  }
  auto image = ImageReader::open(path);
  REQUIRE(image);
  CHECK(image->header().rank == 1);
  CHECK(image->header().header_hash == facts.header_hash);
  CHECK(image->facts() == "{\"cwd\":\"/\"}");
  REQUIRE(image->verify());
  auto restored = image->restore_memory();
  if (!restored) FAIL(restored.error().message);
  const char* at = reinterpret_cast<const char*>(base);
  CHECK(std::string(at + page) == "hello");
  CHECK(memcmp(at + (1 << 24), big_before.data(), big_before.size()) == 0);
  CHECK(at[(1ULL << 37) + (1ULL << 31)] == 42);
  CHECK(at[(1ULL << 37) + (1ULL << 31) + page] == 0);
  CHECK(std::string(at + (4 << 24) + 3 * page) == "shared");
  const auto maps = *read_proc_maps();
  const auto prot_at = [&](std::size_t offset) {
    for (const Mapping& m : maps)
      if (m.start <= base + offset && base + offset < m.end) return m.prot;
    return -1;
  };
  CHECK(prot_at(1 << 30) == PROT_NONE);
  CHECK(prot_at(2 << 24) == (PROT_READ | PROT_EXEC));
  CHECK(prot_at(3 << 24) == PROT_NONE);
  CHECK(prot_at(1 << 24) == (PROT_READ | PROT_WRITE));
  mprotect(reinterpret_cast<void*>(base + (3 << 24)), page, PROT_READ);
  CHECK(std::string(at + (3 << 24)) == "cannot be read");

  SECTION("and can be written again from there: a chain") {
    const_cast<char*>(at)[page] = 'j';
    const std::string second = dir.path + "/second.img";
    auto written = write_image(second, describe());
    REQUIRE(written);
    CHECK(written->data_bytes == facts.data_bytes);
    unmap_window();
    unlink(path.c_str());
    auto again = ImageReader::open(second);
    REQUIRE(again);
    REQUIRE(again->restore_memory());
    CHECK(std::string(at + page) == "jello");
    CHECK(memcmp(at + (1 << 24), big_before.data(), big_before.size()) == 0);
  }
  unmap_window();
}

TEST_CASE("a mapping that is longer than its file is saved up to the file's end") {
  Directory dir;
  const std::string file = dir.path + "/file";
  spit(file, std::string(page + 100, 'x'));
  const int fd = open(file.c_str(), O_RDONLY);
  std::string path;
  {
    Memory mapped(0, 8 * page, PROT_READ, MAP_PRIVATE, fd);
    path = write(dir);
  }
  close(fd);
  auto image = ImageReader::open(path);
  REQUIRE(image);
  REQUIRE(image->restore_memory());
  CHECK(reinterpret_cast<const char*>(base)[page + 99] == 'x');
  CHECK(reinterpret_cast<const char*>(base)[page + 100] == 0);
  unmap_window();
}

TEST_CASE("addresses in use are refused by name, not overwritten") {
  Directory dir;
  std::string path;
  {
    Memory some(0, page);
    some.at[0] = 1;
    path = write(dir);
  }
  Memory other(0, page);
  other.at[0] = 2;
  auto image = ImageReader::open(path);
  REQUIRE(image);
  auto restored = image->restore_memory();
  REQUIRE_FALSE(restored);
  CHECK_THAT(restored.error().message, Catch::Contains("region 0x110000000000"));
  CHECK(other.at[0] == 2);
}

TEST_CASE("every damaged byte of header and tables is noticed, and every one of the content by verify") {
  Directory dir;
  std::string path;
  {
    Memory some(0, 4 * page);
    fill(some.at, page, 1);
    fill(some.at + 2 * page, page, 2);
    path = write(dir);
  }
  const std::string good = slurp(path);
  const std::string damaged = dir.path + "/damaged.img";
  for (std::size_t i = 0; i < good.size(); i += (i < sizeof(ImageHeader) || i >= 3 * page) ? 1 : 509) {
    if (i >= sizeof(ImageHeader) && i < page) continue;  // padding
    std::string bytes = good;
    bytes[i] = static_cast<char>(bytes[i] ^ (1 << (i % 8)));
    spit(damaged, bytes);
    INFO("byte " << i);
    auto image = ImageReader::open(damaged);
    const bool content = i >= page && i < 3 * page;
    CHECK(static_cast<bool>(image) == content);
    if (image) CHECK_FALSE(image->verify());
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, page, good.size() / 2, good.size() - 1}) {
    spit(damaged, good.substr(0, length));
    CHECK_FALSE(ImageReader::open(damaged));
  }
}

TEST_CASE("a full disk is an error that names the path, and leaves nothing") {
  Directory dir;
  Memory some(0, 4 << 20);
  fill(some.at, some.bytes, 3);
  const pid_t child = fork();
  if (child == 0) {
    const rlimit limit{1 << 20, 1 << 20};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(9);
    auto written = write_image(dir.path + "/rank-00000.img", describe());
    const bool good = !written && written.error().message.find(dir.path) != std::string::npos && written.error().number == EFBIG;
    _exit(good && std::filesystem::is_empty(dir.path) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK_FALSE(write_image("/nonexistent/rank-00000.img", describe()));
}
