// SPDX-License-Identifier: Apache-2.0
// Generations on disk and their manifests.
#include "common/generation.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/gate.hpp"
#include "common/version.hpp"

namespace mana {
namespace {

using nlohmann::json;

constexpr char manifest_name[] = "manifest.json";

std::string hex_text(std::uint64_t value) {
  char text[20];
  snprintf(text, sizeof text, "%016lx", value);
  return text;
}

Result<void> sync_directory(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error(path + ": open", errno);
  const bool done = fsync(fd) == 0 || errno == EINVAL;  // some file systems have no fsync of directories
  const int number = errno;
  close(fd);
  if (!done) return system_error(path + ": fsync", number);
  return {};
}

/// "generation-000012" -> 12; 0 for anything else.
int number_of(const std::string& name) {
  constexpr std::string_view prefix = "generation-";
  if (!name.starts_with(prefix) || name.size() < prefix.size() + 6 || name.size() > prefix.size() + 9) return 0;
  int number = 0;
  for (char c : name.substr(prefix.size())) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::vector<int> numbers_in(const std::string& directory) {
  std::vector<int> numbers;
  if (DIR* dir = opendir(directory.c_str())) {
    while (dirent* entry = readdir(dir))
      if (const int number = number_of(entry->d_name); number > 0) numbers.push_back(number);
    closedir(dir);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

bool exists(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0;
}

/// Only names that we make ourselves, so that a mistaken --ckptdir never loses somebody's files.
bool is_ours(const std::string& name) { return name.starts_with(manifest_name) || (name.starts_with("rank-") && name.find(".img") != name.npos); }

}  // namespace

std::uint64_t Manifest::bytes() const {
  std::uint64_t sum = 0;
  for (const ManifestImage& image : images) {
    sum += image.bytes;
    for (const ChildImage& child : image.children) sum += child.bytes;
  }
  return sum;
}

const char* abi_name(std::uint32_t abi) {
  constexpr const char* names[] = {"none", "mpich", "openmpi", "standard"};
  return abi < 4 ? names[abi] : "unknown";
}

const char* lower_mpi_name(std::uint32_t mpi) { return mpi == 3 ? "abi" : abi_name(mpi); }

namespace {

/// A rank's or a child's.
template <class Image>
json sizes_to_json(const Image& i) {
  return {{"bytes", i.bytes}, {"data_bytes", i.data_bytes}, {"header_hash", hex_text(i.header_hash)}};
}

struct NotOurs : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class Image>
void sizes_of_json(const json& j, Image& i) {
  i.bytes = j.at("bytes").get<std::uint64_t>();
  i.data_bytes = j.at("data_bytes").get<std::uint64_t>();
  const auto hash = j.at("header_hash").get<std::string>();
  if (hash.size() != 16 || hash.find_first_not_of("0123456789abcdef") != hash.npos) throw NotOurs("header_hash is not 16 hex digits");
  i.header_hash = std::stoull(hash, nullptr, 16);
}

json children_to_json(const std::vector<ChildImage>& children) {
  json all = json::array();
  for (const ChildImage& child : children) {
    all.push_back(sizes_to_json(child));
    all.back()["file"] = child.file;
  }
  return all;
}

std::vector<ChildImage> children_of_json(const json& all) {
  std::vector<ChildImage> children;
  for (const json& j : all) {
    ChildImage child;
    sizes_of_json(j, child);
    child.file = j.at("file").get<std::string>();
    if (!is_ours(child.file) || child.file.find('/') != child.file.npos) throw NotOurs("a child's image lies elsewhere");
    children.push_back(std::move(child));
  }
  return children;
}

}  // namespace

std::string to_json(const Manifest& m) {
  json images = json::array();
  for (const ManifestImage& i : m.images) {
    images.push_back(sizes_to_json(i));
    images.back()["host"] = i.host;
    if (!i.children.empty()) images.back()["children"] = children_to_json(i.children);
  }
  const json j = {{"format", "mana-split manifest"},
                  {"version", manifest_version},
                  {"generation", m.number},
                  {"ranks", m.ranks},
                  {"time", m.time},
                  {"app_abi", m.app_abi},
                  {"lower_mpi", m.lower_mpi},
                  {"lower_mpi_version", m.lower_mpi_version},
                  {"writer_version", m.writer_version},
                  {"application", m.application},
                  {"seconds", m.seconds},
                  {"bytes", m.bytes()},
                  {"images", images}};
  return j.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<Manifest> parse_manifest(const std::string& text) {
  const json j = json::parse(text, nullptr, false);
  if (!j.is_object()) return Error{"not JSON (torn manifest)"};
  try {
    if (j.at("format") != "mana-split manifest") return Error{"not a manifest of mana-split"};
    if (j.at("version") != manifest_version)
      return Error{"manifest version " + j.at("version").dump() + ", but this program reads version " + std::to_string(manifest_version)};
    Manifest m;
    m.number = j.at("generation").get<int>();
    m.ranks = j.at("ranks").get<int>();
    m.time = j.at("time").get<std::string>();
    m.app_abi = j.at("app_abi").get<std::string>();
    m.lower_mpi = j.at("lower_mpi").get<std::string>();
    m.lower_mpi_version = j.at("lower_mpi_version").get<std::string>();
    m.writer_version = j.at("writer_version").get<std::string>();
    m.application = j.at("application").get<std::string>();
    m.seconds = j.at("seconds").get<double>();
    for (const json& i : j.at("images")) {
      ManifestImage image;
      sizes_of_json(i, image);
      if (i.contains("children")) image.children = children_of_json(i.at("children"));
      image.host = i.at("host").get<std::string>();
      m.images.push_back(std::move(image));
    }
    if (m.number < 1 || m.ranks < 1 || static_cast<std::size_t>(m.ranks) != m.images.size()) return Error{"number of ranks and of images differ"};
    return m;
  } catch (const NotOurs& e) { return Error{e.what()}; } catch (const json::exception& e) {
    return Error{std::string("a field is missing or of the wrong kind: ") + e.what()};
  }
}

std::string GenerationStore::path_of(int number) const {
  char name[32];
  snprintf(name, sizeof name, "/generation-%06d", number);
  return directory_ + name;
}

std::string GenerationStore::image_path(int number, int rank) const {
  char name[32];
  snprintf(name, sizeof name, "/rank-%05d.img", rank);
  return path_of(number) + name;
}

Result<Generation> GenerationStore::read(int number) const {
  Generation g;
  g.number = number;
  g.path = path_of(number);
  auto text = read_text_file(g.path + "/" + manifest_name);
  if (!text) {
    g.problem = text.error().number == ENOENT ? "no manifest: never finished" : text.error().message;
    return g;
  }
  auto manifest = parse_manifest(*text);
  if (!manifest) {
    g.problem = std::string(manifest_name) + ": " + manifest.error().message;
    return g;
  }
  if (manifest->number != number) {
    g.problem = "its manifest is that of generation " + std::to_string(manifest->number);
    return g;
  }
  g.complete = true;
  g.manifest = std::move(*manifest);
  return g;
}

Result<std::vector<Generation>> GenerationStore::list() const {
  struct stat status;
  if (stat(directory_.c_str(), &status) != 0) return system_error(directory_ + ": checkpoint directory", errno);
  if (!S_ISDIR(status.st_mode)) return Error{directory_ + ": not a directory"};
  if (access(directory_.c_str(), R_OK | X_OK) != 0) return system_error(directory_ + ": checkpoint directory", errno);
  std::vector<Generation> generations;
  for (const int number : numbers_in(directory_)) {
    auto g = read(number);
    if (!g) return g.error();
    generations.push_back(std::move(*g));
  }
  return generations;
}

Result<Generation> GenerationStore::find(int number) const {
  if (!exists(path_of(number))) return Error{directory_ + ": no generation " + std::to_string(number) + " (see: mana list)"};
  auto g = read(number);
  if (g && !g->complete) return Error{g->path + ": not complete: " + g->problem};
  return g;
}

Result<Generation> GenerationStore::newest_complete() const {
  auto all = list();
  if (!all) return all.error();
  for (auto g = all->rbegin(); g != all->rend(); ++g)
    if (g->complete) return *g;
  if (all->empty()) return Error{directory_ + ": no generation in this checkpoint directory"};
  return Error{directory_ + ": no complete generation; " + all->back().path + ": " + all->back().problem};
}

Result<int> GenerationStore::begin() {
  if (auto r = make_directories(directory_); !r) return r.error();
  int number = 0;
  for (const int old : numbers_in(directory_)) {
    number = std::max(number, old);
    if (!exists(path_of(old) + "/" + manifest_name)) remove(old);
  }
  ++number;
  if (mkdir(path_of(number).c_str(), 0700) != 0) return system_error(path_of(number) + ": mkdir", errno);
  return number;
}

Result<void> GenerationStore::commit(const Manifest& manifest) {
  const std::string path = path_of(manifest.number);
  if (auto r = sync_directory(path); !r) return r;
  if (auto r = replace_file(path + "/" + manifest_name, to_json(manifest), 0600); !r) return r;
  return sync_directory(directory_);
}

void GenerationStore::abandon(int number) {
  if (!exists(path_of(number) + "/" + manifest_name)) remove(number);
}

void GenerationStore::prune(int keep) {
  std::vector<int> numbers = numbers_in(directory_);
  std::sort(numbers.rbegin(), numbers.rend());
  int complete = 0;
  for (const int number : numbers) {
    // Only the newest are read: a manifest of ten thousand ranks takes a while.
    const bool enough = complete >= std::max(keep, 1);
    if (enough && exists(path_of(number) + "/" + manifest_name)) remove(number);
    if (enough) continue;
    const auto g = read(number);
    complete += g && g->complete;
  }
}

void GenerationStore::remove(int number) {
  const std::string path = path_of(number);
  unlink((path + "/" + manifest_name).c_str());  // first: from here on it is incomplete
  if (DIR* dir = opendir(path.c_str())) {
    while (dirent* entry = readdir(dir))
      if (is_ours(entry->d_name)) unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
  }
  rmdir(path.c_str());
}

std::vector<std::string> image_files(const GenerationStore& store, const Generation& generation, int rank) {
  std::vector<std::string> files{store.image_path(generation.number, rank)};
  for (const ChildImage& child : generation.manifest.images[static_cast<std::size_t>(rank)].children)
    files.push_back(store.path_of(generation.number) + "/" + child.file);
  return files;
}

namespace {

Result<void> check_child(const std::string& path, const ChildImage& expected) {
  auto image = ImageReader::open(path);
  if (!image) return image.error();
  if (image->header().total_bytes != expected.bytes || image->header().header_hash != expected.header_hash)
    return Error{path + ": not the image that its manifest names"};
  return {};
}

}  // namespace

Result<void> check_images(const GenerationStore& store, const Generation& generation) {
  const Manifest& m = generation.manifest;
  for (int rank = 0; rank < m.ranks; ++rank) {
    const std::string path = store.image_path(m.number, rank);
    const ManifestImage& expected = m.images[static_cast<std::size_t>(rank)];
    auto image = ImageReader::open(path);
    if (!image) return image.error();
    const ImageHeader& h = image->header();
    if (h.total_bytes != expected.bytes || h.header_hash != expected.header_hash)
      return Error{path + ": not the image that the manifest of generation " + std::to_string(m.number) + " names"};
    if (h.rank != rank || h.size != m.ranks)
      return Error{path + ": image of rank " + std::to_string(h.rank) + " of " + std::to_string(h.size) + ", not of rank " + std::to_string(rank) + " of " +
                   std::to_string(m.ranks)};
    if (h.contract_version != gate_version)
      return Error{path + ": written by mana-split " + h.writer_version + " with contract version " + std::to_string(h.contract_version) + ", but this is " +
                   mana_version + " with version " + std::to_string(gate_version) + "; restart with the version that wrote it"};
    for (const ChildImage& child : expected.children)
      if (auto good = check_child(store.path_of(m.number) + "/" + child.file, child); !good) return good;
  }
  return {};
}

std::string utc_now() {
  const time_t now = time(nullptr);
  tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Result<void> make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    const int number = mkdir(part.c_str(), 0700) == 0 ? 0 : errno;
    struct stat status;
    if (number != 0 && !(stat(part.c_str(), &status) == 0 && S_ISDIR(status.st_mode))) return system_error(part + ": mkdir", number);
    if (slash == path.npos) return {};
  }
}

Result<std::string> read_text_file(const std::string& path, std::size_t limit) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error(path + ": open", errno);
  std::string text;
  char block[1 << 14];
  ssize_t got;
  while ((got = read(fd, block, sizeof block)) > 0 && text.size() <= limit) text.append(block, static_cast<std::size_t>(got));
  const int number = errno;
  close(fd);
  if (got < 0) return system_error(path + ": read", number);
  if (text.size() > limit) return Error{path + ": unreasonably large"};
  return text;
}

Result<void> replace_file(const std::string& path, const std::string& text, unsigned mode) {
  const std::string temporary = path + ".tmp." + std::to_string(getpid());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return system_error(temporary + ": create", errno);
  const auto fail = [&](const char* step, int number) {
    unlink(temporary.c_str());
    return system_error(path + ": " + step, number);
  };
  fchmod(fd, mode);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t put = write(fd, text.data() + done, text.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      const int number = put < 0 ? errno : ENOSPC;
      close(fd);
      return fail("write", number);
    }
    done += static_cast<std::size_t>(put);
  }
  if (fsync(fd) != 0) {
    const int number = errno;
    close(fd);
    return fail("fsync", number);
  }
  if (close(fd) != 0) return fail("close", errno);
  if (rename(temporary.c_str(), path.c_str()) != 0) return fail("rename", errno);
  const auto slash = path.rfind('/');
  return sync_directory(slash == path.npos ? "." : path.substr(0, slash + 1));
}

}  // namespace mana
