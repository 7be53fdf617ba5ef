// SPDX-License-Identifier: Apache-2.0
// Damaged bytes for everything that reads files from outside: images, manifests, /proc/PID/maps, ELF files. A reader may refuse
// them, and must do nothing else: no crash, no endless loop, nothing that a sanitizer complains about.
//
//   fuzz [--target NAME] [--seed N] [--rounds N]     rounds are reproducible: the same seed makes the same bytes
//   fuzz --again FILE                                the rounds that once found a defect: lines of "target seed round"
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "common/gate.hpp"
#include "common/generation.hpp"
#include "common/image.hpp"
#include "common/proc_maps.hpp"
#include "restart/elf_inspect.hpp"

using namespace mana;

namespace {

using Random = std::mt19937_64;
constexpr unsigned round_limit_s = 10;

struct Target {
  const char* name;
  std::string sample;                               ///< good bytes
  std::function<void(std::string&, Random&)> mend;  ///< makes checksums right again, so that what lies behind them is reached
  std::function<void(const std::string& path, const std::string& bytes)> read;
};

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void spill(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

template <class T>
T& at(std::string& bytes, std::size_t offset) {
  return *reinterpret_cast<T*>(bytes.data() + offset);
}

/// One damage: a bit, a byte, a number that is often a limit, a piece cut out, or one said twice.
void damage(std::string& bytes, Random& random) {
  static constexpr std::uint64_t limits[] = {0,          1,          7,          8,          4095,       4096,  0x7fffffff,
                                             0x80000000, 0xffffffff, 1ULL << 44, 1ULL << 45, 1ULL << 63, ~0ULL, ~0ULL - 4095};
  if (bytes.empty()) return;
  std::size_t where = random() % bytes.size();
  // Headers and tables are small: half of the damage goes to the first and last kilobytes.
  if (random() % 2 == 0)
    where = random() % 2 == 0 ? where % std::min<std::size_t>(bytes.size(), 600) : bytes.size() - 1 - where % std::min<std::size_t>(bytes.size(), 1200);
  switch (random() % 6) {
    case 0: bytes[where] ^= static_cast<char>(1 << random() % 8); break;
    case 1: bytes[where] = static_cast<char>(random()); break;
    case 2:
    case 3:
      where &= ~std::size_t{7};
      if (where + 8 <= bytes.size())
        at<std::uint64_t>(bytes, where) = random() % 3 == 0 ? at<std::uint64_t>(bytes, where) + random() % 64 - 32 : limits[random() % std::size(limits)];
      break;
    case 4: bytes.erase(where, 1 + random() % 100); break;
    default: bytes.insert(where, bytes.substr(where, 1 + random() % 100));
  }
}

// ---- The targets

/// An image of a few pages of the window with all kinds of regions.
std::string image_sample(const std::string& path) {
  auto* base = reinterpret_cast<char*>(window_begin + (1ULL << 40));
  mmap(base, 16 * image_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  for (int page : {0, 1, 5}) memset(base + page * image_page, 'a' + page, image_page);
  ImageDescription d;
  d.size = 1;
  d.facts = "{\"fds\":[]}";
  auto start = reinterpret_cast<std::uintptr_t>(base);
  const auto add = [&d](std::uintptr_t from, std::uintptr_t to, RegionKind kind, const char* name) {
    RegionDescription r;
    r.start = from;
    r.end = to;
    r.prot = PROT_READ | PROT_WRITE;
    r.kind = kind;
    r.name = name;
    d.regions.push_back(r);
  };
  add(start, start + 8 * image_page, RegionKind::private_memory, "[heap]");
  add(start + 8 * image_page, start + 10 * image_page, RegionKind::reservation, "");
  add(start + 10 * image_page, start + 12 * image_page, RegionKind::shared_file, "/nowhere/at all");
  add(start + 12 * image_page, start + 16 * image_page, RegionKind::shared_memory, "/memfd:x (deleted)");
  if (auto written = write_image(path, d); !written) {
    fprintf(stderr, "%s\n", written.error().message.c_str());
    exit(1);
  }
  munmap(base, 16 * image_page);
  return slurp(path);
}

void mend_image(std::string& bytes, Random& random) {
  if (bytes.size() < image_page + sizeof(ImageTrailer) || random() % 8 == 0) return;
  auto& h = at<ImageHeader>(bytes, 0);
  std::size_t trailer_at = bytes.size() - sizeof(ImageTrailer);
  if (random() % 4 != 0) h.total_bytes = bytes.size();
  if (h.regions.file_offset < trailer_at) h.tables_hash = XXH3_64bits(bytes.data() + h.regions.file_offset, trailer_at - h.regions.file_offset);
  h.header_hash = XXH3_64bits(&h, offsetof(ImageHeader, header_hash));
  ImageTrailer trailer{trailer_magic, h.total_bytes, h.header_hash};
  memcpy(bytes.data() + trailer_at, &trailer, sizeof trailer);
}

void read_image(const std::string& path, const std::string& bytes) {
  spill(path, bytes);
  auto image = ImageReader::open(path);
  if (!image) return;
  std::size_t letters = image->facts().size();
  for (const ImageRegion& region : image->regions()) letters += image->name(region).size();
  if (letters > bytes.size() * 2) abort();
  if (auto good = image->verify(); !good && good.error().message.empty()) abort();
}

std::string manifest_sample() {
  Manifest m;
  m.number = 3;
  m.ranks = 2;
  m.time = "2026-01-02 03:04:05";
  m.app_abi = m.lower_mpi = "mpich";
  m.application = "/some/\"program\"";
  m.images.resize(2);
  m.images[1].host = "node\\2";
  return to_json(m);
}

std::vector<Target> targets(const std::string& scratch) {
  const auto leave = [](std::string&, Random&) {};
  return {{"image", image_sample(scratch), mend_image, read_image},
          {"manifest", manifest_sample(), leave, [](const std::string&, const std::string& bytes) { (void)parse_manifest(bytes); }},
          {"maps", slurp("/proc/self/maps"), leave, [](const std::string&, const std::string& bytes) { (void)parse_proc_maps(bytes); }},
          {"elf", slurp("/proc/self/exe").substr(0, 1 << 14), leave, [](const std::string& path, const std::string& bytes) {
             spill(path, bytes);
             (void)restart::read_elf(path);
           }}};
}

// ---- Rounds

void run_round(const Target& target, std::uint64_t seed, std::uint64_t round, const std::string& scratch) {
  Random random(seed * 1000003 + round);
  std::string bytes = target.sample;
  for (std::uint64_t n = 1 + random() % 6; n > 0; --n) damage(bytes, random);
  target.mend(bytes, random);
  alarm(round_limit_s);
  target.read(scratch, bytes);
  alarm(0);
}

/// Runs rounds [first, last) in a child; the round that ended it, or -1.
std::int64_t run_rounds(const Target& target, std::uint64_t seed, std::uint64_t first, std::uint64_t last, const std::string& scratch) {
  auto* now = static_cast<volatile std::uint64_t*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  pid_t child = fork();
  if (child == 0) {
    for (std::uint64_t round = first; round < last; ++round) {
      *now = round;
      run_round(target, seed, round, scratch);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  std::int64_t found = status == 0 ? -1 : static_cast<std::int64_t>(*now);
  munmap(const_cast<std::uint64_t*>(now), 4096);
  return found;
}

int report(const Target& target, std::uint64_t seed, std::uint64_t rounds, std::int64_t found) {
  if (found < 0)
    printf("ok - %s: %lu rounds of seed %lu\n", target.name, rounds, seed);
  else
    printf("not ok - %s: ended by `fuzz --again` of the line: %s %lu %ld\n", target.name, target.name, seed, found);
  fflush(stdout);
  return found < 0 ? 0 : 1;
}

int run_again(const std::vector<Target>& all, const std::string& file, const std::string& scratch) {
  std::ifstream in(file);
  int failed = 0;
  for (std::string line; std::getline(in, line);) {
    std::stringstream words(line);
    std::string name;
    std::uint64_t seed = 0, round = 0;
    if (line.empty() || line[0] == '#' || !(words >> name >> seed >> round)) continue;
    for (const Target& target : all)
      if (name == target.name) failed += report(target, seed, 1, run_rounds(target, seed, round, round + 1, scratch));
  }
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  std::string only, again;
  std::uint64_t seed = 1, rounds = 3000;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string name = argv[i], value = argv[i + 1];
    if (name == "--target")
      only = value;
    else if (name == "--seed")
      seed = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--rounds")
      rounds = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--again")
      again = value;
  }
  char directory[] = "/tmp/mana-fuzz-XXXXXX";
  if (mkdtemp(directory) == nullptr) return 1;
  std::string scratch = std::string(directory) + "/bytes";
  auto all = targets(scratch);
  int failed = 0;
  if (!again.empty()) {
    failed = run_again(all, again, scratch);
  } else {
    for (const Target& target : all)
      if (only.empty() || only == target.name) failed += report(target, seed, rounds, run_rounds(target, seed, 0, rounds, scratch));
  }
  unlink(scratch.c_str());
  rmdir(directory);
  return failed == 0 ? 0 : 1;
}
