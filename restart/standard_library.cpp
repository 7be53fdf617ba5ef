// SPDX-License-Identifier: Apache-2.0
#include "restart/standard_library.hpp"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <sstream>
#include <unistd.h>
#include <vector>

#include "restart/launcher.hpp"

namespace mana::restart {
namespace {

namespace fs = std::filesystem;

constexpr const char* versions[] = {"1", "0", "12"};

std::string file_name(const std::string& version) { return "libmpi_abi.so." + version; }

std::vector<std::string> search_path() {
  std::vector<std::string> result;
  if (const char* paths = std::getenv("LD_LIBRARY_PATH"); paths != nullptr) {
    std::istringstream list(paths);
    for (std::string directory; std::getline(list, directory, ':');)
      if (!directory.empty()) result.push_back(directory);
  }
  for (const char* directory : {"/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"})
    result.emplace_back(directory);
  return result;
}

bool readable(const std::string& path) { return access(path.c_str(), R_OK) == 0; }

/// The upper half's library has this name, too: programs are linked with it.
bool is_ours(const std::string& directory) {
  std::error_code error;
  return fs::equivalent(directory, installation_prefix() + "/lib/mana/standard", error);
}

struct Found {
  std::string directory, version;
};

Found find_in(const std::vector<std::string>& directories) {
  for (const std::string& directory : directories)
    for (const char* version : versions)
      if (readable(directory + "/" + file_name(version)) && !is_ours(directory)) return {directory, version};
  return {};
}

/// A file by its name, or the directory that has it.
Result<Found> find_wanted(const std::string& wanted) {
  if (is_ours(fs::is_directory(wanted) ? wanted : fs::absolute(wanted).parent_path().string()))
    return Error{fmt::format("{} is mana-split's own library for programs of the standard ABI, not a real MPI", wanted)};
  if (!fs::is_directory(wanted)) {
    std::string name = fs::path(wanted).filename(), directory = fs::absolute(wanted).parent_path();
    for (const char* version : versions)
      if (readable(wanted) && name == file_name(version)) return Found{directory, version};
    return Error{fmt::format("--mpi-library {}: no such library; it is a libmpi_abi.so.1 (or .so.0, .so.12), or the directory that has it", wanted)};
  }
  Found found = find_in({fs::absolute(wanted).string()});
  if (found.version.empty()) return Error{fmt::format("--mpi-library {}: no libmpi_abi.so.1, .so.0 or .so.12 there", wanted)};
  return found;
}

/// lower-abi needs libmpi_abi.so.1; of an older name, a library of that name in our installation brings it.
void search_first(const Found& found) {
  const char* before = std::getenv("LD_LIBRARY_PATH");
  std::string path = found.directory, kept = before != nullptr ? before : "";
  if (found.version != "1") path = installation_prefix() + "/lib/mana/lower/" + found.version + ":" + path;
  if (!kept.empty()) path += ":" + kept;
  setenv("MANA_LIBRARY_PATH_BEFORE", kept.c_str(), 1);
  setenv("LD_LIBRARY_PATH", path.c_str(), 1);
}

}  // namespace

std::string directory_of(const std::string& library) {
  for (const std::string& directory : search_path())
    if (readable(directory + "/" + library)) return directory;
  return "";
}

Result<std::string> use_standard_library(std::string wanted) {
  if (const char* named = std::getenv("MANA_MPI_LIBRARY"); wanted.empty() && named != nullptr) wanted = named;
  Found found;
  if (!wanted.empty()) {
    auto named = find_wanted(wanted);
    if (!named) return named.error();
    found = *named;
  } else {
    found = find_in(search_path());
  }
  if (found.version.empty())
    return Error{
        "no MPI with the standard ABI (libmpi_abi.so.1, .so.0 or .so.12) is installed on this node; name its library with --mpi-library or MANA_MPI_LIBRARY"};
  search_first(found);
  return found.directory + "/" + file_name(found.version);
}

}  // namespace mana::restart
