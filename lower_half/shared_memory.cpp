// SPDX-License-Identifier: Apache-2.0
#include "lower_half/shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "lower_half/complain.hpp"
#include "lower_half/descriptors.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

std::map<std::string, int>& made_objects() {
  static std::map<std::string, int> objects;
  return objects;
}

std::string key_of(const Mapping& m) { return object_key(makedev(m.device_major, m.device_minor), m.inode); }

bool is_memfd(const std::string& name) { return name.starts_with("/memfd:"); }
bool is_posix_shm(const std::string& name) { return name.starts_with("/dev/shm/") && !name.ends_with(" (deleted)"); }

/// What became of the file behind a shared mapping.
enum class Behind { same_file, other_file, device };
Behind look_behind(const Mapping& m) {
  struct stat facts {};
  if (stat(m.name.c_str(), &facts) != 0 || facts.st_ino != m.inode) return Behind::other_file;
  return S_ISCHR(facts.st_mode) || S_ISBLK(facts.st_mode) ? Behind::device : Behind::same_file;
}

/// Bytes of the object as far as the mapping shows; a POSIX shared memory tells its size.
std::uint64_t bytes_of(const Mapping& m) {
  struct stat facts {};
  if (is_posix_shm(m.name) && stat(m.name.c_str(), &facts) == 0 && facts.st_ino == m.inode) return static_cast<std::uint64_t>(facts.st_size);
  return m.offset + m.bytes();
}

int make_object(const std::string& name, const std::string& temporary, bool among_processes) {
  if (is_memfd(name) && !among_processes) return memfd_create(name.substr(7, name.find(" (deleted)") - 7).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  return open(temporary.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

}  // namespace

std::string object_key(std::uint64_t device, std::uint64_t inode) { return fmt::format("{}-{}", device, inode); }

Result<json> describe_shared_objects(const std::vector<Mapping>& maps, std::vector<RegionDescription>& regions) {
  json objects = json::array();
  std::map<std::string, std::size_t> known;
  for (const Mapping& m : maps) {
    auto region = std::find_if(regions.begin(), regions.end(), [&m](const RegionDescription& r) { return r.start == m.start; });
    if (!m.shared || region == regions.end()) continue;
    if (m.name.starts_with("anon_inode:") || m.name.starts_with("socket:"))
      return Error{fmt::format("the program has mapped {} at {:#x}, which the kernel shares with it; that can't be kept: unmap it first", m.name, m.start)};
    if (region->kind == RegionKind::shared_file) {
      Behind behind = look_behind(m);
      if (behind == Behind::same_file) continue;
      if (behind == Behind::device)
        return Error{fmt::format("the program has mapped the device {} at {:#x}; a device's memory can't be kept: unmap it first", m.name, m.start)};
      region->kind = RegionKind::shared_memory;  // its file was replaced or is gone: the memory is the content
    }
    auto [at, fresh] = known.try_emplace(key_of(m), objects.size());
    if (fresh) objects.push_back({{"key", key_of(m)}, {"name", m.name}, {"bytes", 0}, {"starts", json::array()}});
    json& object = objects[at->second];
    object["bytes"] = std::max(object["bytes"].get<std::uint64_t>(), bytes_of(m));
    object["starts"].push_back(static_cast<std::uint64_t>(m.start));
  }
  return objects;
}

bool is_mapped_object(const std::string& key) {
  auto maps = read_proc_maps();
  return maps && std::any_of(maps->begin(), maps->end(), [&key](const Mapping& m) { return m.shared && key_of(m) == key; });
}

SharedObjects::SharedObjects(const json& described, std::string token, bool among_processes) {
  for (const json& object : described) {
    Made made{object["key"], object["name"], fmt::format("/dev/shm/mana-{}-{}", token, object["key"].get<std::string>()), object["starts"], -1};
    made.fd = keep_high(make_object(made.name, made.temporary, among_processes));
    struct stat facts {};
    auto bytes = object["bytes"].get<off_t>();
    // Not ftruncate: another rank, which maps more of it, may have made it longer in between.
    if (made.fd < 0 || fstat(made.fd, &facts) != 0 || (facts.st_size < bytes && fallocate(made.fd, 0, bytes - 1, 1) != 0))
      complain("the program's shared memory {} ({} bytes) can't be made again: {}; is /dev/shm full?", made.name, bytes, std::strerror(errno));
    made_objects()[made.key] = made.fd;
    made_.push_back(std::move(made));
  }
}

int SharedObjects::of_region(std::uint64_t start) const {
  for (const Made& made : made_)
    if (std::find(made.starts.begin(), made.starts.end(), start) != made.starts.end()) return made.fd;
  return -1;
}

void SharedObjects::publish() {
  // The first rank of the node renames or unlinks; for the others nothing is left to do.
  for (const Made& made : made_) {
    if (is_posix_shm(made.name))
      rename(made.temporary.c_str(), made.name.c_str());
    else
      unlink(made.temporary.c_str());
  }
}

int made_object(const std::string& key) {
  auto found = made_objects().find(key);
  return found == made_objects().end() ? -1 : found->second;
}

}  // namespace mana::lower
