// SPDX-License-Identifier: Apache-2.0
// The checkpoint directory: DIR/generation-000001/rank-00000.img … and manifest.json, which is written last and by its
// rename makes the generation complete. What has no manifest never happened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/image.hpp"
#include "common/result.hpp"

namespace mana {

inline constexpr int manifest_version = 1;

struct ManifestImage {
  std::uint64_t bytes = 0, data_bytes = 0, header_hash = 0;
  std::string host;
  std::vector<ChildImage> children;
};

/// What manifest.json says.
struct Manifest {
  int number = 0;
  int ranks = 0;
  std::string time;       ///< ISO 8601, UTC
  std::string app_abi;    ///< mpich, openmpi, standard, none
  std::string lower_mpi;  ///< mpich, openmpi, abi, none: what it ran over
  std::string lower_mpi_version;
  std::string writer_version;
  std::string application;            ///< command line, for people
  double seconds = 0;                 ///< request to commit
  std::vector<ManifestImage> images;  ///< by rank

  std::uint64_t bytes() const;
};

std::string to_json(const Manifest& manifest);
/// Any bytes; every field checked.
Result<Manifest> parse_manifest(const std::string& text);

struct Generation {
  int number = 0;
  std::string path;
  bool complete = false;
  std::string problem;  ///< why it is not complete
  Manifest manifest;    ///< if complete
};

/// Names used in manifests, options and messages for UpperInterface::abi and Gate::lower_mpi.
const char* abi_name(std::uint32_t abi);        ///< 0 none, 1 mpich, 2 openmpi, 3 abi, 3 standard
const char* lower_mpi_name(std::uint32_t mpi);  ///< 0 none, 1 mpich, 2 openmpi, 3 abi

/// One checkpoint directory. Cheap to make; does nothing by itself.
class GenerationStore {
 public:
  explicit GenerationStore(std::string directory) : directory_(std::move(directory)) {}

  const std::string& directory() const { return directory_; }
  std::string path_of(int number) const;
  std::string image_path(int number, int rank) const;

  /// All generations, oldest first. A missing directory is an error.
  Result<std::vector<Generation>> list() const;
  Result<Generation> find(int number) const;   ///< complete, or the error says why not
  Result<Generation> newest_complete() const;  ///< the error tells what is there instead

  /// Makes the directory (0700) and the next generation's, removes leftovers of generations that never completed.
  /// Only rank 0's coordinator may call it, once per checkpoint.
  Result<int> begin();
  /// Writes the manifest: temporary name, fsync, rename, fsync of the directories. The generation counts from then on.
  Result<void> commit(const Manifest& manifest);
  /// Removes an uncommitted generation.
  void abandon(int number);
  /// Removes all but the newest `keep` complete generations; at least one stays.
  void prune(int keep);

 private:
  Result<Generation> read(int number) const;
  void remove(int number);
  std::string directory_;
};

/// The images of a rank and of its followed children, the rank's first.
std::vector<std::string> image_files(const GenerationStore& store, const Generation& generation, int rank);

/// Checks size, header, trailer and tables of every image against the manifest, without reading content: the same verdict
/// on every rank. Also: same rank and size, format and contract version.
Result<void> check_images(const GenerationStore& store, const Generation& generation);

/// This software's UTC clock in the manifest's form.
std::string utc_now();

/// mkdir -p with mode 0700 for what is made.
Result<void> make_directories(const std::string& path);

/// Whole small file; error beyond `limit` bytes.
Result<std::string> read_text_file(const std::string& path, std::size_t limit = 64 << 20);
/// Temporary name, fsync, rename, fsync of the directory.
Result<void> replace_file(const std::string& path, const std::string& text, unsigned mode);

}  // namespace mana
